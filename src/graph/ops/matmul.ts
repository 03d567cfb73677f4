// Matrix products over the last two axes, leading axes broadcast: alpha · op(a) · op(b).
import { UnfogError } from '../../error/index.ts'
import { broadcast, type Dim, factors, multiply, type Shape, show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { scalar } from './constant.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { sum, sumTo } from './sum.ts'
import { transpose } from './transpose.ts'

export interface Product {
  /** a is given transposed in its last two axes */
  transposeA?: boolean
  transposeB?: boolean
  /** factor on the product */
  alpha?: number
}

const matrix = (shape: Shape, transposed = false): [Dim, Dim] => {
  const [rows, columns] = shape.slice(-2)
  return transposed ? [columns, rows] : [rows, columns]
}

const swapLast = (x: Tensor): Tensor => {
  const rank = x.shape.length
  const order = Array.from({ length: rank }, (_, i) => i)
  return transpose(x, [...order.slice(0, -2), rank - 1, rank - 2])
}

/** [B·L, D] as [B, L, D]: of a weight gradient, which has few entries and sums up many rows, a kernel with a group of
 * threads for each entry makes B products, and not one long one by few threads. Undefined where the rows are one
 * symbol or a number. */
function inParts(x: Tensor): Tensor | undefined {
  if (x.shape.length !== 2) return undefined
  const [coefficient, [first, ...others]] = factors(x.shape[0])
  if (others.length === 0) return undefined
  return reshape(x, [first, multiply(coefficient, ...others), x.shape[1]])
}

export const matmulOp: Op<Product> = {
  name: 'matmul',
  shape: ([a, b], { transposeA, transposeB }) => {
    expectType(a, 'float', 'matmul')
    expectType(b, 'float', 'matmul')
    const [rows, inner] = a.shape.length < 2 ? [-1, -2] : matrix(a.shape, transposeA)
    const [inner2, columns] = b.shape.length < 2 ? [-3, -4] : matrix(b.shape, transposeB)
    if (inner !== inner2) {
      const turned = (on?: boolean) => (on ? 'ᵀ' : '')
      throw new UnfogError(
        'bad_shape',
        `matrices ${show(a.shape)}${turned(transposeA)} and ${show(b.shape)}${turned(transposeB)} do not fit`,
      )
    }
    return [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns]
  },
  vjp: ({ inputs: [a, b], attrs: { transposeA = false, transposeB = false, alpha }, dy }) => {
    const da = transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true, alpha })
      : matmul(dy, b, { transposeB: !transposeB, alpha })
    const db = transposeB
      ? matmul(dy, a, { transposeA: true, transposeB: transposeA, alpha })
      : matmul(a, dy, { transposeA: !transposeA, alpha })
    return [sumTo(da, a.shape), sumTo(db, b.shape)]
  },
  // onnxruntime's fused product reads either side transposed without a copy. Weight gradients (a transposed, both
  // plain matrices) are the exception: a transposed copy and a plain product are 10 % faster (measured).
  emit: (g, [a, b], { transposeA = false, transposeB = false, alpha = 1 }, node) => {
    const plain = node.inputs.every(({ shape }) => shape.length === 2)
    if (transposeA && plain && alpha === 1 && !transposeB) {
      return g.node('MatMul', [g.node('Transpose', [a], { perm: [1, 0] }), b])
    }
    if (!transposeA && !transposeB && alpha === 1) return g.node('MatMul', [a, b])
    const attributes = {
      transA: transposeA ? 1 : 0,
      transB: transposeB ? 1 : 0,
      alpha: { float: alpha },
    }
    return g.node('FusedMatMul', [a, b], attributes, 'com.microsoft')
  },
  lower: ([a, b], { transposeA, transposeB, alpha = 1 }) => {
    if (transposeA && !transposeB) {
      const [parts, items] = [a, b].map(inParts)
      if (parts && items) return sum(matmul(parts, items, { transposeA, alpha }), { axes: [0] })
    }
    if (!transposeA && !transposeB && alpha === 1) return apply(plainMatmulOp, [a, b], undefined)
    const left = transposeA ? swapLast(a) : a
    const right = transposeB ? swapLast(b) : b
    const product = apply(plainMatmulOp, [left, right], undefined)
    return alpha === 1 ? product : mul(product, scalar(alpha))
  },
}

/** The product without options: what every runtime has, in every precision. */
export const plainMatmulOp: Op<void> = {
  name: 'matmul',
  shape: (inputs) => matmulOp.shape(inputs, {}),
  vjp: ({ inputs, output, dy }) => matmulOp.vjp!({ inputs, attrs: {}, output, dy }),
  emit: (g, [a, b]) => g.node('MatMul', [a, b]),
}

/** @param a [..., M, K]  @param b [..., K, N]  @returns [..., M, N] */
export const matmul = (a: Tensor, b: Tensor, attrs: Product = {}): Tensor =>
  apply(matmulOp, [a, b], attrs)
