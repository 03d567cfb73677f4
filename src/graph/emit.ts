// From symbolic tensors to an ONNX file. Names come from the model (`block.3.attn.q`), equal nodes become one, and
// the same graph gives the same bytes every time.
import { UnfogError } from '../error/index.ts'
import {
  type Attribute,
  arrayTypes,
  type ElementType,
  encodeOnnx,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './onnx.ts'
import { type Dim, factors, type Shape, show } from './shape.ts'
import { inputOp, namedFromRoot, parameterOp, type Tensor, topological } from './tensor.ts'

export type Precision = 'float32' | 'float64'

/** Values of a parameter: floats, or the bytes of quantised ones. */
export type WeightData = Float32Array | Float64Array | Int8Array | Uint8Array

export interface EmitOptions {
  /** what 'float' means; float64 is for exact laws and gradient checks */
  precision?: Precision
  /** values of parameters that become part of the graph; the others are inputs */
  weights?: ReadonlyMap<string, WeightData>
  /** write fused ops, or those of these names, by their meaning (`lower`) instead of their fused kernel */
  decomposed?: boolean | readonly string[]
}

export interface EmittedGraph {
  precision: Precision
  bytes: Uint8Array<ArrayBuffer>
  inputs: { name: string; type: ElementType; shape: Shape }[]
  outputs: { name: string; type: ElementType; shape: Shape }[]
  nodes: number
}

type Data = { type: ElementType; dims: readonly number[]; data: Uint8Array }

/** FNV-1a twice, with different offsets: 64 bits, enough to tell the few tables of a graph apart. */
function hash(data: Uint8Array): string {
  let a = 0x811c9dc5
  let b = 0x050c5d1f
  for (const byte of data) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x01000193) + 0x9e3779b9
  }
  return `${a >>> 0}.${b >>> 0}`
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** What an op's `emit` writes with. */
export class Emitter {
  readonly precision: Precision
  private readonly nodes: OnnxNode[] = []
  private readonly initializers: OnnxTensor[] = []
  private readonly made = new Map<string, readonly string[]>()
  /** names in use, and the ordinal that the next of the same name would try */
  private readonly taken = new Map<string, number>()
  private readonly symbols = new Map<string, { source: string; axis: number }>()
  private place = ''

  constructor(precision: Precision) {
    this.precision = precision
  }

