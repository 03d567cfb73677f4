// Rows of a matrix, each at most once: the rows whose prediction is asked for. Because no row repeats, its gradient
// is a plain scatter, where an embedding's must add.
import { UnfogError } from '../../error/index.ts'
import { show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { placeRows } from './place-rows.ts'

export const selectRowsOp: Op<void> = {
  name: 'selectRows',
  shape: ([x, rows]) => {
    expectType(rows, 'int32', 'selectRows')
    if (x.shape.length !== 2 || rows.shape.length !== 1) {
      throw new UnfogError(
        'bad_shape',
        `selectRows takes rows of a matrix, not ${show(rows.shape)} of ${show(x.shape)}`,
      )
    }
    return [rows.shape[0], x.shape[1]]
  },
  vjp: ({ inputs: [x, rows], dy }) => [placeRows(dy, rows, x.shape[0]), undefined],
  emit: (g, [x, rows]) => g.node('Gather', [x, rows], { axis: 0 }),
}

/** @param x [N, D]  @param rows [R], all different  @returns [R, D] */
export const selectRows = (x: Tensor, rows: Tensor): Tensor =>
  apply(selectRowsOp, [x, rows], undefined)
