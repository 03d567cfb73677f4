// The same numbers in the same order under another shape.
import { UnfogError } from '../../error/index.ts'
import { count, type Shape, sameShape, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const reshapeOp: Op<{ shape: Shape }> = {
  name: 'reshape',
  shape: ([x], { shape }) => {
    if (count(x.shape) !== count(shape)) {
      throw new UnfogError('bad_shape', `${show(x.shape)} cannot become ${show(shape)}`)
    }
    return { shape, dtype: x.dtype }
  },
  vjp: ({ inputs: [x], dy }) => [reshape(dy, x.shape)],
  emit: (g, [x], { shape }) => g.node('Reshape', [x, g.shape(shape)]),
}

export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape })
