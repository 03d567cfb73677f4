// A symbolic tensor: what it is, from what, with which shape. Tensors are frozen nodes of a graph that is only
// ever added to; nothing is computed here.
import { UnfogError } from '../error/index.ts'
import type { Emitter } from './emit.ts'
import type { Shape } from './shape.ts'
import { show } from './shape.ts'

/** 'float' is float32 or float64 as the emission asks; the bytes are those of quantised weights. */
export type DType = 'float' | 'int32' | 'bool' | 'int8' | 'uint8'

export interface Tensor {
  readonly op: Op<unknown>
  readonly inputs: readonly Tensor[]
  readonly attrs: unknown
  readonly shape: Shape
  readonly dtype: DType
  /** where the tensor stands in the model: `block.3.attn.q` */
  readonly name: string
}

export interface Typed {
  shape: Shape
  dtype: DType
}

export interface Backward<A> {
  inputs: readonly Tensor[]
  attrs: A
  output: Tensor
  /** gradient of the loss with respect to the output */
  dy: Tensor
}

/** One row of the op table. `emit` writes ONNX nodes; `lower` says the same in smaller ops. An op that has both is
 * a fused form: `lower` is its meaning, and what float64 runs where the fused kernel has no float64. */
export interface Op<A> {
  readonly name: string
  /** @throws UnfogError `bad_shape` */
  shape(inputs: readonly Tensor[], attrs: A): Shape | Typed
  /** One gradient per input; undefined where none flows (integers, conditions). */
  vjp?(context: Backward<A>): (Tensor | undefined)[]
  emit?(g: Emitter, inputs: readonly string[], attrs: A, node: Tensor): string
  lower?(inputs: readonly Tensor[], attrs: A): Tensor
}

let scope = ''

/** Names everything made inside `make` below `name`. */
export function named<T>(name: string, make: () => T): T {
  const outer = scope
  scope = outer ? `${outer}.${name}` : name
  try {
    return make()
  } finally {
    scope = outer
  }
}

/** As `named`, from the root: for gradients, which belong to the place of their forward node. */
export function namedFromRoot<T>(name: string, make: () => T): T {
  const outer = scope
  scope = name
  try {
    return make()
  } finally {
    scope = outer
  }
}

/** Adds a node to the graph. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const typed = op.shape(inputs, attrs)
  const { shape, dtype } = 'dtype' in typed ? typed : { shape: typed, dtype: 'float' as const }
  return Object.freeze({
    op: op as Op<unknown>,
    inputs,
    attrs,
    shape,
    dtype,
    name: scope ? `${scope}.${op.name}` : op.name,
  })
}

/** The same tensor under the name of the scope alone: `named('q', () => label(x))` is `….q`. */
export const label = (tensor: Tensor, name?: string): Tensor =>
  Object.freeze({ ...tensor, name: [scope, name].filter(Boolean).join('.') || tensor.name })

const leaf = (name: string): Op<unknown> => ({
  name,
  shape: () => [],
})
export const inputOp = leaf('input')
export const parameterOp = leaf('parameter')

/** A value fed at every run. */
export const input = (name: string, dtype: DType, shape: Shape): Tensor =>
  Object.freeze({ op: inputOp, inputs: [], attrs: undefined, shape, dtype, name })

/** A learnt value: fed while training, part of the graph while generating. */
export const parameter = (name: string, shape: readonly number[], dtype: DType = 'float'): Tensor =>
  Object.freeze({ op: parameterOp, inputs: [], attrs: undefined, shape, dtype, name })

/** Everything `roots` depend on, inputs before users. */
export function topological(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = []
  const seen = new Set<Tensor>()
  const stack: [Tensor, number][] = []
  for (const root of roots) {
    if (seen.has(root)) continue
    seen.add(root)
    stack.push([root, 0])
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      const [tensor, next] = top
      if (next === tensor.inputs.length) {
        order.push(tensor)
        stack.pop()
      } else {
        top[1]++
        const child = tensor.inputs[next]
        if (!seen.has(child)) {
          seen.add(child)
          stack.push([child, 0])
        }
      }
    }
  }
  return order
}

/** @throws UnfogError `bad_shape` unless the tensor is of that type */
export function expectType(tensor: Tensor, dtype: DType, where: string): void {
  if (tensor.dtype !== dtype) {
    throw new UnfogError(
      'bad_shape',
      `${where} needs ${dtype} values and got ${tensor.dtype} ${show(tensor.shape)} (${tensor.name})`,
    )
  }
}
