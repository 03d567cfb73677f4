// Rows of a table by their ids: an embedding.
import { UnfogError } from '../../error/index.ts'
import { show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scatterRows } from './scatter-rows.ts'

export const gatherOp: Op<void> = {
  name: 'gather',
  shape: ([table, ids]) => {
    expectType(ids, 'int32', 'gather')
    if (table.shape.length !== 2) {
      throw new UnfogError(
        'bad_shape',
        `gather takes rows of a matrix, not of ${show(table.shape)}`,
      )
    }
    return { shape: [...ids.shape, table.shape[1]], dtype: table.dtype }
  },
  vjp: ({ inputs: [table, ids], dy }) => [scatterRows(dy, ids, table.shape[0]), undefined],
  emit: (g, [table, ids]) => g.node('Gather', [table, ids], { axis: 0 }),
}

/** @param table [V, D]  @param ids [...] of int32  @returns [..., D] */
export const gather = (table: Tensor, ids: Tensor): Tensor =>
  apply(gatherOp, [table, ids], undefined)
