// Canvases of different lengths in one run, one behind the other: what a run costs is its tokens, not its longest
// canvas times their number. Where attention lays them out, see `Packing` in nn.
import { input } from '../graph/index.ts'
import type { Packing } from '../nn/index.ts'
import type { HostTensor } from '../runtime/index.ts'

/** One text as the network sees it: prefix, text, end. */
export interface Laid {
  canvas: Int32Array
  /** where the text begins */
  start: number
  /** [L] of the text, 0 where nobody looks; all are looked at without */
  visible?: ArrayLike<number>
}

/** The inputs that `pack` gives, beside `ids`. */
export const packingInputs = (): Packing => ({
  places: input('packing.places', 'int32', ['T']),
  cells: input('packing.cells', 'int32', ['T']),
  queries: input('packing.queries', 'int32', ['B', 'L']),
  keys: input('packing.keys', 'int32', ['B', 'L']),
  visible: input('visible', 'bool', ['B', 'L']),
})

/** @returns inputs of the graph, and where in `ids` each canvas begins */
export function pack(laid: readonly Laid[]): {
  inputs: Record<string, HostTensor>
  starts: number[]
} {
  // one token alone, or one query, would take another path through the kernels
  const columns = Math.max(2, ...laid.map(({ canvas }) => canvas.length))
  const total = Math.max(
    2,
    laid.reduce((sum, { canvas }) => sum + canvas.length, 0),
  )
  const ids = new Int32Array(total)
  const places = new Int32Array(total)
  const cells = new Int32Array(total)
  const queries = new Int32Array(laid.length * columns)
  const keys = new Int32Array(queries.length)
  const visible = new Uint8Array(queries.length)
  const starts: number[] = []
  let at = 0
  for (const [b, { canvas, start, visible: seen }] of laid.entries()) {
    starts.push(at)
    ids.set(canvas, at)
    const cell = b * columns
    visible.fill(1, cell, cell + canvas.length)
    if (seen) visible.set(Array.from(seen), cell + start)
    const shown = visible.subarray(cell, cell + columns)
    keys.fill(at + Math.max(0, shown.indexOf(1)), cell, cell + columns)
    for (let i = 0; i < canvas.length; i++, at++) {
      places[at] = i
      cells[at] = cell + i
      queries[cell + i] = at
      if (shown[i]) keys[cell + i] = at
    }
  }
  const dims = [total]
  return {
    inputs: {
      ids: { data: ids, dims },
      'packing.places': { data: places, dims },
      'packing.cells': { data: cells, dims },
      'packing.queries': { data: queries, dims: [laid.length, columns] },
      'packing.keys': { data: keys, dims: [laid.length, columns] },
      visible: { data: visible, dims: [laid.length, columns] },
    },
    starts,
  }
}
