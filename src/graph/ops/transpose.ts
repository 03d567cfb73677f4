// Axes in another order.
import { UnfogError } from '../../error/index.ts'
import { show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const transposeOp: Op<{ order: readonly number[] }> = {
  name: 'transpose',
  shape: ([x], { order }) => {
    if (
      [...order].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      order.length !== x.shape.length
    ) {
      throw new UnfogError('bad_shape', `[${order}] is no order of the axes of ${show(x.shape)}`)
    }
    return { shape: order.map((axis) => x.shape[axis]), dtype: x.dtype }
  },
  vjp: ({ attrs: { order }, dy }) => [
    transpose(
      dy,
      order.map((_, i) => order.indexOf(i)),
    ),
  ],
  emit: (g, [x], { order }) => g.node('Transpose', [x], { perm: order }),
}

export const transpose = (x: Tensor, order: readonly number[]): Tensor =>
  apply(transposeOp, [x], { order })
