// The score-entropy view (SEDD, arXiv 2310.16834): a network tells not a distribution but rates at which words come back,
// relative to what the noise alone would say. Ratios of rates need not add up to anything, and what they cost,
//   Σ_j e^{l_j} - l_x - 1,
// with l the logarithm of a rate, is the divergence of two ways of jumping out of the fog. Where the rates sum to Z it is
// the cross-entropy of their shares and Z - 1 - log Z, which is 0 for Z = 1 alone: with shares of a softmax it is the
// bound, and otherwise more.
import { exp, scalar, sub, sum, type Tensor, takeAlong } from '../graph/index.ts'
import type { Pricing, Terms } from './noise.ts'

/** Nats per row, [R], at a rate of one. Logits count from the logarithm of the number of words, as released SEDD's do, so
 * that a network that knows nothing tells rates that sum to one. */
export function scoreEntropy(
  { logits, targets }: Pick<Terms, 'logits' | 'targets'>,
  { words }: Pick<Pricing, 'words'>,
): Tensor {
  const rates = sub(logits, scalar(Math.log(words.length)))
  return sub(sub(sum(exp(rates), { axes: [-1] }), takeAlong(rates, targets)), scalar(1))
}
