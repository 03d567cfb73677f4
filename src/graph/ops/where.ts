// condition ? a : b, elementwise and broadcast.
import { broadcast } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { sumTo } from './sum.ts'

export const whereOp: Op<void> = {
  name: 'where',
  shape: ([condition, a, b]) => {
    expectType(condition, 'bool', 'where')
    expectType(a, 'float', 'where')
    expectType(b, 'float', 'where')
    return broadcast(condition.shape, broadcast(a.shape, b.shape))
  },
  vjp: ({ inputs: [condition, a, b], dy }) => [
    undefined,
    sumTo(where(condition, dy, scalar(0)), a.shape),
    sumTo(where(condition, scalar(0), dy), b.shape),
  ],
  emit: (g, [condition, a, b]) => g.node('Where', [condition, a, b]),
}

export const where = (condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  apply(whereOp, [condition, a, b], undefined)
