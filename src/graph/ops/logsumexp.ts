// log Σ_j e^{x_j} over the last axis, which is kept with size 1.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { exp } from './exp.ts'
import { log } from './log.ts'
import { max } from './max.ts'
import { mul } from './mul.ts'
import { softmax } from './softmax.ts'
import { sub } from './sub.ts'
import { reducedShape, sum } from './sum.ts'

export const logsumexpOp: Op<void> = {
  name: 'logsumexp',
  shape: ([x]) => reducedShape(x, { axes: [-1], keep: true }),
  vjp: ({ inputs: [x], dy }) => [mul(softmax(x), dy)],
  // the processor's kernel subtracts the maximum itself
  emit: (g, [x]) => g.node('ReduceLogSumExp', [x, g.int64s([-1])], { keepdims: 1 }),
  lower: ([x]) => {
    const largest = max(x, { axes: [-1], keep: true })
    return add(largest, log(sum(exp(sub(x, largest)), { axes: [-1], keep: true })))
  },
}

export const logsumexp = (x: Tensor): Tensor => apply(logsumexpOp, [x], undefined)
