// 256 tokens, one per byte of UTF-8. Learns nothing; writes everything.
import { alphabet } from './alphabet.ts'
import type { TokenizerKind } from './kind.ts'

export const bytes: TokenizerKind = {
  summary: 'one token per UTF-8 byte',
  wholePieces: false,
  vocabSize: 1024,
  learn: () => ({ tokens: alphabet, merges: [] }),
}
