// Where what a row is to predict comes from, if not from its text: probabilities of all words, which somebody tells of
// every batch. A row then costs the divergence of what is predicted from what is expected, 0 where they are equal.
import { input, logSoftmax, mul, sub, sum, type Tensor } from '../graph/index.ts'
import type { Terms } from '../noise/index.ts'
import type { HostTensor } from '../runtime/index.ts'
import type { Feeds } from './corrupt.ts'

export interface Targets {
  /** Nats per row, [R], in place of `Noise.loss`. Inputs of its graph are what `feeds` gives. */
  loss(terms: Pick<Terms, 'logits'>): Tensor
  /** What is expected of the rows of a batch.
   * @param step of the run: the same step is told the same */
  feeds(batch: Feeds, step: number): Promise<Expected>
  dispose(): Promise<void>
}

/** `expected` [R, V], each row a distribution; `certain` [R], its negative entropy in nats. */
export type Expected = Record<'expected' | 'certain', HostTensor>

/** KL(expected ‖ predicted) of each row, [R] nats: least where a row is predicted as the mean of all that is expected of
 * it. What is expected is a constant.
 * @param logits [R, V] */
export function divergence({ logits }: Pick<Terms, 'logits'>): Tensor {
  const [rows, words] = logits.shape
  const expected = input('expected', 'float', [rows, words])
  const certain = input('certain', 'float', [rows])
  return sub(certain, sum(mul(expected, logSoftmax(logits)), { axes: [-1] }))
}

/** @param distributions [R] of [V] probabilities */
export function expectedOf(distributions: readonly Float64Array[]): Expected {
  const [rows, words] = [distributions.length, distributions[0]?.length ?? 0]
  const expected = new Float32Array(rows * words)
  const certain = new Float32Array(rows)
  distributions.forEach((probabilities, row) => {
    expected.set(probabilities, row * words)
    certain[row] = probabilities.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0)
  })
  return {
    expected: { data: expected, dims: [rows, words] },
    certain: { data: certain, dims: [rows] },
  }
}
