// Do the arrays given to a session fit its graph? Checked before the runtime sees them, on every device in the same
// words: a runtime would speak of the node that failed first, or read beyond an array's end.
import { UnfogError } from '../error/index.ts'
import type { EmittedGraph } from '../graph/index.ts'
import { arrayTypes } from '../graph/onnx.ts'
import { type Dim, factors, show } from '../graph/shape.ts'
import type { HostData, HostTensor } from './device.ts'

type Declared = EmittedGraph['inputs'][number]
/** what a symbol stands for in this run, and which input says so */
type Sizes = Map<string, { size: number; by: string }>

/** The element type that an array holds; of the two that lie in a Uint8Array the first. */
const typeOf = (data: HostData): keyof typeof arrayTypes =>
  (Object.keys(arrayTypes) as (keyof typeof arrayTypes)[]).find(
    (type) => data instanceof arrayTypes[type],
  )!

/** The size of a dimension in this run; undefined where a symbol is not known. */
function sizeOf(dim: Dim, sizes: Sizes): number | undefined {
  const [coefficient, symbols] = factors(dim)
  const known = symbols.map((symbol) => sizes.get(symbol)?.size)
  return known.some((size) => size === undefined)
    ? undefined
    : known.reduce<number>((product, size) => product * size!, coefficient)
}

function learn({ name, shape }: Declared, { dims }: HostTensor, sizes: Sizes): void {
  shape.forEach((dim, axis) => {
    const [coefficient, symbols] = factors(dim)
    const alone = coefficient === 1 && symbols.length === 1
    if (alone && dims[axis] !== undefined && !sizes.has(symbols[0])) {
      sizes.set(symbols[0], { size: dims[axis], by: name })
    }
  })
}

/** Why each symbol of a shape has its size: `, where x makes B 2`. */
function reasons(name: string, shape: Declared['shape'], sizes: Sizes): string {
  const symbols = [...new Set(shape.flatMap((dim) => factors(dim)[1]))]
  const said = symbols.flatMap((symbol) => {
    const known = sizes.get(symbol)
    return known && known.by !== name ? [`${known.by} makes ${symbol} ${known.size}`] : []
  })
  return said.length > 0 ? `, where ${said.join(' and ')}` : ''
}

function check(kind: string, declared: Declared, { data, dims }: HostTensor, sizes: Sizes): void {
  const { name, type, shape } = declared
  if (!(data instanceof arrayTypes[type as keyof typeof arrayTypes])) {
    throw new UnfogError('bad_shape', `${kind} ${name} is ${typeOf(data)} and must be ${type}`)
  }
  const fits =
    shape.length === dims.length &&
    shape.every((dim, axis) => (sizeOf(dim, sizes) ?? dims[axis]) === dims[axis])
  if (!fits) {
    const why = reasons(name, shape, sizes)
    throw new UnfogError(
      'bad_shape',
      `${kind} ${name} has shape ${show(dims)} and must have ${show(shape)}${why}`,
    )
  }
  const size = dims.reduce((product, dim) => product * dim, 1)
  if (data.length !== size) {
    throw new UnfogError(
      'bad_shape',
      `${kind} ${name} has ${data.length} values where ${show(dims)} needs ${size}`,
    )
  }
}

/** Holds what a run is given against what its graph declares.
 * @throws UnfogError `bad_shape` when an input is missing, or anything has another type or shape */
export function admit(
  graph: Pick<EmittedGraph, 'inputs' | 'outputs'>,
  inputs: Readonly<Record<string, HostTensor>>,
  preallocated: Readonly<Record<string, HostTensor>>,
): void {
  const sizes: Sizes = new Map()
  for (const declared of graph.inputs) {
    const given = inputs[declared.name]
    if (!given) throw new UnfogError('bad_shape', `input ${declared.name} is missing`)
    learn(declared, given, sizes)
  }
  for (const declared of graph.inputs) check('input', declared, inputs[declared.name], sizes)
  for (const declared of graph.outputs) {
    const given = preallocated[declared.name]
    if (given) check('output', declared, given, sizes)
  }
}
