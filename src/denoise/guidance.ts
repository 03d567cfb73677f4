// Classifier-free guidance (arXiv 2207.12598) as LLaDA's sampler does it: the network is asked once more with everything
// given hidden, and what the given text adds to a logit is counted 1 + scale times.
import { states } from './frame.ts'

/** The canvas with all given positions in the fog. */
export function unprompted(tokens: Int32Array, state: Uint8Array, maskId: number): Int32Array {
  return tokens.map((id, position) => (state[position] === states.given ? maskId : id))
}

/** unconditional + (1 + scale) · (conditional - unconditional) */
export function guide(
  conditional: Float32Array,
  unconditional: Float32Array,
  scale: number,
): Float32Array {
  return conditional.map((logit, i) => unconditional[i] + (1 + scale) * (logit - unconditional[i]))
}
