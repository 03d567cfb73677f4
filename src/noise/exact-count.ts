// The bound by count instead of time: mask exactly n of L positions, n uniform in 1 … L, and weigh by L/n. The same
// mean as the integral over t, since the integral of t^{n-1}(1-t)^{L-n} over (0, 1) is 1/(n·C(L, n)), and less
// variance, because the number of masked words is no longer left to chance (arXiv 2502.09992, LLaDA).

/** A text with exactly `count` masked positions, every such set alike.
 * @param next uniform numbers in (0, 1), `count` of them are taken
 * @returns the noisy text and its masked positions, ascending */
export function maskExactly(
  clean: Int32Array,
  count: number,
  maskId: number,
  next: () => number,
): { noisy: Int32Array; rows: Int32Array } {
  const length = clean.length
  const order = Int32Array.from(clean, (_, position) => position)
  for (let i = 0; i < count; i++) {
    const j = Math.min(length - 1, i + Math.floor(next() * (length - i)))
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  const rows = order.slice(0, count).sort()
  const noisy = clean.slice()
  for (const row of rows) noisy[row] = maskId
  return { noisy, rows }
}

/** The number of masked positions that stands for u in (0, 1): uniform in 1 … length when u is. */
export const countAt = (u: number, length: number): number =>
  Math.min(length, 1 + Math.floor(u * length))

/** What the summed CE of `count` masked positions of a text counts for.
 * @returns nats */
export const priceOfCount = (summed: number, count: number, length: number): number =>
  (summed * length) / count
