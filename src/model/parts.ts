// Which canvases run together. Canvases of one run are padded to the longest; a run of its own has a price too. Sorted
// by length, the cheapest division into runs is found exactly.
import type { Device } from '../runtime/index.ts'

/** What a run costs beyond its tokens, counted in tokens of padding. On the cpu, 32 canvases of 40 to 88 tokens reach 0.86
 * of a uniform batch this way and 0.72 when all are padded (npm run bench -- batcher). Where a canvas's numbers hold among
 * equals only, no padding is allowed. For graphics cards nothing is measured yet, and all run at once. */
const runPrice: Readonly<Record<Device['batchInvariant'], number>> = {
  any: 64,
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
  mostRows: number,
): number[][] {
  const price = runPrice[batchInvariant]
  const equal = sizes.every(({ length }) => length === sizes[0].length)
  const order = [...sizes.keys()]
  if (!equal && price < Number.POSITIVE_INFINITY)
    order.sort((a, b) => sizes[a].length - sizes[b].length || a - b)
  const groups =
    equal || price === Number.POSITIVE_INFINITY ? [order] : divided(order, sizes, price)
  return groups.flatMap((group) => withinRows(group, sizes, mostRows))
}

/** The cheapest division of canvases in order of length: the last run of the first n, and so backwards. */
function divided(order: readonly number[], sizes: readonly Size[], price: number): number[][] {
  const cost = [0]
  const from = [0]
  for (let end = 1; end <= order.length; end++) {
    const longest = sizes[order[end - 1]].length
    cost[end] = Number.POSITIVE_INFINITY
    for (let start = 0; start < end; start++) {
      const together = cost[start] + (end - start) * longest + price
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
