// How a uniform becomes a choice. A categorical draw is defined once and for all: one uniform, inverted through
// the cumulative sum of float64 probabilities. (Gumbel draws in float32 silently lower the temperature,
// arXiv 2409.02908.)

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

/** A standard normal number from two uniforms (Box and Muller). */
export function normal(u1: number, u2: number): number {
  return Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2)
}
