// The largest entries of the last axis, largest first, and where they stand; the lower index first among equals. How many
// is the length of a tensor, so one graph serves every number of them. They are what is read of a row, and have no
// gradient.
import type { Emitter } from '../emit.ts'
import { elementTypes } from '../onnx.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'

const shapeOf = ([x, ranks]: readonly Tensor[]) => {
  expectType(x, 'float', 'top-k')
  return [...x.shape.slice(0, -1), ranks.shape[0]]
}

/** One kernel gives both. */
const kernel = (g: Emitter, x: string, { inputs: [, ranks] }: Tensor): readonly string[] =>
  g.outputs('TopK', [x, g.dim(ranks.shape[0])], { axis: -1, largest: 1, sorted: 1 }, '', 2)

export const topValuesOp: Op<void> = {
  name: 'topValues',
  shape: shapeOf,
  emit: (g, [x], _, node) => kernel(g, x, node)[0],
}

export const topIdsOp: Op<void> = {
  name: 'topIds',
  shape: (inputs) => ({ shape: shapeOf(inputs), dtype: 'int32' }),
  emit: (g, [x], _, node) => g.node('Cast', [kernel(g, x, node)[1]], { to: elementTypes.int32 }),
}

/** @param x [..., V]  @param ranks [K], of which only the length counts, at most V  @returns [..., K] */
export const topValues = (x: Tensor, ranks: Tensor): Tensor =>
  apply(topValuesOp, [x, ranks], undefined)

/** @param x [..., V]  @param ranks [K], of which only the length counts, at most V  @returns [..., K] of int32 */
export const topIds = (x: Tensor, ranks: Tensor): Tensor => apply(topIdsOp, [x, ranks], undefined)
