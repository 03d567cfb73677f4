// One entry of the last axis per row, chosen by an index.
import { UnfogError } from '../../error/index.ts'
import { sameShape, show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { zeros } from './constant.ts'
import { putAlong } from './put-along.ts'

export const takeAlongOp: Op<void> = {
  name: 'takeAlong',
  shape: ([x, ids]) => {
    expectType(ids, 'int32', 'takeAlong')
    if (!sameShape(x.shape.slice(0, -1), ids.shape)) {
      throw new UnfogError(
        'bad_shape',
        `takeAlong needs one index per row of ${show(x.shape)}, got ${show(ids.shape)}`,
      )
    }
    return ids.shape
  },
  vjp: ({ inputs: [x, ids], dy }) => [putAlong(zeros(x.shape), ids, dy), undefined],
  emit: (g, [x, ids], _, node) => {
    const { shape } = node.inputs[1]
    const column = g.node('Reshape', [ids, g.shape([...shape, 1])])
    const taken = g.node('GatherElements', [x, column], { axis: -1 })
    return g.node('Reshape', [taken, g.shape(shape)])
  },
}

/** @param x [..., V]  @param ids [...] of int32  @returns [...] */
export const takeAlong = (x: Tensor, ids: Tensor): Tensor => apply(takeAlongOp, [x, ids], undefined)
