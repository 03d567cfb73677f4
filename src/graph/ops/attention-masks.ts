// Which keys a query may see, as numbers added to the scores [queries, keys]: 0 where it may, far below any score where
// it may not. Block masks are those of block diffusion (arXiv 2503.09573, figure 3): a block is read whole, and after
// all blocks before it.
import { UnfogError } from '../../error/index.ts'
import { type Dim, factors, multiply } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { concat } from './concat.ts'
import { constant, fill, scalar } from './constant.ts'
import { equal } from './equal.ts'
import { gather } from './gather.ts'
import { greater } from './greater.ts'
import { less } from './less.ts'
import { range } from './range.ts'
import { reshape } from './reshape.ts'
import { where } from './where.ts'

/** How positions are cut into blocks. */
export interface Blocks {
  /** positions of a block */
  length: number
  /** where the first block begins; what stands before it is a block of its own, seen by all */
  from: number
}

export interface BlockMask extends Blocks {
  /** most positions */
  context: number
  /** Are there two texts side by side, the noisy one and then the clean one? A noisy block sees itself and the clean
   * blocks before it; the clean text sees itself, block by block. So one forward holds what each block is asked
   * when it is written, with everything before it finished */
  paired: boolean
}

/** far below any score, and finite, so that no sum of two masks overflows */
export const never = -1e9

/** Enough to hide a key whose score another key of the same query has: e^-60 of what is seen adds nothing to a sum of 24
 * bits, nor of 53. And it is no denormal number, as e to `never` is, at which processors are slow (measured: a tenth
 * of a forward over canvases of 40 to 90 tokens) */
export const faint = -60

const allowed = (condition: Tensor): Tensor => where(condition, scalar(0), scalar(never))
const forbidden = (condition: Tensor): Tensor => where(condition, scalar(never), scalar(0))

/** No query sees a key behind its own position. */
export function causalMask(queries: Dim, keys: Dim): Tensor {
  const later = greater(reshape(range(keys), [1, keys]), reshape(range(queries), [queries, 1]))
  return forbidden(later)
}

/** The block of a position: 0 is what stands before the first one. */
export const blockNumber = (position: number, { length, from }: Blocks): number =>
  position < from ? 0 : 1 + Math.floor((position - from) / length)

/** Where the block of a position begins, and where it ends. */
export function blockAround(position: number, blocks: Blocks): [begin: number, end: number] {
  const number = blockNumber(position, blocks)
  if (number === 0) return [0, blocks.from]
  const begin = blocks.from + (number - 1) * blocks.length
  return [begin, begin + blocks.length]
}

/** @param size queries and keys alike; both texts of a pair counted
 * @returns [size, size] */
export function blockMask(size: Dim, blocks: BlockMask): Tensor {
  const length = blocks.paired ? half(size) : size
  const table = Float64Array.from({ length: blocks.context }, (_, position) =>
    blockNumber(position, blocks),
  )
  const numbers = gather(constant(table, [blocks.context, 1]), range(length))
  const key = reshape(numbers, [1, length])
  const query = reshape(numbers, [length, 1])
  const upTo = forbidden(greater(key, query))
  if (!blocks.paired) return upTo
  const noisy = concat([allowed(equal(key, query)), allowed(less(key, query))], { axis: 1 })
  const clean = concat([fill(never, [length, length]), upTo], { axis: 1 })
  return concat([noisy, clean], { axis: 0 })
}

function half(size: Dim): Dim {
  const [coefficient, symbols] = factors(size)
  if (coefficient % 2 !== 0) {
    throw new UnfogError('bad_shape', `${size} positions are not two texts of one length`)
  }
  return multiply(coefficient / 2, ...symbols)
}
