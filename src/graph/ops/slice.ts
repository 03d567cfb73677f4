// A part of one axis: entries start … end-1.
import { UnfogError } from '../../error/index.ts'
import { axisOf, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { pad } from './pad.ts'

export interface Slice {
  axis: number
  start: number
  end: number
}

export const sliceOp: Op<Slice> = {
  name: 'slice',
  shape: ([x], { axis, start, end }) => {
    const at = axisOf(axis, x.shape.length)
    const size = x.shape[at]
    if (start < 0 || start >= end || (typeof size === 'number' && end > size)) {
      throw new UnfogError(
        'bad_shape',
        `${start}…${end} is no part of axis ${axis} of ${show(x.shape)}`,
      )
    }
    return { shape: x.shape.map((dim, i) => (i === at ? end - start : dim)), dtype: x.dtype }
  },
  vjp: ({ inputs: [x], attrs: { axis, start }, dy }) => [pad(dy, { axis, start, shape: x.shape })],
  emit: (g, [x], { axis, start, end }) =>
    g.node('Slice', [x, g.int64s([start]), g.int64s([end]), g.int64s([axis])]),
}

export const slice = (x: Tensor, attrs: Slice): Tensor => apply(sliceOp, [x], attrs)
