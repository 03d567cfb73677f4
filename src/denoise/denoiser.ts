// What the loop needs of a network, and nothing more. Shifted heads, prefixes, labels, devices and precision stay
// behind this interface; an enumerable table in a test implements it in three lines.
import type { Logits, Summarise } from '../model/summary.ts'
import type { Process } from '../noise/index.ts'

export type { Logits, Summarise, Summary } from '../model/summary.ts'

/** What a question shares with others of its text, so that less is computed. A denoiser may take no notice. */
export interface Reuse {
  /** Whose keys and values are kept: an array that lives as long as they do. With `fresh` it is the canvas that they
   * are of */
  of: Int32Array
  /** Positions computed anew; all others have the keys and values that are kept, an approximation. A window, up to the
   * end of everything where there is no `to`: the others' are those of `of`, and stay so. A list: the others' are those
   * of when they were last computed, of `of` at first. Without it: whatever can have changed is computed, exactly */
  fresh?: { from: number; to?: number } | { at: Int32Array }
}

export interface Ask {
  /** the canvas: token ids, `maskId` where there is fog. Changed in place between steps: read it during the call */
  tokens: Int32Array
  /** positions whose prediction is wanted, ascending, at least one */
  rows: Int32Array
  /** label ids in front of the text, if the model has labels */
  labels?: Int32Array
  /** ids before the text that are only read */
  before?: Int32Array
  /** noise time of the canvas; of no account under noise on words */
  time?: number
  /** [rows × D] under noise on embeddings: the vectors that stand at the asked positions */
  vectors?: Float32Array
  /** [rows × D] what was predicted there before, for a network that is shown that; zeros without */
  recalled?: Float32Array
  /** nothing is kept without it */
  reuse?: Reuse
  /** What the denoiser may say of its rows itself, where the numbers are; logits alone without. It may take no notice:
   * then it gives logits */
  summarise?: Summarise
  /** the helper that is asked, in place of the network itself */
  to?: Helper
}

/** Networks that help another, see src/denoise/helped.ts. */
export type Helper = 'drafter' | 'reader'

/** Of a network whose masks may become two masks, or nothing. */
export interface Growth {
  /** the ids with which it says so */
  readonly expand: number
  readonly delete: number
  /** with how many masks a text begins that is to have about so many words there, at least one
   * @param next uniform numbers in (0, 1) */
  masks(words: number, next: () => number): number
}

export interface Denoiser {
  readonly vocabSize: number
  readonly maskId: number
  /** ends a text whose length was not given; undefined when the model writes texts of an exact length */
  readonly eosId?: number
  /** ids that are never written: mask, begin, padding, labels */
  readonly banned: ArrayLike<number>
  /** longest canvas */
  readonly context: number
  /** true: a prediction sees only what is to its left (an autoregressive model) */
  readonly causal: boolean
  /** tokens of a block, where texts are written in blocks: a position sees its block and those before */
  readonly block?: number
  /** where it chooses how long a text is */
  readonly growth?: Growth
  /** linear masked noise without */
  readonly process?: Process
  /** of the network that guesses for this one; there is none without */
  readonly drafter?: Pick<Denoiser, 'context'>
  /** of the one that reads from left to right what this one has written; there is none without */
  readonly reader?: Pick<Denoiser, 'context'>
  /** [vocabSize × D] the vectors of all words, each of length 1, under noise on embeddings */
  words?(): Float32Array | undefined
  /** Logits of the asked rows, [rows.length × vocabSize] per ask, in order. A row's numbers do not depend on the
   * other members of the batch, nor on which other rows are asked. */
  logits(asks: readonly Ask[]): Promise<Logits[]>
}
