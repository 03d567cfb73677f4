// Dream's plain sampler, the ancestral one of masked diffusion in discrete steps: from time t to s each position in the
// fog is revealed with probability 1 - s/t, by a draw of its own at every step, and all are at the last.
import type { Policy } from '../policy.ts'
import { linspace } from '../times.ts'

export const origin: Policy = {
  name: 'origin',
  about: "Dream's sampler without a preference: each word is revealed on its own",
  source: 'Ye et al., arXiv 2508.15487; huggingface.co/Dream-org generation_utils.py',
  causal: false,
  summaries: true,
  takes: ['steps', 'eps'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => settings.steps ?? fog,
  wants({ fog, step, steps, random, settings: { eps = 1e-3 } }) {
    if (step === steps - 1) return fog
    const times = linspace(eps, steps)
    const revealed = 1 - times[step + 1] / times[step]
    return fog.filter((position) => random.uniform(step, position, 'position') < revealed)
  },
  choose: (predictions) => predictions.map(({ position, token }) => ({ position, token })),
}
