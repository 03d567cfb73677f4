// What makes one kind of tokenizer differ from another: how text is cut into pieces, whether a piece that is in the
// vocabulary is one token at once or grows by merges, and what is learnt from counted pieces.
import type { Pattern } from './pieces.ts'

export interface Vocabulary {
  /** written in the alphabet; the first 256 are the alphabet itself */
  readonly tokens: readonly string[]
  readonly merges: readonly (readonly [string, string])[]
}

export interface TokenizerKind {
  /** one line for help and docs */
  readonly summary: string
  /** undefined: a text is one piece */
  readonly pattern?: Pattern
  /** a piece that is a token is that token (`ignore_merges` in tokenizer.json) */
  readonly wholePieces: boolean
  /** most ids, special ones included, unless the caller says otherwise */
  readonly vocabSize: number
  /** @param room most tokens, the 256 of the alphabet included */
  learn(counts: ReadonlyMap<string, number>, room: number): Vocabulary
}
