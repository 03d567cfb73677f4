// a - b, broadcast.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { sumTo } from './sum.ts'

export const subOp: Op<void> = {
  name: 'sub',
  shape: ([a, b]) => {
    expectType(a, 'float', 'sub')
    expectType(b, 'float', 'sub')
    return broadcast(a.shape, b.shape)
  },
  vjp: ({ inputs: [a, b], dy }) => [sumTo(dy, a.shape), mul(sumTo(dy, b.shape), scalar(-1))],
  emit: (g, [a, b]) => g.node('Sub', [a, b]),
}

export const sub = (a: Tensor, b: Tensor): Tensor => apply(subOp, [a, b], undefined)
