// Classifier-free guidance (arXiv 2207.12598) as LLaDA's sampler does it: the network is asked once more with everything
// given hidden, and what the given text adds to a logit is counted 1 + scale times.
import type { Ask } from './denoiser.ts'
import { states } from './frame.ts'

/** The question with everything given in the fog: what the canvas holds, and what stands before it. */
export const unprompted = (ask: Ask, state: Uint8Array, maskId: number): Ask => ({
  ...ask,
  tokens: ask.tokens.map((id, position) => (state[position] === states.given ? maskId : id)),
  ...(ask.before ? { before: ask.before.map(() => maskId) } : {}),
})

/** unconditional + (1 + scale) · (conditional - unconditional) */
export function guide(
  conditional: Float32Array,
  unconditional: Float32Array,
  scale: number,
): Float32Array {
  return conditional.map((logit, i) => unconditional[i] + (1 + scale) * (logit - unconditional[i]))
}
