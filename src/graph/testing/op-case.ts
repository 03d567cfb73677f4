// What a row of the op contract suite says about an op, and how a row is run. A case builds a small graph around the
// op and states its value entry by entry in plain float64 arithmetic, which shares nothing with the engine.
import { type Random, seeded, stream } from '../../random/index.ts'
import type { HostTensor, Session } from '../../runtime/index.ts'
import {
  type DType,
  type EmitOptions,
  emit,
  gradients,
  input,
  mul,
  type Precision,
  sum,
} from '../index.ts'
import { arrayTypes, type ElementType } from '../onnx.ts'
import { type Dim, factors, type Shape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'

export type Bindings = Readonly<Record<string, number>>

/** An operand in a reference: its entry at an index, axes counted from the back and stretched where it has size 1. */
export interface Operand {
  (index: readonly number[]): number
  dims: readonly number[]
}

export interface OpInput {
  shape: Shape
  /** float unless said */
  dtype?: DType
  /** uniform values in this range; [-2, 2] unless said */
  range?: readonly [number, number]
  /** values by entry, instead of a range */
  fill?: (entry: number, bindings: Bindings, uniform: () => number) => number
}

export interface OpCase {
  /** what is special about it */
  says: string
  inputs: Readonly<Record<string, OpInput>>
  build: (inputs: Readonly<Record<string, Tensor>>) => Tensor
  /** the value at an index of the output */
  value: (operands: Readonly<Record<string, Operand>>, index: readonly number[]) => number
  /** sizes of the symbols, one session for all; otherwise those of `everywhere` */
  bindings?: readonly Bindings[]
  /** false where the op has no derivative: integers, conditions */
  smooth?: boolean
}

/** Batches, lengths and rows a graph must serve, 1 among them. */
export const everywhere: readonly Bindings[] = [
  { B: 2, L: 3, R: 4 },
  { B: 1, L: 1, R: 1 },
  { B: 3, L: 5, R: 2 },
]

export const sizeOf = (dim: Dim, bindings: Bindings): number => {
  const [coefficient, symbols] = factors(dim)
  return symbols.reduce((product, symbol) => product * bindings[symbol], coefficient)
}

export const dimsOf = (shape: Shape, bindings: Bindings): number[] =>
  shape.map((dim) => sizeOf(dim, bindings))

export const countOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1)

/** float64 numbers in a shape */
export interface Values {
  data: Float64Array
  dims: number[]
}

/** Values of every input of a case: float64 arrays of numbers that float32 holds too, so that both see the same. */
export function valuesOf(
  inputs: OpCase['inputs'],
  bindings: Bindings,
  random: Random,
): Record<string, Values> {
  const uniform = stream(random, 'init')
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, range = [-2, 2], fill }]) => {
      const dims = dimsOf(shape, bindings)
      const [low, high] = range
      const data = Float64Array.from({ length: countOf(dims) }, (_, entry) =>
        fill ? fill(entry, bindings, uniform) : Math.fround(low + (high - low) * uniform()),
      )
      return [name, { data, dims }]
    }),
  )
}

export const hostTensor = (
  type: ElementType,
  data: ArrayLike<number>,
  dims: readonly number[],
): HostTensor => ({ data: arrayTypes[type as keyof typeof arrayTypes].from(data), dims })

export function operand(data: ArrayLike<number>, dims: readonly number[]): Operand {
  const at = (index: readonly number[]): number => {
    const skipped = index.length - dims.length
    return data[
      dims.reduce((flat, dim, axis) => flat * dim + (dim === 1 ? 0 : index[skipped + axis]), 0)
    ]
  }
  return Object.assign(at, { dims })
}

/** Every index of a shape, in row-major order. */
export function* indices(dims: readonly number[]): Generator<number[]> {
  for (let entry = 0; entry < countOf(dims); entry++) {
    const index: number[] = []
    let rest = entry
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis] = rest % dims[axis]
      rest = Math.floor(rest / dims[axis])
    }
    yield index
  }
}

/** Names of the inputs a gradient is taken for. */
export const floatsOf = ({ inputs, smooth = true }: OpCase): string[] =>
  smooth ? Object.keys(inputs).filter((name) => (inputs[name].dtype ?? 'float') === 'float') : []

export const graphOf = ({ inputs, build }: OpCase): Record<string, Tensor> => {
  const leaves = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype = 'float' }]) => [
      name,
      input(name, dtype, shape),
    ]),
  )
  return { ...leaves, output: build(leaves) }
}

/** The output and, for Σ direction ∘ output, the gradient of every float input, as one graph. */
export function emitCase(row: OpCase, precision: Precision, decomposed: EmitOptions['decomposed']) {
  const { output, ...leaves } = graphOf(row)
  const names = floatsOf(row)
  if (names.length === 0) return emit({ output }, { precision, decomposed })
  const direction = input('direction', 'float', output.shape)
  const slopes = gradients(
    sum(mul(output, direction)),
    names.map((name) => leaves[name]),
  )
  const outputs = Object.fromEntries(names.map((name, i) => [`grad.${name}`, slopes[i]]))
  return emit({ output, ...outputs }, { precision, decomposed })
}

/** Runs a session on float64 values, converted to what its inputs take. */
export function runCase(
  session: Session,
  values: Readonly<Record<string, { data: ArrayLike<number>; dims: readonly number[] }>>,
): Promise<Record<string, HostTensor>> {
  return session.run(
    Object.fromEntries(
      session.inputs.map(({ name, type }) => [
        name,
        hostTensor(type, values[name].data, values[name].dims),
      ]),
    ),
  )
}

/** Largest difference of two arrays, relative to the largest value, or absolute where all are small. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [largest, apart] = [1, 0]
  for (let i = 0; i < a.length; i++) {
    // two infinities or two NaN are no agreement either
    const difference = Math.abs(a[i] - b[i])
    apart = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(apart, difference)
    largest = Math.max(largest, Math.abs(a[i]), Math.abs(b[i]))
  }
  return apart / largest
}

/** With a direction for `emitCase`. */
export const directed = (
  values: Readonly<Record<string, Values>>,
  dims: number[],
  seed: number,
): Record<string, Values> => {
  const uniform = stream(seeded(seed), 'data')
  const data = Float64Array.from({ length: countOf(dims) }, () => Math.fround(2 * uniform() - 1))
  return { ...values, direction: { data, dims } }
}
