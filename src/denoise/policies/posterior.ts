// Ancestral sampling under any noise (arXiv 2107.03006 D3PM; uniform: 2412.10193, hybrid: 2503.04482): time falls from 1
// to 0 in equal steps, and at each every position draws what stood there a little earlier, by Bayes' rule from what
// stands there now and what the network reads from all others. So a word may be written more than once, and a wrong one
// repaired. The last step takes what is most probable (the greedy tail of Duo, arXiv 2506.10892).
import { states } from '../frame.ts'
import type { Policy } from '../policy.ts'

/** Steps for each word without `steps`: a word that comes wrong has time to be drawn again. */
const perWord = 2

export const posterior: Policy = {
  name: 'posterior',
  about: 'every word is drawn again at every step, as the noise says; writes under any noise',
  source: 'Austin et al., arXiv 2107.03006; Schiff et al., arXiv 2412.10193',
  causal: false,
  redraws: true,
  takes: ['steps'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => settings.steps ?? perWord * fog,
  wants: ({ state }) =>
    Int32Array.from(state.keys()).filter((position) => state[position] !== states.given),
  time: ({ step, steps }) => 1 - step / steps,
  choose: (predictions, { step, steps }) =>
    predictions.map((prediction) =>
      prediction.earlier(
        1 - step / steps,
        1 - (step + 1) / steps,
        step === steps - 1 ? 'likeliest' : 'drawn',
      ),
    ),
  done: ({ step, steps }) => step >= steps,
}
