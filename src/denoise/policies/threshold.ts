// Fast-dLLM's confident decoding: every step writes the surest token of the block, and with it all others that are as
// sure as the threshold. With `steps` no more is written by any step than an even division would have.
import { blockFog } from '../blocks.ts'
import { ranked } from '../certainty.ts'
import type { Change, Policy, PolicyState, Prediction } from '../policy.ts'

/** Writes the surest, and then as many more as `enough` lets pass.
 * @param enough is the token of this rank (the surest has 0) sure enough?
 * @param most tokens at once */
export function surest(
  predictions: readonly Prediction[],
  enough: (certainty: number, rank: number) => boolean,
  most = predictions.length,
): Change[] {
  const sure = predictions.map(({ certainty }) => certainty)
  const order = ranked([...predictions.keys()], sure)
  const stop = order.findIndex((i, rank) => rank > 0 && !enough(sure[i], rank))
  return order.slice(0, Math.min(most, stop < 0 ? order.length : stop)).map((i) => {
    const { position, token } = predictions[i]
    return { position, token }
  })
}

/** One token a step is the least. */
export const parallel = {
  causal: false,
  defaults: { temperature: 1 },
  steps: (fog: number) => fog,
  wants: (state: PolicyState) => blockFog(state),
} as const

export const threshold: Policy = {
  ...parallel,
  summaries: true,
  draws: true,
  name: 'threshold',
  about: 'as many words a step as are sure, by --threshold (default 0.9)',
  source: 'Wu et al., arXiv 2505.22618 (Fast-dLLM)',
  takes: ['threshold', 'blockLength', 'steps'],
  choose(predictions, view) {
    const { threshold = 0.9 } = view.settings
    return surest(predictions, (certainty) => certainty >= threshold, room(view))
  },
}

/** How many tokens the even division over `steps` leaves for this step, one at least. */
function room({ start, fog, step, settings: { steps } }: PolicyState): number {
  if (steps === undefined) return fog.length
  const due = Math.ceil((start * Math.min(step + 1, steps)) / steps)
  return Math.max(1, due - (start - fog.length))
}
