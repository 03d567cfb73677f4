// What a network is asked: canvases with rows, and the inputs of its graphs that tell of those rows.
import type { HostTensor } from '../runtime/index.ts'
import type { Laid } from './packing.ts'
import type { Summarise } from './summary.ts'
import { epsilonOf } from './undone.ts'

export interface Query {
  /** [L] the text, `maskId` where there is fog */
  tokens: Int32Array
  /** positions whose prediction is wanted, ascending */
  rows: Int32Array
  /** label ids in front of the text; "not said" without */
  labels?: ArrayLike<number>
  /** ids between the labels and the text that are only read: what an answer answers */
  before?: ArrayLike<number>
  /** [L] 0 where a position is padding that nobody looks at; all are looked at without */
  visible?: ArrayLike<number>
  /** noise time of the canvas; of no account under noise on words */
  time?: number
  /** [rows × D] under noise on embeddings: the vectors that stand at the asked positions */
  vectors?: Float32Array
  /** [rows × D] what the network predicted there before, of one that is shown that; zeros without */
  recalled?: Float32Array
  /** What is kept between questions: the keys and values of the canvas `of`, for as long as this array lives. With
   * `fresh` only its positions are computed anew, a window or a list; all others are taken to be as in `of`, or as they
   * were when a list last had them (approximate). Without, all that can have changed is computed (exact; nothing is kept
   * where every position sees every other) */
  reuse?: { of: Int32Array; fresh?: { from: number; to?: number } | { at: Int32Array } }
  /** what the network is to say of its rows itself; logits alone without */
  summarise?: Summarise
}

/** A query whose rows have true tokens. */
export interface PricedQuery extends Query {
  targets: Int32Array
  /** see `Look.draws` */
  draws?: Float64Array
}

/** The asked rows of all queries, as places in `ids`, and the places that they predict; `count` of them, the last filled
 * up by the first. A shifted head predicts from the place before. */
export function askedRows(
  queries: readonly Query[],
  laid: readonly Laid[],
  starts: readonly number[],
  count: number,
  shift: number,
): Record<string, HostTensor> {
  const rows = new Int32Array(count)
  const places = new Int32Array(count)
  let at = 0
  queries.forEach(({ rows: wanted }, b) => {
    const { start } = laid[b]
    for (const position of wanted) {
      // nothing stands before the first position of a canvas: it keeps its own row (Dream's samplers agree)
      places[at] = starts[b] + start + position
      rows[at++] = starts[b] + Math.max(0, start + position - shift)
    }
  })
  for (const list of [rows, places]) list.fill(list[0], at)
  const dims = [count]
  return { rows: { data: rows, dims }, places: { data: places, dims } }
}

/** The true text of a query: its targets where it asks. */
export function cleared({ tokens, rows, targets }: PricedQuery): Int32Array {
  const clean = tokens.slice()
  rows.forEach((row, i) => {
    clean[row] = targets[i]
  })
  return clean
}

/** What is told of every asked row, `count` of them; the last are filled up by the first. Prices also hang on the
 * targets, and on the numbers that their noise is made from. */
export function termsOf(
  queries: readonly Query[],
  priced: readonly PricedQuery[],
  count: number,
  vectorWidth: number,
): Record<string, HostTensor> {
  const [first] = queries
  const targets = new Int32Array(count).fill(priced[0]?.targets[0] ?? 0)
  const noisy = new Int32Array(count).fill(first?.tokens[first.rows[0]] ?? 0)
  const time = new Float32Array(count).fill(first?.time ?? 1)
  const draws = new Float64Array(count).fill(priced[0]?.draws?.[0] ?? 0.5)
  const seen = new Float32Array(count * vectorWidth)
  const before = new Float32Array(seen.length)
  if (first?.vectors) seen.set(first.vectors.subarray(0, vectorWidth), (count - 1) * vectorWidth)
  let at = 0
  queries.forEach(({ tokens, rows, vectors, recalled, time: t = 1 }, b) => {
    targets.set(priced[b]?.targets ?? [], at)
    draws.set(priced[b]?.draws ?? [], at)
    if (vectors) seen.set(vectors, at * vectorWidth)
    if (recalled) before.set(recalled, at * vectorWidth)
    time.fill(t, at, at + rows.length)
    for (const row of rows) noisy[at++] = tokens[row]
  })
  const dims = [count]
  return {
    targets: { data: targets, dims },
    noisy: { data: noisy, dims },
    time: { data: time, dims },
    seen: { data: seen, dims: [count, vectorWidth] },
    recalled: { data: before, dims: [count, vectorWidth] },
    ...(priced.length > 0 ? { epsilon: epsilonOf(draws, vectorWidth) } : {}),
  }
}
