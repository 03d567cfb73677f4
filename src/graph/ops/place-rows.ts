// Rows put at their places in a matrix of zeros; no two share a place. The gradient of selectRows.
import { elementTypes } from '../onnx.ts'
import type { Dim } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { selectRows } from './select-rows.ts'

export const placeRowsOp: Op<{ total: Dim }> = {
  name: 'placeRows',
  shape: ([x, rows], { total }) => {
    expectType(rows, 'int32', 'placeRows')
    return [total, x.shape[1]]
  },
  vjp: ({ inputs: [, rows], dy }) => [selectRows(dy, rows), undefined],
  emit: (g, [x, rows], { total }, node) => {
    const [values, places] = node.inputs
    const zeros = g.node('Expand', [g.scalar(0), g.shape([total, values.shape[1]])])
    // shaped before it is long: graphics cards reshape no int64, and would send it to the processor and back
    const column = g.node('Reshape', [rows, g.shape([places.shape[0], 1])])
    const long = g.node('Cast', [column], { to: elementTypes.int64 })
    return g.node('ScatterND', [zeros, long, x])
  },
}

/** @param x [R, D]  @param rows [R], all different  @returns [total, D] */
export const placeRows = (x: Tensor, rows: Tensor, total: Dim): Tensor =>
  apply(placeRowsOp, [x, rows], { total })
