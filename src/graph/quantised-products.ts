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

interface Form {
  /** x · W, or x · Wᵀ for a matrix whose scales are those of its rows */
  product(x: Tensor, weight: Tensor, byRows: boolean): Tensor
  /** rows of W, [..., columns] */
  rows(weight: Tensor, ids: Tensor): Tensor
}

const scaleOf = ({ name }: Tensor, shape: readonly number[]) => parameter(`${name}.scale`, shape)

const int8 = ({ name, shape }: Tensor) => parameter(name, shape as number[], 'int8')

const int4 = ({ name }: Tensor, channels: number, inner: number) => {
  const blocks = Math.ceil(inner / int4Block)
  return {
    bytes: parameter(name, [channels, blocks, int4Block / 2], 'uint8'),
    scale: parameter(`${name}.scale`, [channels, blocks]),
  }
}

const forms = {
  int8: {
    product(x, weight, byRows) {
      const [rows, columns] = weight.shape as number[]
      return byRows
        ? int8Matmul(x, transpose(int8(weight), [1, 0]), scaleOf(weight, [rows]))
        : int8Matmul(x, int8(weight), scaleOf(weight, [columns]))
    },
    rows(weight, ids) {
      const [rows] = weight.shape as number[]
      const scale = gather(reshape(scaleOf(weight, [rows]), [rows, 1]), ids)
      return mul(cast(gather(int8(weight), ids)), scale)
    },
  },
  int4: {
    product(x, weight, byRows) {
      const [rows, columns] = weight.shape as number[]
      const { bytes, scale } = byRows ? int4(weight, rows, columns) : int4(weight, columns, rows)
      return int4Matmul(x, bytes, scale)
    },
    rows(weight, ids) {
      const [rows, columns] = weight.shape as number[]
      const { bytes, scale } = int4(weight, rows, columns)
      const [, blocks, size] = bytes.shape as number[]
      const taken = gather(reshape(bytes, [rows, blocks * size]), ids)
      return unpackInt4(reshape(taken, [...ids.shape, blocks, size]), gather(scale, ids), columns)
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
  for (const tensor of topological(Object.values(outputs))) {
    const inputs = tensor.inputs.map((input) => replaced.get(input) ?? input)
    const changed = inputs.some((input, i) => input !== tensor.inputs[i])
    const weight = inputs.find(({ op, name }) => op === parameterOp && quantised.has(name))
    if (weight) replaced.set(tensor, inPlaceOf(tensor, inputs, weight, quantised.get(weight.name)!))
    else if (changed) replaced.set(tensor, Object.freeze({ ...tensor, inputs }))
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, replaced.get(tensor) ?? tensor]),
  )
}

function inPlaceOf(
  { op, attrs, name }: Tensor,
  inputs: readonly Tensor[],
  weight: Tensor,
  form: QuantisedForm,
): Tensor {
  const { product, rows } = forms[form]
  return namedFromRoot(name, () => {
    const kind = op as unknown
    if (kind === gatherOp && inputs[0] === weight) return rows(weight, inputs[1])
    const { transposeA, transposeB = false, alpha = 1 } = (attrs ?? {}) as Product
    if (kind === matmulOp && inputs[1] === weight && !transposeA && alpha === 1) {
      return product(inputs[0], weight, transposeB)
    }
    throw new UnfogError('internal', `${name} cannot read the quantised ${weight.name}`)
  })
}
