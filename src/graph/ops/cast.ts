// Conditions and integers as floats.

import { elementTypes } from '../onnx.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const castOp: Op<void> = {
  name: 'cast',
  shape: ([x]) => x.shape,
  vjp: () => [undefined],
  emit: (g, [x]) => g.node('Cast', [x], { to: elementTypes[g.precision] }),
}

/** true → 1, false → 0; integers keep their value; floats are what they are. */
export const cast = (x: Tensor): Tensor => (x.dtype === 'float' ? x : apply(castOp, [x], undefined))
