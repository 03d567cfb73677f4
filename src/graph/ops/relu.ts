// max(x, 0)
import { apply, type Op, type Tensor } from '../tensor.ts'
import { cast } from './cast.ts'
import { scalar } from './constant.ts'
import { greater } from './greater.ts'
import { mul } from './mul.ts'

export const reluOp: Op<void> = {
  name: 'relu',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], dy }) => [mul(dy, cast(greater(x, scalar(0))))],
  emit: (g, [x]) => g.node('Relu', [x]),
}

export const relu = (x: Tensor): Tensor => apply(reluOp, [x], undefined)
