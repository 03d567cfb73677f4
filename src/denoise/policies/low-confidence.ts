// LLaDA's low-confidence remasking: a token is drawn for every position of the block, and those whose own probability
// is largest stay. That prefers lucky draws (see `confidence`, which does not); it is here as the released code has it.
import { blockFog, drawn, share, stepsOf } from '../blocks.ts'
import { probabilityOf, ranked } from '../certainty.ts'
import type { Change, Policy, PolicyState, Prediction } from '../policy.ts'

export const lowConfidence: Policy = {
  name: 'low-confidence',
  about: "LLaDA's sampler: draw everywhere, keep the most probable draws, block after block",
  source: 'Nie et al., arXiv 2502.09992; github.com/ML-GSAI/LLaDA generate.py',
  causal: false,
  takes: ['steps', 'blockLength', 'unsure'],
  defaults: { temperature: 1 },
  steps: stepsOf,
  wants: (state) => (share(state) === 0 ? new Int32Array() : blockFog(state)),
  choose: (predictions, state) => mostProbableDraws(predictions, state, share(state)),
}

/** Draws everywhere, and keeps so many of the draws: those whose own probability is largest. */
export function mostProbableDraws(
  predictions: readonly Prediction[],
  state: PolicyState,
  count: number,
): Change[] {
  const { unsure } = state.settings
  const draws = predictions.map((prediction) => ({
    position: prediction.position,
    token: drawn(prediction, state, count),
  }))
  const sure = predictions.map(({ logits }, i) => probabilityOf(draws[i].token, logits, unsure))
  return ranked(draws, sure).slice(0, count)
}
