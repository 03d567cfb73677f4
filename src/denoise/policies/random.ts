// LLaDA's random remasking: as `low-confidence`, but the positions that stay are drawn blindly.
import { blockFog, drawn, share, stepsOf } from '../blocks.ts'
import { ranked } from '../certainty.ts'
import type { Policy } from '../policy.ts'

export const random: Policy = {
  name: 'random',
  about: "LLaDA's random remasking: in random order, block after block",
  source: 'Nie et al., arXiv 2502.09992; github.com/ML-GSAI/LLaDA generate.py',
  causal: false,
  takes: ['steps', 'blockLength'],
  defaults: { temperature: 1 },
  steps: stepsOf,
  // which positions is known before the network is asked
  wants(state) {
    const fog = [...blockFog(state)]
    const luck = fog.map((position) => state.random.uniform(state.step, position, 'position'))
    return Int32Array.from(ranked(fog, luck).slice(0, share(state))).sort()
  },
  choose: (predictions, state) =>
    predictions.map((prediction) => ({
      position: prediction.position,
      token: drawn(prediction, state, share(state)),
    })),
}
