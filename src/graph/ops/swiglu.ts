// gate · σ(gate) · up (arXiv 2002.05202).

import { UnfogError } from '../../error/index.ts'
import { sameShape, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { sigmoid } from './sigmoid.ts'
import { sub } from './sub.ts'

export const swigluOp: Op<void> = {
  name: 'swiglu',
  shape: ([gate, up]) => {
    if (!sameShape(gate.shape, up.shape)) {
      throw new UnfogError(
        'bad_shape',
        `swiglu needs two equal shapes, got ${show(gate.shape)} and ${show(up.shape)}`,
      )
    }
    return gate.shape
  },
  vjp: ({ inputs: [gate, up], dy }) => {
    const s = sigmoid(gate)
    const silu = mul(gate, s)
    const slope = add(s, mul(silu, sub(scalar(1), s)))
    return [mul(mul(dy, up), slope), mul(dy, silu)]
  },
  lower: ([gate, up]) => mul(mul(gate, sigmoid(gate)), up),
}

export const swiglu = (gate: Tensor, up: Tensor): Tensor => apply(swigluOp, [gate, up], undefined)
