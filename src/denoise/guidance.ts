// Classifier-free guidance (arXiv 2207.12598): the network is asked once more with everything given hidden, and what the
// given text adds is counted 1 + scale times. Where a written word settles, it adds to logits, as in LLaDA's sampler.
// Where any word may be drawn again, a step also hangs on what stands there, and it adds to the logarithms of the two
// steps (D-CFG, arXiv 2412.10193): the step of mixed logits is another one.
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

/** The same for what a position is at an earlier time: conditional^(1 + scale) / unconditional^scale, [V], not normalised. */
export function guideStep(
  conditional: Float64Array,
  unconditional: Float64Array,
  scale: number,
): Float64Array {
  const logs = conditional.map((q, id) => (1 + scale) * log(q) - scale * log(unconditional[id]))
  const most = logs.reduce((a, b) => Math.max(a, b))
  return logs.map((value, id) => (conditional[id] > 0 ? Math.exp(value - most) : 0))
}

/** Of a probability that may have been rounded to 0. */
const log = (q: number): number => Math.log(Math.max(q, 1e-300))
