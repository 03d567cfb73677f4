// What a batch is learnt by. Only gradients know of it: the loss that a run reports stays what a batch costs, and so does
// what is measured on held-out text.
import {
  div,
  exp,
  less,
  log,
  mean,
  mul,
  scalar,
  sub,
  sum,
  type Tensor,
  where,
} from '../graph/index.ts'
import type { Recipe } from './recipe.ts'

/** What masked words weigh: `bound`, the rate at which words are lost, up to a cap; `uniform`, all the same, as masked
 * language models (arXiv 1810.04805) and MaskGIT (arXiv 2202.04200) have it. */
export const weightings = ['bound', 'uniform'] as const

/** What a batch costs. */
export interface Costs {
  /** the sum of `priced` */
  loss: Tensor
  /** [R] nats of each row by the bound's weights, times its importance */
  priced: Tensor
  /** [R] -log p of each row's word */
  surprise(): Tensor
  /** [R] what a row's nats count */
  importance: Tensor
}

/** @returns the scalar to descend, and what of it counts as constant */
export function objectiveOf(
  { loss, priced, surprise, importance }: Costs,
  { weighting, focal }: Pick<Recipe, 'weighting' | 'focal'>,
): { objective: Tensor; held: Tensor[] } {
  if (weighting === 'bound' && focal === 0) return { objective: loss, held: [] }
  const nats = surprise()
  const counted = weighting === 'uniform' ? mul(nats, importance) : priced
  if (focal === 0) return { objective: sum(counted), held: [] }
  const weights = focalWeights(nats, focal)
  return { objective: sum(mul(counted, weights)), held: [weights] }
}

/** (1 - p)^γ of words that were given probability p, so that what is known already counts for little (arXiv 1708.02002;
 * in masked diffusion arXiv 2410.14157). Their mean is 1: gradients do not shrink as a model learns.
 * @param nats [R], -log p */
function focalWeights(nats: Tensor, focal: number): Tensor {
  const missing = sub(scalar(1), exp(mul(nats, scalar(-1))))
  // 0, and what rounding leaves below it, has no logarithm
  const least = scalar(1e-12)
  const positive = where(less(least, missing), missing, least)
  const powers = exp(mul(log(positive), scalar(focal)))
  return div(powers, mean(powers))
}