  /** A node; an equal node made before is used again. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string {
    return this.outputs(type, inputs, attributes, domain, 1)[0]
  }

  /** A node with several outputs. */
  outputs(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    domain: string,
    count: number,
  ): readonly string[] {
    const key = `${count}${domain}:${type}(${inputs.join()})${JSON.stringify(attributes)}`
    const existing = this.made.get(key)
    if (existing) return existing
    const name = this.unique(`${this.place}/${type}`)
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`))
    this.nodes.push({ type, domain, name, inputs, outputs, attributes })
    this.made.set(key, outputs)
    return outputs
  }

  /** A constant in the emission's precision. */
  floats(values: ArrayLike<number>, dims: readonly number[] = [values.length]): string {
    const data =
      this.precision === 'float64' ? Float64Array.from(values) : Float32Array.from(values)
    return this.constant({ type: this.precision, dims, data: bytesOf(data) }, values)
  }

  scalar(value: number): string {
    return this.floats([value], [])
  }

  int64s(values: readonly number[], dims: readonly number[] = [values.length]): string {
    const data = bytesOf(BigInt64Array.from(values.map(BigInt)))
    return this.constant({ type: 'int64', dims, data }, values)
  }

  int32s(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant({ type: 'int32', dims, data: bytesOf(Int32Array.from(values)) }, values)
  }

  uint8s(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant({ type: 'uint8', dims, data: Uint8Array.from(values) }, values)
  }

  int8s(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant({ type: 'int8', dims, data: bytesOf(Int8Array.from(values)) }, values)
  }

  private constant(content: Data, values: ArrayLike<number>): string {
    const small = values.length <= 8
    // by its bytes: 0 and -0 are two constants
    const said = small ? content.data.join() : hash(content.data)
    const key = `constant:${content.type}${show(content.dims)}${said}`
    const existing = this.made.get(key)
    if (existing) return existing[0]
    const what = small ? Array.from(values).join(',') : `table${show(content.dims)}`
    const name = this.unique(`${content.type}(${what})`)
    this.initializers.push({ name, ...content })
    this.made.set(key, [name])
    return name
  }

  /** An int64 vector with the sizes of a shape, symbols read from the inputs that carry them. */
  shape(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.int64s(shape as number[])
    return this.shared(() =>
      this.node(
        'Concat',
        shape.map((dim) => this.dim(dim)),
        { axis: 0 },
      ),
    )
  }

  /** An int64 vector of one entry: the size of a dimension. */
  dim(dim: Dim): string {
    const [coefficient, symbols] = factors(dim)
    const sizes = symbols.map((symbol) => {
      const found = this.symbols.get(symbol)
      if (!found) throw new UnfogError('bad_shape', `no input carries the dimension ${symbol}`)
      const { source, axis } = found
      return this.shared(() => this.node('Shape', [source], { start: axis, end: axis + 1 }))
    })
    const parts =
      coefficient === 1 && sizes.length > 0 ? sizes : [this.int64s([coefficient]), ...sizes]
    return this.shared(() => parts.reduce((product, size) => this.node('Mul', [product, size])))
  }

  /** Nodes that belong to the graph, not to the place that happened to need them first. */
  shared<T>(make: () => T): T {
    const outer = this.place
    this.place = 'shared'
    try {
      return make()
    } finally {
      this.place = outer
    }
  }

  at<T>(place: string, make: () => T): T {
    this.place = place
    return make()
  }

  reserve(name: string): void {
    if (this.taken.has(name)) throw new UnfogError('internal', `two tensors are named ${name}`)
    this.taken.set(name, 2)
  }

  carry(name: string, shape: Shape): void {
    shape.forEach((dim, axis) => {
      const [coefficient, symbols] = factors(dim)
      if (coefficient !== 1 || symbols.length !== 1 || this.symbols.has(symbols[0])) return
      this.symbols.set(symbols[0], { source: name, axis })
    })
  }

  weight(name: string, type: ElementType, dims: readonly number[], values: WeightData): void {
    const size = dims.reduce((product, dim) => product * dim, 1)
    if (values.length !== size) {
      throw new UnfogError('bad_shape', `weight ${name} has ${values.length} values, not ${size}`)
    }
    const given = arrayTypes[type as 'float32' | 'float64' | 'int8' | 'uint8']
    const floats = values instanceof Float32Array || values instanceof Float64Array
    if (!(values instanceof given) && !(floats && type.startsWith('float'))) {
      const message = `weight ${name} is a ${values.constructor.name} and must hold ${type}`
      throw new UnfogError('bad_shape', message)
    }
    const data = values instanceof given ? values : given.from(values)
    this.initializers.push({ name, type, dims, data: bytesOf(data) })
  }

  /** The same value under a name the caller knows. */
  alias(from: string, to: string): void {
    this.nodes.push({
      type: 'Identity',
      domain: '',
      name: `${to}/output`,
      inputs: [from],
      outputs: [to],
      attributes: {},
    })
  }

  /** Lets a node write an output's name directly, so that no copy is made; false when it cannot. */
  rename(from: string, to: string): boolean {
    const node = this.nodes.find(({ outputs }) => outputs.includes(from))
    if (!node) return false
    node.outputs = node.outputs.map((name) => (name === from ? to : name))
    for (const user of this.nodes) {
      if (user.inputs.includes(from)) {
        user.inputs = user.inputs.map((name) => (name === from ? to : name))
      }
    }
    return true
  }

  finish(inputs: OnnxGraph['inputs'], outputs: OnnxGraph['outputs']): OnnxGraph {
    return { nodes: this.nodes, initializers: this.initializers, inputs, outputs }
  }

  private unique(name: string): string {
    // an ordinal among nodes of the same place and kind, in graph order: stable under changes elsewhere
    let ordinal = this.taken.get(name)
    let candidate = name
    if (ordinal) {
      do candidate = `${name}~${ordinal++}`
      while (this.taken.has(candidate))
      this.taken.set(name, ordinal)
    }
    this.taken.set(candidate, 2)
    return candidate
  }
}

/** Replaces ops by their meaning where the emission asks for it or no kernel exists. */
function lowered(
  roots: readonly Tensor[],
  decomposed: NonNullable<EmitOptions['decomposed']>,
): Tensor[] {
  const apart = ({ name, emit }: Tensor['op']): boolean =>
    !emit || (typeof decomposed === 'boolean' ? decomposed : decomposed.includes(name))
  const replaced = new Map<Tensor, Tensor>()
  const replace = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor
  const visit = (root: Tensor): Tensor => {
    for (const tensor of topological([root])) {
      if (replaced.has(tensor)) continue
      const inputs = tensor.inputs.map(replace)
      const changed = inputs.some((input, i) => input !== tensor.inputs[i])
      const { op, attrs } = tensor
      if (op.lower && apart(op)) {
        const meaning = namedFromRoot(tensor.name, () => op.lower!(inputs, attrs))
        replaced.set(tensor, visit({ ...meaning, name: tensor.name }))
      } else if (changed) {
        replaced.set(tensor, Object.freeze({ ...tensor, inputs }))
      } else {
        replaced.set(tensor, tensor)
      }
    }
    return replace(root)
  }
  return roots.map(visit)
}

/** Emits a graph as an ONNX model.
 * @param outputs name → tensor; the names are those of the session's outputs
 * @returns the file, and what it takes and gives
 * @throws UnfogError `bad_shape` when a symbol of a shape is carried by no input */
export function emit(
  outputs: Readonly<Record<string, Tensor>>,
  options: EmitOptions = {},
): EmittedGraph {
  const { precision = 'float32', weights, decomposed = precision === 'float64' } = options
  const g = new Emitter(precision)
  const types = {
    float: precision,
    int32: 'int32',
    bool: 'bool',
    int8: 'int8',
    uint8: 'uint8',
  } as const
  const roots = lowered(Object.values(outputs), decomposed)
  const order = topological(roots)
  const names = new Map<Tensor, string>()
  const inputs: EmittedGraph['inputs'] = []
  for (const name of Object.keys(outputs)) g.reserve(name)
  for (const tensor of order) {
    if (tensor.op !== inputOp && tensor.op !== parameterOp) continue
    const { name, shape } = tensor
    g.reserve(name)
    names.set(tensor, name)
    const values = tensor.op === parameterOp ? weights?.get(name) : undefined
    if (values) g.weight(name, types[tensor.dtype], shape as number[], values)
    else {
      g.carry(name, shape)
      inputs.push({ name, type: types[tensor.dtype], shape })
    }
  }
  for (const tensor of order) {
    if (names.has(tensor)) continue
    const { op, attrs } = tensor
    if (!op.emit) throw new UnfogError('internal', `op ${op.name} cannot be written`)
    const from = tensor.inputs.map((input) => names.get(input)!)
    names.set(
      tensor,
      g.at(tensor.name, () => op.emit!(g, from, attrs, tensor)),
    )
  }
  const used = new Map<string, string>()
  const results = Object.keys(outputs).map((name, i) => {
    const inner = names.get(roots[i])!
    const direct = used.get(inner) ?? inner
    if (used.has(inner) || !g.rename(inner, name)) g.alias(direct, name)
    else used.set(inner, name)
    return { name, type: types[roots[i].dtype], shape: roots[i].shape }
  })
  const graph = g.finish(inputs, results)
  return {
    precision,
    bytes: encodeOnnx(graph),
    inputs,
    outputs: results,
    nodes: graph.nodes.length,
  }
}
