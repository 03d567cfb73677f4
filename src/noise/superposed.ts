// A step back that may also correct (Ψ-posteriors, arXiv 2602.21185): from t to s a position goes by Bayes' rule, or with
// probability `fresh` its clean word is drawn, by all that is known at t, and given fresh noise up to s. Either leaves q_s
// behind where q_t was, so any mixture of the two does. Under masked noise this is re-masking (ReMDM, arXiv 2503.00307,
// with σ = fresh·(1 - α_s)).
import type { WordNoise, World } from './noise.ts'

/** One position on its way back. */
export interface Back {
  noisy: number
  /** [V] as in `WordNoise.posterior` */
  prediction: Float64Array
  /** noise times, 0 ≤ to ≤ from ≤ 1 */
  from: number
  to: number
  /** in [0, 1]: 0 is the posterior alone */
  fresh: number
}

/** What stands at a position at an earlier time, [V].
 * @throws UnfogError `bad_time` unless the times are a step back */
export function superposed(
  noise: WordNoise,
  { noisy, prediction, from, to, fresh }: Back,
  world: World,
): Float64Array {
  const back = noise.posterior(noisy, prediction, to, from, world)
  if (fresh === 0) return back
  const clean = noise.posterior(noisy, prediction, 0, from, world)
  // from a position where all was lost, the way back to s is noise from 0 to s
  const anew =
    to < 1 ? noise.posterior(lost(noise, world), clean, to, 1, world) : noise.prior(world)
  return back.map((share, id) => (1 - fresh) * share + fresh * anew[id])
}

/** What can stand at t = 1, where it says nothing of the word that it was. */
const lost = (noise: WordNoise, world: World): number =>
  noise.prior(world).findIndex((share) => share > 0)
