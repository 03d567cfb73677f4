// Conditions and integers as floats.

import { elementTypes } from '../onnx.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const castOp: Op<void> = {
  name: 'cast',
  shape: ([x]) => x.shape,
  vjp: () => [undefined],
  emit: (g, [x]) => g.node('Cast', [x], { to: elementTypes[g.precision] }),
}

/** true → 1, false → 0; integers keep their value. */
export const cast = (x: Tensor): Tensor => apply(castOp, [x], undefined)
