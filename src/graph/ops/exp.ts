// eˣ
import { apply, type Op, type Tensor } from '../tensor.ts'
import { mul } from './mul.ts'

export const expOp: Op<void> = {
  name: 'exp',
  shape: ([x]) => x.shape,
  vjp: ({ output, dy }) => [mul(dy, output)],
  emit: (g, [x]) => g.node('Exp', [x]),
}

export const exp = (x: Tensor): Tensor => apply(expOp, [x], undefined)
