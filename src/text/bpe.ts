// Byte pair encoding on the user's text: frequent words become one token, rare ones a few.
import { trainBpe } from './bpe-trainer.ts'
import type { TokenizerKind } from './kind.ts'
import { wordPattern } from './pieces.ts'

export const bpe: TokenizerKind = {
  summary: 'byte pair encoding learnt from the data',
  pattern: wordPattern,
  wholePieces: false,
  vocabSize: 4096,
  learn: (counts, room) => trainBpe(counts, room),
}
