// x · Wᵀ with weights of four bits: rows of W in blocks that have a scale each, as onnxruntime's MatMulNBits lays them.
// Activations stay floats; the gain is memory, not speed.
import { UnfogError } from '../../error/index.ts'
import { show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { matmul } from './matmul.ts'
import { unpackInt4 } from './unpack-int4.ts'

/** Weights that share a scale. With 128 the same row differs in batches of odd sizes (measured, onnxruntime 1.30). */
export const int4Block = 32

export const int4MatmulOp: Op<void> = {
  name: 'int4Matmul',
  shape: ([x, q, scale]) => {
    expectType(x, 'float', 'int4Matmul')
    expectType(q, 'uint8', 'int4Matmul')
    const inner = x.shape.at(-1)
    const [columns, blocks, bytes] = q.shape
    const fits =
      typeof inner === 'number' &&
      blocks === Math.ceil(inner / int4Block) &&
      bytes === int4Block / 2 &&
      String(scale.shape) === String([columns, blocks])
    if (fits) return [...x.shape.slice(0, -1), columns]
    const [a, b, c] = [x, q, scale].map(({ shape }) => show(shape))
    throw new UnfogError('bad_shape', `int4Matmul of ${a} and ${b} with scales ${c} does not fit`)
  },
  emit: (g, [x, q, scale], _, { inputs: [{ shape }, weights] }) => {
    const flat = g.node('Reshape', [scale, g.int64s([-1])])
    const attributes = {
      K: shape.at(-1) as number,
      N: weights.shape[0] as number,
      bits: 4,
      block_size: int4Block,
    }
    return g.node('MatMulNBits', [x, q, flat], attributes, 'com.microsoft')
  },
  lower: ([x, q, scale]) =>
    matmul(x, unpackInt4(q, scale, x.shape.at(-1) as number), { transposeB: true }),
}

/** @param x [..., M, K]  @param q [N, ⌈K/32⌉, 16] of uint8, see `unpackInt4`  @param scale [N, ⌈K/32⌉]
 * @returns [..., M, N] */
export const int4Matmul = (x: Tensor, q: Tensor, scale: Tensor): Tensor =>
  apply(int4MatmulOp, [x, q, scale], undefined)
