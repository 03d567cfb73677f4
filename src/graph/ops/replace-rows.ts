// Some rows of a matrix replaced by others: keys and values computed anew among those that are kept. Rows of one place
// may be several only where nobody reads that place.
import { UnfogError } from '../../error/index.ts'
import { elementTypes } from '../onnx.ts'
import { show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { selectRows } from './select-rows.ts'

export const replaceRowsOp: Op<void> = {
  name: 'replaceRows',
  shape: ([table, rows, x]) => {
    expectType(rows, 'int32', 'replaceRows')
    const fits = table.shape.length === 2 && x.shape.length === 2 && rows.shape.length === 1
    if (!fits || table.shape[1] !== x.shape[1] || rows.shape[0] !== x.shape[0]) {
      throw new UnfogError(
        'bad_shape',
        `replaceRows needs [N, D], a place per row, and [R, D], got ${show(table.shape)}, ${show(rows.shape)}, ${show(x.shape)}`,
      )
    }
    return table.shape
  },
  vjp: ({ inputs: [, rows, x], dy }) => [
    replaceRows(dy, rows, mul(x, scalar(0))),
    undefined,
    selectRows(dy, rows),
  ],
  emit: (g, [table, rows, x], _, node) => {
    const long = g.node('Cast', [rows], { to: elementTypes.int64 })
    const column = g.node('Reshape', [long, g.shape([node.inputs[1].shape[0], 1])])
    return g.node('ScatterND', [table, column, x])
  },
}

/** @param table [N, D]  @param rows [R] of int32, places in the table  @param x [R, D]  @returns [N, D] */
export const replaceRows = (table: Tensor, rows: Tensor, x: Tensor): Tensor =>
  apply(replaceRowsOp, [table, rows, x], undefined)
