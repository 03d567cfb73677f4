// Repeats a tensor to a larger shape.

import { UnfogError } from '../../error/index.ts'
import { broadcast, type Shape, sameShape, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

export const broadcastToOp: Op<{ shape: Shape }> = {
  name: 'broadcastTo',
  shape: ([x], { shape }) => {
    if (!sameShape(broadcast(x.shape, shape), shape)) {
      throw new UnfogError('bad_shape', `${show(x.shape)} cannot be repeated to ${show(shape)}`)
    }
    return shape
  },
  vjp: ({ inputs: [x], dy }) => [sumTo(dy, x.shape)],
  emit: (g, [x], { shape }) => g.node('Expand', [x, g.shape(shape)]),
}

export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastToOp, [x], { shape })
