// a + b, broadcast.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

export const addOp: Op<void> = {
  name: 'add',
  shape: ([a, b]) => {
    expectType(a, 'float', 'add')
    expectType(b, 'float', 'add')
    return broadcast(a.shape, b.shape)
  },
  vjp: ({ inputs: [a, b], dy }) => [sumTo(dy, a.shape), sumTo(dy, b.shape)],
  emit: (g, [a, b]) => g.node('Add', [a, b]),
}

export const add = (a: Tensor, b: Tensor): Tensor => apply(addOp, [a, b], undefined)
