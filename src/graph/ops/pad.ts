// Zeros around a part: the gradient of a slice. (Gradients of neighbouring slices become one concatenation, see
// gradients.ts.)
import { UnfogError } from '../../error/index.ts'
import { axisOf, type Shape, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { slice } from './slice.ts'

export interface Padding {
  axis: number
  start: number
  /** shape of the whole */
  shape: Shape
}

export const padOp: Op<Padding> = {
  name: 'pad',
  shape: ([x], { axis, start, shape }) => {
    const at = axisOf(axis, shape.length)
    const [part, whole] = [x.shape[at], shape[at]]
    const numbers = typeof part === 'number' && typeof whole === 'number'
    const beside = x.shape.some((dim, i) => i !== at && dim !== shape[i])
    if (x.shape.length !== shape.length || beside || (numbers && start + part > whole)) {
      throw new UnfogError(
        'bad_shape',
        `${show(x.shape)} from ${start} on axis ${axis} is no part of ${show(shape)}`,
      )
    }
    return shape
  },
  vjp: ({ inputs: [x], attrs: { axis, start }, dy }) => {
    const size = x.shape[axisOf(axis, x.shape.length)] as number
    return [slice(dy, { axis, start, end: start + size })]
  },
  emit: (g, [x], { axis, start, shape }, node) => {
    const rank = shape.length
    const at = axisOf(axis, rank)
    const part = node.inputs[0].shape[at]
    const before = Array.from({ length: rank }, (_, i) => (i === at ? start : 0))
    const zeros = g.int64s(new Array(rank).fill(0))
    // what is missing behind = whole - part - before, computed in the graph where the whole is symbolic
    const behind = g.node('Sub', [
      g.node('Sub', [g.shape(shape), g.shape(shape.map((dim, i) => (i === at ? part : dim)))]),
      g.int64s(before),
    ])
    const amounts = g.node('Concat', [start > 0 ? g.int64s(before) : zeros, behind], { axis: 0 })
    return g.node('Pad', [x, amounts])
  },
}

export const pad = Object.assign((x: Tensor, attrs: Padding): Tensor => apply(padOp, [x], attrs), {
  op: padOp as Op<unknown>,
})
