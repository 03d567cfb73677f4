// x · (q ∘ scale) with weights of one signed byte and a scale per column. The kernel also rounds x: every row, divided
// by its largest magnitude, becomes bytes, and the product is a sum of whole numbers. A row is scaled by itself alone,
// so who else is in the batch changes no bit (a scale for the whole tensor, as dynamic quantisation has it, would).
import { UnfogError } from '../../error/index.ts'
import type { Emitter } from '../emit.ts'
import { show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { cast } from './cast.ts'
import { matmul } from './matmul.ts'
import { mul } from './mul.ts'

export interface Int8Product {
  /** bits of an activation; as many as the processor can sum, when absent */
  bits?: 7 | 8
}

/** below any activation that matters: a row of zeros stays one */
const smallest = 1e-30

/** Steps from 0 to a row's largest magnitude, and the byte that means 0. */
const scales = { 8: { steps: 127, zero: 128 }, 7: { steps: 63, zero: 64 } } as const

/** Size of a step, and zero. Where a processor adds two products of bytes in 16 bits (AVX2 and AVX-512 without VNNI),
 * sums of 8-bit activations saturate and those of 7-bit ones cannot: 2 · 127 · 127 < 2^15. The graph asks the processor
 * that runs it: 2 · 255 · 127 comes out right or it does not. The runtime folds this into a constant. */
function activationScale(g: Emitter, bits?: 7 | 8): { step: string; zero: string } {
  const of = ({ steps, zero }: (typeof scales)[7 | 8]) => ({
    step: g.scalar(1 / steps),
    zero: g.uint8s([zero], []),
  })
  if (bits) return of(scales[bits])
  return g.shared(() => {
    const bytes = [g.uint8s([255, 255, 255, 255], [2, 2]), g.int8s([127, 127], [2, 1])]
    const sum = g.node('ReduceMin', [g.node('MatMulInteger', bytes)], { keepdims: 0 })
    const exact = g.node('Equal', [sum, g.int32s([2 * 255 * 127], [])])
    const [wide, narrow] = [of(scales[8]), of(scales[7])]
    return {
      step: g.node('Where', [exact, wide.step, narrow.step]),
      zero: g.node('Where', [exact, wide.zero, narrow.zero]),
    }
  })
}

export const int8MatmulOp: Op<Int8Product> = {
  name: 'int8Matmul',
  shape: ([x, q, scale]) => {
    expectType(x, 'float', 'int8Matmul')
    expectType(q, 'int8', 'int8Matmul')
    const [inner, columns] = q.shape
    const fits =
      q.shape.length === 2 && x.shape.at(-1) === inner && String(scale.shape) === String([columns])
    if (fits) return [...x.shape.slice(0, -1), columns]
    const [a, b, c] = [x, q, scale].map(({ shape }) => show(shape))
    throw new UnfogError('bad_shape', `int8Matmul of ${a} and ${b} with scales ${c} does not fit`)
  },
  emit: (g, [x, q, scale], { bits }) => {
    const along = [g.int64s([-1])]
    const high = g.node('ReduceMax', [x, ...along], { keepdims: 1 })
    const low = g.node('ReduceMin', [x, ...along], { keepdims: 1 })
    const row = g.node('Max', [high, g.node('Neg', [low]), g.scalar(smallest)])
    const { step, zero } = activationScale(g, bits)
    const bytes = g.node('QuantizeLinear', [g.node('Div', [x, row]), step, zero])
    const inputs = [bytes, q, step, scale, zero]
    return g.node('Mul', [g.node('MatMulIntegerToFloat', inputs, {}, 'com.microsoft'), row])
  },
  lower: ([x, q, scale]) => matmul(x, mul(cast(q), scale)),
}

/** @param x [..., M, K]  @param q [K, N] of int8  @param scale [N]  @returns [..., M, N] */
export const int8Matmul = (x: Tensor, q: Tensor, scale: Tensor, attrs: Int8Product = {}): Tensor =>
  apply(int8MatmulOp, [x, q, scale], attrs)
