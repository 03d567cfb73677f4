// log Σ_j e^{x_j} over the last axis, which is kept with size 1.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { mul } from './mul.ts'
import { softmax } from './softmax.ts'
import { reducedShape } from './sum.ts'

export const logsumexpOp: Op<void> = {
  name: 'logsumexp',
  shape: ([x]) => reducedShape(x, { axes: [-1], keep: true }),
  vjp: ({ inputs: [x], dy }) => [mul(softmax(x), dy)],
  // the kernel subtracts the maximum itself
  emit: (g, [x]) => g.node('ReduceLogSumExp', [x, g.int64s([-1])], { keepdims: 1 }),
}

export const logsumexp = (x: Tensor): Tensor => apply(logsumexpOp, [x], undefined)
