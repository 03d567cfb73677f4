// Most certain first (MaskGIT, arXiv 2202.04200; LLaDA's low-confidence remasking, arXiv 2502.09992): the fog is
// divided evenly over the steps, first steps taking the remainder, and each step writes where the model is surest.
// Certainty is the row's largest probability, not that of the token drawn: choosing among drawn tokens prefers
// lucky draws, a temperature in disguise. This way, one word a step from a model whose conditionals agree writes
// exactly that model's distribution, whatever the order, and the order can go where errors are rarest. With a block length
// it goes so within a block, block after block.
import { blockFog, share, stepsOf } from '../blocks.ts'
import { gumbel, ranked } from '../certainty.ts'
import type { Policy, PolicyState, Prediction } from '../policy.ts'

export const confidence: Policy = {
  name: 'confidence',
  about: 'where the model is surest first; without --steps one word a step',
  source: 'Chang et al., arXiv 2202.04200; Nie et al., arXiv 2502.09992',
  causal: false,
  summaries: true,
  takes: ['steps', 'blockLength', 'orderTemperature'],
  defaults: { temperature: 1 },
  steps: stepsOf,
  wants: (state) => (share(state) === 0 ? new Int32Array() : blockFog(state)),
  choose: surestFirst(({ top }) => Math.log(top)),
}

/** Writes this step's share of the fog by falling certainty, the left one first among equals. */
export function surestFirst(certainty: (prediction: Prediction) => number): Policy['choose'] {
  return (predictions, state) => {
    const scores = predictions.map(
      (prediction) => certainty(prediction) + noise(prediction.position, state),
    )
    return ranked(predictions, scores)
      .slice(0, share(state))
      .map(({ position, token }) => ({ position, token }))
  }
}

/** Gumbel noise that has fallen to nothing at the last step (as MaskGIT's code anneals it). */
function noise(position: number, state: PolicyState): number {
  const { step, steps, settings } = state
  const temperature = settings.orderTemperature * (1 - (step + 1) / steps)
  if (temperature === 0) return 0
  return temperature * gumbel(position, state)
}
