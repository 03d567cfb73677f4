// How a uniform becomes a choice. A categorical draw is defined once and for all: one uniform, inverted through
// the cumulative sum of float64 probabilities. (Gumbel draws in float32 silently lower the temperature,
// arXiv 2409.02908.)
import type { Random } from './random.ts'

/** Index drawn with probability weights[i] / Σ weights. Weights are non-negative, not all zero.
 * @param uniform in (0, 1) */
export function categorical(weights: ArrayLike<number>, uniform: number): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  const target = uniform * total
  let sum = 0
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] > 0) {
      sum += weights[i]
      last = i
      if (target < sum) return i
    }
  }
  return last
}

/** Weights, not all zero, as probabilities. */
export function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

/** How one of several weighted outcomes is drawn at a step and position. */
export type Draw = (
  weights: ArrayLike<number>,
  random: Random,
  step: number,
  position: number,
) => number

/** unfog's own: `categorical` with the position's uniform. */
export const inverse: Draw = (weights, random, step, position) =>
  categorical(weights, random.uniform(step, position, 'token'))

/** A race of exponential clocks, one uniform for every outcome: the first to ring wins, with probability
 * weights[i] / Σ weights. It is the Gumbel trick of released samplers, whose recorded draws it replays. */
export const race: Draw = (weights, random, step, position) => {
  let winner = 0
  let first = Number.POSITIVE_INFINITY
  for (let i = 0; i < weights.length; i++) {
    const time =
      -Math.log(random.uniform(step, position * weights.length + i, 'token')) / weights[i]
    if (time < first) {
      first = time
      winner = i
    }
  }
  return winner
}

/** An integer in [0, n). */
export function below(n: number, uniform: number): number {
  return Math.min(n - 1, Math.floor(uniform * n))
}

/** A permutation of 0 … n-1 (Fisher and Yates). */
export function permutation(n: number, next: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1, next())
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  return order
}

/** So many standard normal numbers from one uniform: its bits are the seed of a small generator (mulberry32). A vector's
 * noise is then one number of the counter-based kind, like everything else that is drawn. */
export function normals(uniform: number, count: number): Float32Array {
  let state = (Math.floor(uniform * 2 ** 32) ^ Math.floor(uniform * 2 ** 53)) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return (((x ^ (x >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  const numbers = new Float32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = normal(next(), next())
  return numbers
}

/** A standard normal number from two uniforms (Box and Muller). */
export function normal(u1: number, u2: number): number {
  return Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2)
}
