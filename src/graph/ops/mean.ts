// The mean over axes.
import type { Op, Tensor } from '../tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { ones } from './constant.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { keptShape, type Reduction, reduce, reducedShape, sum } from './sum.ts'

export const meanOp: Op<Reduction> = {
  name: 'mean',
  shape: ([x], attrs) => reducedShape(x, attrs),
  vjp: ({ inputs: [x], attrs, dy }) => {
    // 1/n as a tensor, because n may be symbolic
    const share = div(ones(keptShape(x, attrs)), sum(ones(x.shape), { ...attrs, keep: true }))
    return [broadcastTo(mul(reshape(dy, keptShape(x, attrs)), share), x.shape)]
  },
  emit: (g, [x], { axes, keep = false }) =>
    g.node('ReduceMean', axes ? [x, g.int64s(axes)] : [x], { keepdims: keep ? 1 : 0 }),
}

export const mean = (x: Tensor, attrs: Reduction = {}): Tensor => reduce(meanOp, x, attrs)
