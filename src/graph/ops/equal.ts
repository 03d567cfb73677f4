// a = b, elementwise and broadcast; a condition.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'

export const equalOp: Op<void> = {
  name: 'equal',
  shape: ([a, b]) => {
    expectType(b, a.dtype, 'equal')
    return { shape: broadcast(a.shape, b.shape), dtype: 'bool' }
  },
  vjp: () => [undefined, undefined],
  emit: (g, [a, b]) => g.node('Equal', [a, b]),
}

export const equal = (a: Tensor, b: Tensor): Tensor => apply(equalOp, [a, b], undefined)
