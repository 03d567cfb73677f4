// How long texts are: a model that writes canvases of an exact length draws the length first, and pays for it with
// -log p(length) in its likelihood.
import { UnfogError } from '../error/index.ts'
import { categorical } from '../random/index.ts'

export interface LengthHistogram {
  /** [length, texts], ascending */
  readonly counts: readonly (readonly [number, number])[]
  readonly shortest: number
  readonly longest: number
  /** log p(length) in nats. The histogram counts as if one more text, spread evenly over 1 … limit, had been seen, so
   * that a held-out length never met has a price instead of none: p = (count + 1/limit) / (texts + 1).
   * -Infinity beyond the limit. */
  logProb(length: number): number
  /** A length as often as the texts have it; never one that none has. (So what is drawn and what `logProb` says
   * differ by at most 1/(texts + 1) in total variation.)
   * @param uniform in (0, 1) */
  draw(uniform: number): number
}

/** @param counts how many texts have each length
 * @param limit longest text the model can write
 * @throws UnfogError `bad_input` unless lengths are whole numbers from 1 to `limit` with positive counts */
export function lengthHistogram(
  counts: Iterable<readonly [number, number]>,
  limit: number,
): LengthHistogram {
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const byLength = new Map(sorted)
  const whole = sorted.every(
    ([length, count]) =>
      Number.isInteger(length) &&
      length >= 1 &&
      length <= limit &&
      Number.isInteger(count) &&
      count > 0,
  )
  if (!whole || sorted.length === 0 || byLength.size !== sorted.length) {
    throw new UnfogError(
      'bad_input',
      `a length histogram needs whole lengths from 1 to ${limit}, each once with a positive count`,
    )
  }
  const weights = sorted.map(([, count]) => count)
  const texts = weights.reduce((sum, count) => sum + count, 0)
  return {
    counts: sorted,
    shortest: sorted[0][0],
    longest: sorted[sorted.length - 1][0],
    logProb(length) {
      if (!Number.isInteger(length) || length < 1 || length > limit) return Number.NEGATIVE_INFINITY
      return Math.log(((byLength.get(length) ?? 0) + 1 / limit) / (texts + 1))
    },
    draw: (uniform) => sorted[categorical(weights, uniform)][0],
  }
}
