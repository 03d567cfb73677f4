// a · b, elementwise and broadcast.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { sumTo } from './sum.ts'

export const mulOp: Op<void> = {
  name: 'mul',
  shape: ([a, b]) => {
    expectType(a, 'float', 'mul')
    expectType(b, 'float', 'mul')
    return broadcast(a.shape, b.shape)
  },
  vjp: ({ inputs: [a, b], dy }) => [sumTo(mul(dy, b), a.shape), sumTo(mul(dy, a), b.shape)],
  emit: (g, [a, b]) => g.node('Mul', [a, b]),
}

export const mul = (a: Tensor, b: Tensor): Tensor => apply(mulOp, [a, b], undefined)
