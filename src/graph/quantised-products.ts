// A network as it is with quantised weights: the same graph, in which products with such parameters, and rows taken from
// them, read bytes and scales instead of floats. Networks are written once, in floats, and do not know of this.
import { UnfogError } from '../error/index.ts'
import { cast } from './ops/cast.ts'
import { gather, gatherOp } from './ops/gather.ts'
import { int4Block, int4Matmul } from './ops/int4-matmul.ts'
import { int8Matmul } from './ops/int8-matmul.ts'
import { matmulOp, type Product } from './ops/matmul.ts'
import { mul } from './ops/mul.ts'
import { reshape } from './ops/reshape.ts'
import { transpose } from './ops/transpose.ts'
import { unpackInt4 } from './ops/unpack-int4.ts'
import { namedFromRoot, parameter, parameterOp, type Tensor, topological } from './tensor.ts'

/** A parameter by name, each made once. */
type Parameters = typeof parameter

interface Form {
  /** x · W, or x · Wᵀ for a matrix whose scales are those of its rows */
  product(get: Parameters, x: Tensor, weight: Tensor, byRows: boolean): Tensor
  /** rows of W, [..., columns] */
  rows(get: Parameters, weight: Tensor, ids: Tensor): Tensor
}

const int8 = (get: Parameters, { name, shape }: Tensor, channels: number) => ({
  bytes: get(name, shape as number[], 'int8'),
  scale: get(`${name}.scale`, [channels]),
})

const int4 = (get: Parameters, { name }: Tensor, channels: number, inner: number) => {
  const blocks = Math.ceil(inner / int4Block)
  return {
    bytes: get(name, [channels, blocks, int4Block / 2], 'uint8'),
    scale: get(`${name}.scale`, [channels, blocks]),
  }
}

const forms = {
  int8: {
    product(get, x, weight, byRows) {
      const [rows, columns] = weight.shape as number[]
      const { bytes, scale } = int8(get, weight, byRows ? rows : columns)
      return int8Matmul(x, byRows ? transpose(bytes, [1, 0]) : bytes, scale)
    },
    rows(get, weight, ids) {
      const [rows] = weight.shape as number[]
      const { bytes, scale } = int8(get, weight, rows)
      return mul(cast(gather(bytes, ids)), gather(reshape(scale, [rows, 1]), ids))
    },
  },
  int4: {
    product(get, x, weight, byRows) {
      const [rows, columns] = weight.shape as number[]
      const { bytes, scale } = byRows
        ? int4(get, weight, rows, columns)
        : int4(get, weight, columns, rows)
      return int4Matmul(x, bytes, scale)
    },
    rows(get, weight, ids) {
      const [rows, columns] = weight.shape as number[]
      const { bytes, scale } = int4(get, weight, rows, columns)
      const [, blocks, size] = bytes.shape as number[]
      const taken = gather(reshape(bytes, [rows, blocks * size]), ids)
      const blocked = reshape(taken, [...ids.shape, blocks, size])
      return unpackInt4(blocked, gather(scale, ids), columns)
    },
  },
} satisfies Record<string, Form>

export type QuantisedForm = keyof typeof forms

/** The same outputs, computed from quantised parameters: `name` in bytes, its scales as `name.scale`.
 * @param quantised parameter → how its bytes are laid: int8 [K, N] with a scale per column, or per row where rows are
 * taken from it; int4 as `int4Matmul` and `unpackInt4` have it
 * @throws UnfogError `internal` when such a parameter is used otherwise */
export function quantisedProducts(
  outputs: Readonly<Record<string, Tensor>>,
  quantised: ReadonlyMap<string, QuantisedForm>,
): Record<string, Tensor> {
  if (quantised.size === 0) return { ...outputs }
  const replaced = new Map<Tensor, Tensor>()
  const made = new Map<string, Tensor>()
  const get: Parameters = (name, ...about) => {
    const tensor = made.get(name) ?? parameter(name, ...about)
    made.set(name, tensor)
    return tensor
  }
  for (const tensor of topological(Object.values(outputs))) {
    const inputs = tensor.inputs.map((input) => replaced.get(input) ?? input)
    const changed = inputs.some((input, i) => input !== tensor.inputs[i])
    const weight = inputs.find(({ op, name }) => op === parameterOp && quantised.has(name))
    if (weight) {
      const form = forms[quantised.get(weight.name)!]
      replaced.set(tensor, inPlaceOf(get, tensor, inputs, weight, form))
    } else if (changed) replaced.set(tensor, Object.freeze({ ...tensor, inputs }))
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, replaced.get(tensor) ?? tensor]),
  )
}

function inPlaceOf(
  get: Parameters,
  { op, attrs, name }: Tensor,
  inputs: readonly Tensor[],
  weight: Tensor,
  { product, rows }: Form,
): Tensor {
  return namedFromRoot(name, () => {
    const kind = op as unknown
    if (kind === gatherOp && inputs[0] === weight) return rows(get, weight, inputs[1])
    const { transposeA, transposeB = false, alpha = 1 } = (attrs ?? {}) as Product
    if (kind === matmulOp && inputs[1] === weight && !transposeA && alpha === 1) {
      return product(get, inputs[0], weight, transposeB)
    }
    throw new UnfogError('internal', `${name} cannot read the quantised ${weight.name}`)
  })
}
