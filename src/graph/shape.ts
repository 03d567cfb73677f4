// Shapes with symbols. A dimension is a number or a product of symbols such as 'B' or '4*B*L', so that one graph
// serves every batch and length. Only products are needed: nothing here ever adds two symbols.
import { UnfogError } from '../error/index.ts'

export type Dim = number | string
export type Shape = readonly Dim[]

interface Monomial {
  coefficient: number
  symbols: string[]
}

function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { coefficient: dim, symbols: [] }
  const parts = dim.split('*')
  const first = Number(parts[0])
  return Number.isNaN(first)
    ? { coefficient: 1, symbols: parts }
    : { coefficient: first, symbols: parts.slice(1) }
}

function format({ coefficient, symbols }: Monomial): Dim {
  if (symbols.length === 0 || coefficient === 0) return coefficient
  const product = [...symbols].sort().join('*')
  return coefficient === 1 ? product : `${coefficient}*${product}`
}

export function multiply(...dims: Dim[]): Dim {
  const factors = dims.map(parse)
  return format({
    coefficient: factors.reduce((product, { coefficient }) => product * coefficient, 1),
    symbols: factors.flatMap(({ symbols }) => symbols),
  })
}

/** The coefficient and symbols of a dimension: 4*B*L → [4, ['B', 'L']]. */
export function factors(dim: Dim): [number, string[]] {
  const { coefficient, symbols } = parse(dim)
  return [coefficient, symbols]
}

export const count = (shape: Shape): Dim => multiply(1, ...shape)

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i])

/** Sum of two dimensions, where it stays a product: numbers, or multiples of the same symbols. */
export function addDims(a: Dim, b: Dim): Dim {
  const left = parse(a)
  const right = parse(b)
  if (left.symbols.join() !== right.symbols.join()) {
    throw new UnfogError('bad_shape', `cannot join dimensions ${a} and ${b}: their sum has no name`)
  }
  return format({ coefficient: left.coefficient + right.coefficient, symbols: left.symbols })
}

/** Shape of two tensors broadcast against each other, as NumPy does it.
 * @throws UnfogError `bad_shape` */
export function broadcast(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1
    const right = b[b.length - rank + i] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw new UnfogError('bad_shape', `shapes ${show(a)} and ${show(b)} do not fit each other`)
  })
}

/** The axes that broadcasting `from` to `to` has stretched, as axes of `to`. */
export function stretched(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length
  return to.flatMap((dim, i) => (i < lead || (from[i - lead] === 1 && dim !== 1) ? [i] : []))
}

/** An axis counted from the front.
 * @throws UnfogError `bad_shape` when it is outside the rank */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new UnfogError('bad_shape', `axis ${axis} is outside a tensor of rank ${rank}`)
  }
  return positive
}

export const show = (shape: Shape): string => `[${shape.join(', ')}]`
