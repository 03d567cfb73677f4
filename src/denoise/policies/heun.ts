// The probability flow by Heun's rule (Karras et al., arXiv 2206.00364): a step of Euler's, a question about where it
// ends, and the step again with the mean of both slopes. Twice the forwards of a step, and an error of second order. The
// last step is not corrected: it ends at a word.
import type { Policy, PolicyState } from '../policy.ts'
import { euler } from './euler.ts'

/** Forwards without `steps`. */
const usualSteps = 63

/** The step of the flow that a forward belongs to, and the times it leads from and to. */
function partOf({ step, steps }: Pick<PolicyState, 'step' | 'steps'>) {
  const count = (steps + 1) / 2
  const index = Math.floor(step / 2)
  return {
    from: 1 - index / count,
    to: 1 - (index + 1) / count,
    corrects: step % 2 === 1,
    last: index === count - 1,
  }
}

export const heun: Policy = {
  ...euler,
  name: 'heun',
  about: 'as euler, each step corrected by a second forward; takes an odd number of steps',
  source: 'Karras et al., arXiv 2206.00364; Dieleman et al., arXiv 2211.15089',
  takes: ['steps'],
  steps(_, settings) {
    const steps = settings.steps ?? usualSteps
    return steps - (1 - (steps % 2))
  },
  time(state) {
    const { from, to, corrects } = partOf(state)
    return corrects ? to : from
  },
  choose(predictions, state) {
    const { from, to, corrects, last } = partOf(state)
    const how = last ? 'likeliest' : corrects ? 'corrected' : 'flowing'
    return predictions.map((prediction) => prediction.earlier(from, to, how))
  },
}
