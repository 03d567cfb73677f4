// One token per word with the space in front of it (` Lily`, `Lily`, `.`), for words seen at least twice; other
// words are written as bytes. Texts of a small language become as short as they can be.
import { frequentPieces } from './frequent.ts'
import type { TokenizerKind } from './kind.ts'
import { wordPattern } from './pieces.ts'

export const words: TokenizerKind = {
  summary: 'one token per word seen at least twice, bytes for the rest',
  pattern: wordPattern,
  wholePieces: true,
  vocabSize: 16_384,
  learn: (counts, room) => frequentPieces(counts, room, 2),
}
