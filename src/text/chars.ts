// One token per code point of the data. ASCII is its own byte, so plain English needs no token beyond the 256;
// code points that were not in the data are written as bytes.
import { frequentPieces } from './frequent.ts'
import type { TokenizerKind } from './kind.ts'
import { characterPattern } from './pieces.ts'

export const chars: TokenizerKind = {
  summary: 'one token per character of the data, bytes for the rest',
  pattern: characterPattern,
  wholePieces: true,
  vocabSize: 16_384,
  learn: (counts, room) => frequentPieces(counts, room, 1),
}
