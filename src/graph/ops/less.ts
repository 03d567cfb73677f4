// a < b, elementwise and broadcast; a condition.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'

export const lessOp: Op<void> = {
  name: 'less',
  shape: ([a, b]) => {
    expectType(b, a.dtype, 'less')
    return { shape: broadcast(a.shape, b.shape), dtype: 'bool' }
  },
  vjp: () => [undefined, undefined],
  emit: (g, [a, b]) => g.node('Less', [a, b]),
}

export const less = (a: Tensor, b: Tensor): Tensor => apply(lessOp, [a, b], undefined)
