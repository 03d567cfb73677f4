// -log softmax(logits)[target] per row, in nats. The gradient is (softmax - onehot) · dy, without ever writing the
// one-hot matrix.
import { apply, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { exp } from './exp.ts'
import { logSoftmax } from './log-softmax.ts'
import { mul } from './mul.ts'
import { putAlong } from './put-along.ts'
import { reshape } from './reshape.ts'
import { takeAlong, takeAlongOp } from './take-along.ts'

export const crossEntropyOp: Op<void> = {
  name: 'crossEntropy',
  shape: (inputs) => takeAlongOp.shape(inputs, undefined),
  vjp: ({ inputs: [logits, targets], dy }) => {
    const p = exp(logSoftmax(logits))
    const scaled = mul(p, reshape(dy, [...dy.shape, 1]))
    return [putAlong(scaled, targets, mul(dy, scalar(-1))), undefined]
  },
  lower: ([logits, targets]) => mul(takeAlong(logSoftmax(logits), targets), scalar(-1)),
}

/** @param logits [..., V]  @param targets [...] of int32  @returns [...] nats */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  apply(crossEntropyOp, [logits, targets], undefined)
