// Many tensors in one array: all parameters are one buffer, all gradients another, the optimiser one loop over both,
// and what machines exchange is one message. Each tensor starts on a cache line.
import type { HostTensor } from './device.ts'

export type Shapes = Readonly<Record<string, readonly number[]>>

export interface Flat {
  readonly data: Float32Array
  /** views into `data`, by name */
  readonly tensors: Readonly<Record<string, HostTensor & { data: Float32Array }>>
}

/** floats in a cache line */
const line = 16

export interface Layout {
  /** floats in all, padding included */
  readonly size: number
  readonly offsets: Readonly<Record<string, number>>
  readonly shapes: Shapes
}

export const sizeOf = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1)

export function layoutOf(shapes: Shapes): Layout {
  const offsets: Record<string, number> = {}
  let size = 0
  for (const [name, dims] of Object.entries(shapes)) {
    offsets[name] = size
    size += Math.ceil(sizeOf(dims) / line) * line
  }
  return { size, offsets, shapes }
}

/** A buffer of zeros, or views into `data`. */
export function flat(layout: Layout, data: Float32Array = new Float32Array(layout.size)): Flat {
  const tensors = Object.fromEntries(
    Object.entries(layout.shapes).map(([name, dims]) => {
      const start = layout.offsets[name]
      return [name, { data: data.subarray(start, start + sizeOf(dims)), dims }]
    }),
  )
  return { data, tensors }
}
