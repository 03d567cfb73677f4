// MDLM's released sampler: at every step each position in the fog draws from its posterior, in which staying in the fog
// is one outcome with probability noise(s)/noise(t); what is left at the end takes its most probable token. The law is
// that of `ancestral`, which knows beforehand what a step reveals and so asks less.
import type { Policy } from '../policy.ts'
import { equalTime } from '../times.ts'

export const ddpm: Policy = {
  name: 'ddpm',
  about: "MDLM's sampler: every word in the fog may come clear at every step",
  source: 'Sahoo et al., arXiv 2406.07524; github.com/kuleshov-group/mdlm _ddpm_update',
  causal: false,
  takes: ['steps', 'eps', 'survival'],
  defaults: { temperature: 1 },
  // and one to clear what is left
  steps: (fog, settings) => (settings.steps ?? fog) + 1,
  wants: ({ fog }) => fog,
  choose(predictions, { step, steps, settings: { eps = 1e-5, survival } }) {
    if (step === steps - 1)
      return predictions.map(({ position, best }) => ({ position, token: best }))
    const noise = (k: number) => 1 - survival(equalTime(k, steps - 1, eps))
    const stay = noise(step + 1) / noise(step)
    return predictions.map((prediction) => ({
      position: prediction.position,
      token: prediction.tokenOrMask(stay),
    }))
  },
}
