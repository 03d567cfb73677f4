// From estimates of windows to a total with an honest error. A round is one unbiased estimate of every window; rounds
// are independent, the windows of one round are not: their noise levels are spread over each other.
// - 24 rounds or more: the spread of the rounds' totals, which sees the gain of that spreading.
// - 2 rounds or more: the spread of each window over the rounds, summed as if windows were independent. That misses
//   the gain, so it errs to the large side (by 1.4 for sixty texts), but rests on many more numbers.
// - less than two rounds of many windows: the windows measured so far, in random order, stand for all.

export interface Estimate {
  nats: number
  stderr: number
  /** on how many independent numbers the error rests */
  degrees: number
}

/** Rounds from which their totals alone give a dependable error. */
export const enoughRounds = 24

/** What has been measured so far. */
export class Rounds {
  private readonly totals: number[] = []
  private readonly sums: Float64Array
  private readonly squares: Float64Array
  private readonly lengths: Float64Array

  /** @param lengths tokens of every window */
  constructor(lengths: ArrayLike<number>) {
    this.lengths = Float64Array.from(lengths)
    this.sums = new Float64Array(lengths.length)
    this.squares = new Float64Array(lengths.length)
  }

  /** @param nats [windows], one estimate each */
  add(nats: Float64Array): void {
    nats.forEach((value, w) => {
      this.sums[w] += value
      this.squares[w] += value * value
    })
    this.totals.push(sum(nats))
  }

  /** Variance of one estimate of a window. */
  private variance(window: number): number {
    const count = this.totals.length
    const mean = this.sums[window] / count
    return Math.max(0, (this.squares[window] - count * mean * mean) / (count - 1))
  }

  /** Every window's mean, and the variance of that mean; needs two rounds. */
  perWindow(): { nats: Float64Array; variance: Float64Array } {
    const count = this.totals.length
    return {
      nats: this.sums.map((value) => value / count),
      variance: this.sums.map((_, w) => this.variance(w) / count),
    }
  }

  /** The total over all windows; needs two rounds. */
  estimate(): Estimate {
    const count = this.totals.length
    const nats = sum(this.totals) / count
    if (count >= enoughRounds) {
      const variance = this.totals.reduce((a, t) => a + (t - nats) ** 2, 0) / (count - 1)
      return { nats, stderr: Math.sqrt(variance / count), degrees: count - 1 }
    }
    const variances = this.sums.map((_, w) => this.variance(w))
    const variance = sum(variances)
    // Welch and Satterthwaite: a few windows that dominate the error leave few degrees of freedom
    const fourth = variances.reduce((a, v) => a + v * v, 0) / (count - 1)
    return {
      nats,
      stderr: Math.sqrt(variance / count),
      degrees: variance === 0 ? Number.POSITIVE_INFINITY : (variance * variance) / fourth,
    }
  }

  /** The total over all windows from one estimate each of some, drawn at random: nats per token of those, times all
   * tokens. The error counts how windows differ, even where all were measured.
   * @param nats estimates of the windows `measured` */
  fromSome(measured: readonly number[], nats: Float64Array): Estimate {
    const count = measured.length
    const tokens = measured.reduce((a, w) => a + this.lengths[w], 0)
    const rate = measured.reduce((a, w) => a + nats[w], 0) / tokens
    const residual = measured.reduce((a, w) => a + (nats[w] - rate * this.lengths[w]) ** 2, 0)
    const variance = residual / (count - 1) / count
    return {
      nats: rate * sum(this.lengths),
      stderr: this.lengths.length * Math.sqrt(variance),
      degrees: count - 1,
    }
  }
}

export function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}
