// softmax(scale · q kᵀ + mask) v (arXiv 1706.03762), with grouped heads (arXiv 2305.13245). The gradient goes through
// rowsum(dO ∘ O) (arXiv 2205.14135, appendix B), two passes over the score matrix instead of four.
import { UnfogError } from '../../error/index.ts'
import { type Dim, sameShape, show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { type BlockMask, blockMask, causalMask, faint, never } from './attention-masks.ts'
import { scalar } from './constant.ts'
import { matmul } from './matmul.ts'
import { mul } from './mul.ts'
import { reshape } from './reshape.ts'
import { softmax } from './softmax.ts'
import { sub } from './sub.ts'
import { sum, sumTo } from './sum.ts'
import { where } from './where.ts'

export interface Attention {
  scale: number
  /** may a query see only keys at its position and before? */
  causal: boolean
  /** may a query see only keys of its own block and of those before? */
  blocks?: BlockMask
  /** Is every hidden key equal to one that its query sees? Then `faint` hides it */
  copies?: true
}

/** [B, heads, …] → [B, groups, heads/groups, …], so that heads of a group meet the same keys. */
const grouped = (x: Tensor, groups: Dim): Tensor => {
  const [batch, heads, length, size] = x.shape
  return reshape(x, [batch, groups, (heads as number) / (groups as number), length, size])
}

function weights(
  q: Tensor,
  k: Tensor,
  visible: Tensor | undefined,
  { scale, causal, blocks, copies }: Attention,
): Tensor {
  let scores = matmul(q, k, { transposeB: true, alpha: scale })
  const keys = k.shape[k.shape.length - 2]
  if (causal) scores = add(scores, causalMask(q.shape[q.shape.length - 2], keys))
  if (blocks) scores = add(scores, blockMask(keys, blocks))
  if (visible) {
    const [batch, ...seen] = visible.shape
    const perQuery = seen.length === 2 ? seen : [1, ...seen]
    scores = add(
      scores,
      reshape(where(visible, scalar(0), scalar(copies ? faint : never)), [
        batch,
        1,
        1,
        ...perQuery,
      ]),
    )
  }
  return softmax(scores)
}

const parts = ([q, k, v, visible]: readonly Tensor[]) => {
  const groups = k.shape[1]
  return { q: grouped(q, groups), k: grouped(k, groups), v: grouped(v, groups), visible }
}

export const attentionOp: Op<Attention> = {
  name: 'attention',
  shape: ([q, k, v, visible], attrs) => {
    const [heads, groups] = [q.shape[1], k.shape[1]]
    const fits = typeof heads === 'number' && typeof groups === 'number' && heads % groups === 0
    const alike = [0, 3].every((axis) => q.shape[axis] === k.shape[axis])
    if (q.shape.length !== 4 || !fits || !alike || !sameShape(k.shape, v.shape)) {
      throw new UnfogError(
        'bad_shape',
        `attention needs q [B, heads, L, D], k and v [B, groups, M, D], got ${show(q.shape)}, ${show(k.shape)}, ${show(v.shape)}`,
      )
    }
    if (attrs.blocks && q.shape[2] !== k.shape[2]) {
      throw new UnfogError(
        'bad_shape',
        `attention in blocks needs a key per query, got ${show(q.shape)} and ${show(k.shape)}`,
      )
    }
    if (visible) {
      expectType(visible, 'bool', 'attention')
      const [batch, , keys] = k.shape
      const shapes = [
        [batch, keys],
        [batch, q.shape[2], keys],
      ]
      if (!shapes.some((shape) => sameShape(visible.shape, shape))) {
        throw new UnfogError(
          'bad_shape',
          `attention needs one flag per key of ${show(k.shape)}, got ${show(visible.shape)}`,
        )
      }
    }
    return q.shape
  },
  vjp: ({ inputs, attrs, output, dy }) => {
    const { q, k, v, visible } = parts(inputs)
    const groups = inputs[1].shape[1]
    const p = weights(q, k, visible, attrs)
    const dO = grouped(dy, groups)
    const dP = matmul(dO, v, { transposeB: true })
    const rows = sum(mul(dO, grouped(output, groups)), { axes: [-1], keep: true })
    const dS = mul(p, sub(dP, rows))
    const { scale: alpha } = attrs
    return [
      reshape(matmul(dS, k, { alpha }), inputs[0].shape),
      reshape(sumTo(matmul(dS, q, { transposeA: true, alpha }), k.shape), inputs[1].shape),
      reshape(sumTo(matmul(p, dO, { transposeA: true }), v.shape), inputs[2].shape),
      undefined,
    ]
  },
  lower: (inputs, attrs) => {
    const { q, k, v, visible } = parts(inputs)
    return reshape(matmul(weights(q, k, visible, attrs), v), inputs[0].shape)
  },
}

/** @param q [B, heads, L, D]  @param k [B, groups, M, D]  @param v [B, groups, M, D]
 * @param visible [B, M], false where a key is padding; or [B, L, M], false where a query must not see a key
 * @returns [B, heads, L, D] */
export const attention = (
  q: Tensor,
  k: Tensor,
  v: Tensor,
  visible: Tensor | undefined,
  attrs: Attention,
): Tensor => apply(attentionOp, visible ? [q, k, v, visible] : [q, k, v], attrs)
