// What keeps ids that never stand in a text out of a softmax over all ids.
import { constant, type Tensor } from '../graph/index.ts'
import type { Pricing } from './noise.ts'

/** 0 for words, far below any logit for all else, [1, vocabSize]. */
export function outside(vocabSize: number, { words }: Pick<Pricing, 'words'>): Tensor {
  const never = new Float32Array(vocabSize).fill(-1e9)
  for (const word of words) never[word] = 0
  return constant(never, [1, vocabSize])
}
