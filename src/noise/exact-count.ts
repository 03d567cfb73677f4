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

/** The parts of a text that are written one after another, first and past-the-end positions.
 * @param block tokens of a block; the whole text is one without
 * @param before tokens that stand before the text and are counted with it */
export function blocksOf(length: number, block?: number, before = 0): [from: number, to: number][] {
  if (block === undefined) return [[0, length]]
  const blocks: [number, number][] = []
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + block - ((before + from) % block))
    blocks.push([from, to])
    from = to
  }
  return blocks
}

/** Exact counts in every block of a text, each block at its own level of noise: with everything before a block clean,
 * the weighted costs add up to the bound of block diffusion (arXiv 2503.09573). A block of one word is paid exactly.
 * @param u in (0, 1), from which every block has its place, evenly spread
 * @returns the noisy text, its masked positions, and what the nats of each count for */
export function maskBlocks(
  clean: Int32Array,
  blocks: readonly (readonly [from: number, to: number])[],
  u: number,
  maskId: number,
  next: () => number,
): { noisy: Int32Array; rows: Int32Array; weights: Float64Array } {
  const noisy = clean.slice()
  const rows: number[] = []
  const weights: number[] = []
  blocks.forEach(([from, to], i) => {
    const length = to - from
    // steps of the golden ratio: even for any number of blocks
    const count = countAt((u + i * 0.6180339887498949) % 1, length)
    const part = maskExactly(clean.subarray(from, to), count, maskId, next)
    noisy.set(part.noisy, from)
    for (const row of part.rows) {
      rows.push(from + row)
      weights.push(priceOfCount(1, count, length))
    }
  })
  return { noisy, rows: Int32Array.from(rows), weights: Float64Array.from(weights) }
}
