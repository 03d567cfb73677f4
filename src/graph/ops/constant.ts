// Constants: a number, a table, or a shape filled with one value.
import type { Shape } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'

export const constantOp: Op<{ values: ArrayLike<number>; dims: readonly number[] }> = {
  name: 'constant',
  shape: (_, { dims }) => dims,
  emit: (g, _, { values, dims }) => g.floats(values, dims),
}

/** A table of numbers. */
export const constant = (
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): Tensor => apply(constantOp, [], { values, dims })

/** One number, broadcast against anything. */
export const scalar = (value: number): Tensor => constant([value], [])

export const fillOp: Op<{ value: number; shape: Shape }> = {
  name: 'fill',
  shape: (_, { shape }) => shape,
  emit: (g, _, { value, shape }) =>
    shape.length === 0 ? g.scalar(value) : g.node('Expand', [g.scalar(value), g.shape(shape)]),
}

export const fill = (value: number, shape: Shape): Tensor => apply(fillOp, [], { value, shape })
export const zeros = (shape: Shape): Tensor => fill(0, shape)
export const ones = (shape: Shape): Tensor => fill(1, shape)
