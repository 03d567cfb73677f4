// One value per row, added to the row at its index. With a base of zeros, the gradient of takeAlong.
import { UnfogError } from '../../error/index.ts'
import { sameShape, show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { takeAlong } from './take-along.ts'

export const putAlongOp: Op<void> = {
  name: 'putAlong',
  shape: ([base, ids, values]) => {
    expectType(ids, 'int32', 'putAlong')
    if (!sameShape(base.shape.slice(0, -1), ids.shape) || !sameShape(values.shape, ids.shape)) {
      throw new UnfogError(
        'bad_shape',
        `putAlong needs one index and value per row of ${show(base.shape)}`,
      )
    }
    return base.shape
  },
  vjp: ({ inputs: [, ids], dy }) => [dy, undefined, takeAlong(dy, ids)],
  emit: (g, [base, ids, values], _, node) => {
    const column = g.shape([...node.inputs[1].shape, 1])
    const at = g.node('Reshape', [ids, column])
    const what = g.node('Reshape', [values, column])
    return g.node('ScatterElements', [base, at, what], { axis: -1, reduction: 'add' })
  },
}

/** @param base [..., V]  @param ids [...] of int32  @param values [...]  @returns [..., V] */
export const putAlong = (base: Tensor, ids: Tensor, values: Tensor): Tensor =>
  apply(putAlongOp, [base, ids, values], undefined)
