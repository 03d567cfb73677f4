// x_i - log Σ_j e^{x_j} over the last axis.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { exp } from './exp.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'
import { sum } from './sum.ts'

export const logSoftmaxOp: Op<void> = {
  name: 'logSoftmax',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [sub(dy, mul(exp(output), sum(dy, { axes: [-1], keep: true })))],
  emit: (g, [x]) => g.node('LogSoftmax', [x], { axis: -1 }),
}

export const logSoftmax = (x: Tensor): Tensor => apply(logSoftmaxOp, [x], undefined)
