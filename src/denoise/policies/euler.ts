// Along the probability flow of noise on embeddings (CDCD, arXiv 2211.15089), σ falling in equal steps of the schedule's
// time: each vector moves toward the mean of the words it may be, and in the end the most probable word is taken.
// Euler's rule is DDIM (arXiv 2010.02502); with --eta part of the noise is drawn anew at each step, 1 is ancestral
// sampling as image models have it (DDPM).
import type { Policy } from '../policy.ts'
import { posterior } from './posterior.ts'

/** Steps without `steps`. */
const usualSteps = 64

export const euler: Policy = {
  ...posterior,
  name: 'euler',
  about: 'noisy embeddings move along the probability flow; with --eta noise is drawn anew (DDIM)',
  source: 'Dieleman et al., arXiv 2211.15089; Song et al., arXiv 2010.02502',
  moves: true,
  takes: ['steps', 'eta'],
  steps: (_, settings) => settings.steps ?? usualSteps,
  choose: (predictions, { step, steps }) =>
    predictions.map((prediction) =>
      prediction.earlier(
        1 - step / steps,
        1 - (step + 1) / steps,
        step === steps - 1 ? 'likeliest' : 'flowing',
      ),
    ),
}
