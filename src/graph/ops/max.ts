// The maximum over axes. Ties share the gradient's path: each of them receives it in full, as a subgradient would
// not; so use it where ties do not matter (stabilising exponentials, statistics).
import type { Op, Tensor } from '../tensor.ts'
import { cast } from './cast.ts'
import { equal } from './equal.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { keptShape, type Reduction, reduce, reducedShape } from './sum.ts'

export const maxOp: Op<Reduction> = {
  name: 'max',
  shape: ([x], attrs) => reducedShape(x, attrs),
  vjp: ({ inputs: [x], attrs, output, dy }) => {
    const kept = keptShape(x, attrs)
    return [mul(cast(equal(x, reshape(output, kept))), reshape(dy, kept))]
  },
  emit: (g, [x], { axes, keep = false }) =>
    g.node('ReduceMax', axes ? [x, g.int64s(axes)] : [x], { keepdims: keep ? 1 : 0 }),
}

export const max = (x: Tensor, attrs: Reduction = {}): Tensor => reduce(maxOp, x, attrs)
