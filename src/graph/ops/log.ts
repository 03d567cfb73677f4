// ln x
import { apply, type Op, type Tensor } from '../tensor.ts'
import { div } from './div.ts'

export const logOp: Op<void> = {
  name: 'log',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], dy }) => [div(dy, x)],
  emit: (g, [x]) => g.node('Log', [x]),
}

export const log = (x: Tensor): Tensor => apply(logOp, [x], undefined)
