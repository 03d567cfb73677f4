// Σ over axes.
import { axisOf, broadcast, type Shape, sameShape, stretched } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { reshape } from './reshape.ts'

export interface Reduction {
  /** all axes when absent */
  axes?: readonly number[]
  /** keep reduced axes with size 1 */
  keep?: boolean
}

const reduced = (rank: number, axes: Reduction['axes']): number[] =>
  axes ? axes.map((axis) => axisOf(axis, rank)) : Array.from({ length: rank }, (_, i) => i)

/** Shape after a reduction: shared by every reduction. */
export function reducedShape(x: Tensor, { axes, keep }: Reduction): Shape {
  expectType(x, 'float', 'a reduction')
  const gone = new Set(reduced(x.shape.length, axes))
  return x.shape.flatMap((dim, i) => (gone.has(i) ? (keep ? [1] : []) : [dim]))
}

/** A reduction's output, its axes put back with size 1, so that it broadcasts against the input. */
export const keptShape = (x: Tensor, { axes }: Reduction): Shape =>
  reducedShape(x, { axes, keep: true })

/** The sum as one kernel. */
const plainSumOp: Op<Reduction> = {
  name: 'sum',
  shape: ([x], attrs) => reducedShape(x, attrs),
  vjp: ({ inputs: [x], attrs, dy }) => [broadcastTo(reshape(dy, keptShape(x, attrs)), x.shape)],
  emit: (g, [x], { axes, keep = false }, node) => {
    const list = reduced(node.inputs[0].shape.length, axes)
    return g.node('ReduceSum', [x, g.int64s(list)], { keepdims: keep ? 1 : 0 })
  },
}

export const sumOp: Op<Reduction> = {
  ...plainSumOp,
  // axis by axis: a kernel that gives every result one group of threads is slow where few results sum up many rows
  lower: ([x], { axes, keep }) => {
    const list = reduced(x.shape.length, axes).sort((a, b) => b - a)
    return list.reduce((rest, axis) => apply(plainSumOp, [rest], { axes: [axis], keep }), x)
  },
}

/** A reduction over a list of no axes is the tensor itself; ONNX would reduce everything. */
export const reduce = (op: Op<Reduction>, x: Tensor, attrs: Reduction): Tensor =>
  attrs.axes?.length === 0 ? x : apply(op, [x], attrs)

export const sum = (x: Tensor, attrs: Reduction = {}): Tensor => reduce(sumOp, x, attrs)

/** Undoes broadcasting: sums a gradient down to the shape it came from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  broadcast(shape, x.shape) // says so when the shapes do not fit
  const axes = stretched(shape, x.shape)
  const summed = axes.length > 0 ? sum(x, { axes, keep: true }) : x
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape)
}
