// x_i - log Σ_j e^{x_j} over the last axis.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { exp } from './exp.ts'
import { log } from './log.ts'
import { max } from './max.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'
import { sum } from './sum.ts'

export const logSoftmaxOp: Op<void> = {
  name: 'logSoftmax',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [sub(dy, mul(exp(output), sum(dy, { axes: [-1], keep: true })))],
  emit: (g, [x]) => g.node('LogSoftmax', [x], { axis: -1 }),
  lower: ([x]) => {
    const centred = sub(x, max(x, { axes: [-1], keep: true }))
    return sub(centred, log(sum(exp(centred), { axes: [-1], keep: true })))
  },
}

export const logSoftmax = (x: Tensor): Tensor => apply(logSoftmaxOp, [x], undefined)
