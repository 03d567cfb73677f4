// e^{x_i} / Σ_j e^{x_j} over the last axis.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'
import { sum } from './sum.ts'

export const softmaxOp: Op<void> = {
  name: 'softmax',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [mul(output, sub(dy, sum(mul(dy, output), { axes: [-1], keep: true })))],
  emit: (g, [x]) => g.node('Softmax', [x], { axis: -1 }),
}

export const softmax = (x: Tensor): Tensor => apply(softmaxOp, [x], undefined)
