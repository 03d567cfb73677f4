// √x
import { apply, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'

export const sqrtOp: Op<void> = {
  name: 'sqrt',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [div(mul(dy, scalar(0.5)), output)],
  emit: (g, [x]) => g.node('Sqrt', [x]),
}

export const sqrt = (x: Tensor): Tensor => apply(sqrtOp, [x], undefined)
