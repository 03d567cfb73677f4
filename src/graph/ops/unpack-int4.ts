// Numbers of four bits as floats. A byte holds two, the earlier one in its lower half; 8 means 0.
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { cast } from './cast.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'

/** [..., n] of uint8 → [..., n, 2] of whole numbers from -8 to 7 */
export const unpackInt4Op: Op<void> = {
  name: 'unpackInt4',
  shape: ([bytes]) => {
    expectType(bytes, 'float', 'unpackInt4')
    return [...bytes.shape, 2]
  },
  vjp: () => [undefined],
  emit: (g, [bytes]) => {
    const high = g.node('Floor', [g.node('Mul', [bytes, g.scalar(1 / 16)])])
    const low = g.node('Sub', [bytes, g.node('Mul', [high, g.scalar(16)])])
    const last = g.int64s([-1])
    const pair = [low, high].map((half) => g.node('Unsqueeze', [half, last]))
    return g.node('Sub', [g.node('Concat', pair, { axis: -1 }), g.scalar(8)])
  },
}

/** @param q [..., blocks, bytes] of uint8  @param scale [..., blocks]
 * @param size numbers that a row holds; the rest of its last block is filler
 * @returns [..., size] */
export function unpackInt4(q: Tensor, scale: Tensor, size: number): Tensor {
  const [blocks, bytes] = q.shape.slice(-2) as number[]
  const rows = q.shape.slice(0, -2)
  const whole = apply(unpackInt4Op, [cast(q)], undefined)
  const blocked = reshape(whole, [...rows, blocks, 2 * bytes])
  const scaled = mul(blocked, reshape(scale, [...rows, blocks, 1]))
  const flat = reshape(scaled, [...rows, blocks * 2 * bytes])
  return size === blocks * 2 * bytes ? flat : slice(flat, { axis: -1, start: 0, end: size })
}
