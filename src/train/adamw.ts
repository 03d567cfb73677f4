// AdamW (arXiv 1711.05101), gradient clipping and the running average of weights, in one pass over flat buffers.
// Plain typed arrays on the host: 5M parameters take 22 ms on one thread, as ONNX nodes 70–110 ms (measured).
import type { Layout } from '../runtime/index.ts'
import { sizeOf } from '../runtime/index.ts'

export interface AdamWOptions {
  beta1: number
  beta2: number
  epsilon: number
  /** of matrices; vectors (norms, gains, biases) are not decayed */
  weightDecay: number
  /** longest gradient, as a Euclidean norm over all parameters */
  clip: number
  /** share of the running average that a step keeps, reached gradually */
  average: number
}

/** All state of the optimiser: flat buffers of the layout's size. */
export interface Moments {
  first: Float32Array
  second: Float32Array
  /** running average of the parameters: what is saved and measured */
  average: Float32Array
}

export const momentNames = ['first', 'second', 'average'] as const

export const moments = (layout: Layout): Moments => ({
  first: new Float32Array(layout.size),
  second: new Float32Array(layout.size),
  average: new Float32Array(layout.size),
})

/** Euclidean norm, in float64. NaN or infinite when any entry is. */
export function norm(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i]
  return Math.sqrt(sum)
}

/** One step, in place.
 * @param step 0 for the first
 * @param rate learning rate
 * @returns the gradient's norm before clipping */
export function adamw(
  layout: Layout,
  parameters: Float32Array,
  gradients: Float32Array,
  { first, second, average }: Moments,
  { step, rate }: { step: number; rate: number },
  options: AdamWOptions,
): number {
  const { beta1, beta2, epsilon, weightDecay, clip } = options
  const length = norm(gradients)
  const scale = length > clip ? clip / length : 1
  const rate1 = rate / (1 - beta1 ** (step + 1))
  const root2 = 1 / Math.sqrt(1 - beta2 ** (step + 1))
  const keep = Math.min(options.average, (step + 1) / (step + 10))
  for (const [name, shape] of Object.entries(layout.shapes)) {
    const start = layout.offsets[name]
    const end = start + sizeOf(shape)
    const shrink = 1 - (shape.length > 1 ? rate * weightDecay : 0)
    for (let i = start; i < end; i++) {
      const g = gradients[i] * scale
      const m = first[i] + (1 - beta1) * (g - first[i])
      const v = second[i] + (1 - beta2) * (g * g - second[i])
      const p = parameters[i] * shrink - (rate1 * m) / (Math.sqrt(v) * root2 + epsilon)
      first[i] = m
      second[i] = v
      parameters[i] = p
      average[i] = p + keep * (average[i] - p)
    }
  }
  return length
}
