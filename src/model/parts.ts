// Which canvases run together. Each run has a price, and so has what is computed in it for nothing. Sorted by length,
// the cheapest division into runs is found exactly.
import type { Device } from '../runtime/index.ts'

/** What runs cost, all in one unit of this layout. On the cpu, measured with `tales` (npm run bench -- batcher): */
export interface Layout {
  /** of a run beyond what is in it */
  readonly run: number
  /** of so many canvases, the longest of which has so many tokens */
  canvases(count: number, longest: number): number
}

export const layouts = {
  /** Canvases are padded to the longest: the unit is a token. */
  padded: { run: 64, canvases: (count, longest) => count * longest },
  /** Canvases lie one behind the other, and only attention sees the longest (see packing.ts): the unit is a query that
   * meets a key; at 400 keys attention costs as much as everything else, and a run as much as 20 tokens. */
  packed: {
    run: 20 * 400,
    canvases: (count, longest) => count * longest * longest,
  },
} satisfies Record<string, Layout>

/** How the price of a run counts. Where a canvas's numbers hold among equals only, no padding is allowed. For graphics
 * cards nothing is measured yet, and all run at once. */
const runWeight: Readonly<Record<Device['batchInvariant'], number>> = {
  any: 1,
  'equal lengths': 0,
  none: Number.POSITIVE_INFINITY,
}

export interface Size {
  /** tokens of the canvas */
  readonly length: number
  /** rows that are asked of it */
  readonly rows: number
}

/** @param mostRows rows of one run, unless one canvas alone asks more
 * @returns indices of `sizes`, a list for each run */
export function partsOf(
  sizes: readonly Size[],
  { batchInvariant }: Pick<Device, 'batchInvariant'>,
  layout: Layout,
  mostRows: number,
): number[][] {
  const price = runWeight[batchInvariant] * layout.run
  const equal = sizes.every(({ length }) => length === sizes[0].length)
  const order = [...sizes.keys()]
  if (!equal && price < Number.POSITIVE_INFINITY)
    order.sort((a, b) => sizes[a].length - sizes[b].length || a - b)
  const groups =
    equal || price === Number.POSITIVE_INFINITY
      ? [order]
      : divided(order, sizes, { ...layout, run: price })
  return groups.flatMap((group) => withinRows(group, sizes, mostRows))
}

/** The cheapest division of canvases in order of length: the last run of the first n, and so backwards. */
function divided(
  order: readonly number[],
  sizes: readonly Size[],
  { run, canvases }: Layout,
): number[][] {
  const cost = [0]
  const from = [0]
  for (let end = 1; end <= order.length; end++) {
    const longest = sizes[order[end - 1]].length
    cost[end] = Number.POSITIVE_INFINITY
    for (let start = 0; start < end; start++) {
      const together = cost[start] + canvases(end - start, longest) + run
      if (together < cost[end]) {
        cost[end] = together
        from[end] = start
      }
    }
  }
  const groups: number[][] = []
  for (let end = order.length; end > 0; end = from[end]) groups.unshift(order.slice(from[end], end))
  return groups
}

function withinRows(group: readonly number[], sizes: readonly Size[], most: number): number[][] {
  const parts: number[][] = []
  let rows = 0
  for (const i of group) {
    rows += sizes[i].rows
    if (parts.length === 0 || rows > most) {
      parts.push([])
      rows = sizes[i].rows
    }
    parts[parts.length - 1].push(i)
  }
  return parts
}
