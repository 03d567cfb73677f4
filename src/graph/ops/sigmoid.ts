// 1 / (1 + e⁻ˣ)
import { apply, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

export const sigmoidOp: Op<void> = {
  name: 'sigmoid',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [mul(dy, mul(output, sub(scalar(1), output)))],
  emit: (g, [x]) => g.node('Sigmoid', [x]),
}

export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOp, [x], undefined)
