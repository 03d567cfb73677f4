// a / b, elementwise and broadcast.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { sumTo } from './sum.ts'

export const divOp: Op<void> = {
  name: 'div',
  shape: ([a, b]) => {
    expectType(a, 'float', 'div')
    expectType(b, 'float', 'div')
    return broadcast(a.shape, b.shape)
  },
  vjp: ({ inputs: [a, b], output, dy }) => [
    sumTo(div(dy, b), a.shape),
    mul(sumTo(mul(div(dy, b), output), b.shape), scalar(-1)),
  ],
  emit: (g, [a, b]) => g.node('Div', [a, b]),
}

export const div = (a: Tensor, b: Tensor): Tensor => apply(divOp, [a, b], undefined)
