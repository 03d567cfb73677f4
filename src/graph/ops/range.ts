// 0, 1, …, n-1 for a size that may be symbolic.
import { elementTypes } from '../onnx.ts'
import type { Dim } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const rangeOp: Op<{ size: Dim }> = {
  name: 'range',
  shape: (_, { size }) => ({ shape: [size], dtype: 'int32' }),
  emit: (g, _, { size }) =>
    g.shared(() => {
      const end = g.node('Squeeze', [g.node('Cast', [g.dim(size)], { to: elementTypes.int32 })])
      return g.node('Range', [g.int32s([0], []), end, g.int32s([1], [])])
    }),
}

/** @returns [size] of int32 */
export const range = (size: Dim): Tensor => apply(rangeOp, [], { size })
