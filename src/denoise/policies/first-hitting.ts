// First hitting (arXiv 2409.02908): simulate masked diffusion in continuous time and jump from one reveal to the
// next, one word a forward. Law: the average over all orders of reveal.
// The paper draws the next hitting time as t ← t·u^{1/n} and reveals one of n positions at random. That is the
// largest of n uniforms below t and where it sits, so each position here has one uniform of its own, its hitting
// level (the noise 1-α at which it comes clear), and the highest level still in the fog is next.
import type { Random } from '../../random/index.ts'
import type { Policy } from '../policy.ts'

/** Noise in (0, 1) at which a position is revealed: uniform, independent of all other positions and texts. */
export const hittingLevel = (random: Random, position: number): number =>
  random.uniform(0, position, 'position')

export const firstHitting: Policy = {
  name: 'first-hitting',
  about: 'one word a step, in random order: exact for masked diffusion',
  source: 'Zheng et al., arXiv 2409.02908',
  causal: false,
  summaries: true,
  draws: true,
  takes: [],
  defaults: { temperature: 1 },
  steps: (fog) => fog,
  wants({ fog, random }) {
    let next = fog[0]
    let highest = 0
    for (const position of fog) {
      const level = hittingLevel(random, position)
      if (level > highest) {
        highest = level
        next = position
      }
    }
    return Int32Array.of(next)
  },
  choose: (predictions) => predictions.map(({ position, token }) => ({ position, token })),
}
