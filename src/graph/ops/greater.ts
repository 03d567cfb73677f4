// a > b, elementwise and broadcast; a condition.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'

export const greaterOp: Op<void> = {
  name: 'greater',
  shape: ([a, b]) => {
    expectType(b, a.dtype, 'greater')
    return { shape: broadcast(a.shape, b.shape), dtype: 'bool' }
  },
  vjp: () => [undefined, undefined],
  emit: (g, [a, b]) => g.node('Greater', [a, b]),
}

export const greater = (a: Tensor, b: Tensor): Tensor => apply(greaterOp, [a, b], undefined)
