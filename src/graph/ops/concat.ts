// Tensors side by side along an axis.
import { UnfogError } from '../../error/index.ts'
import { addDims, axisOf, show } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { slice } from './slice.ts'

export const concatOp: Op<{ axis: number }> = {
  name: 'concat',
  shape: (inputs, { axis }) => {
    const first = inputs[0].shape
    const at = axisOf(axis, first.length)
    for (const { shape } of inputs) {
      if (shape.length !== first.length || shape.some((dim, i) => i !== at && dim !== first[i])) {
        throw new UnfogError(
          'bad_shape',
          `${show(first)} and ${show(shape)} differ outside axis ${axis}`,
        )
      }
    }
    const total = inputs.map(({ shape }) => shape[at]).reduce(addDims)
    return { shape: first.map((dim, i) => (i === at ? total : dim)), dtype: inputs[0].dtype }
  },
  vjp: ({ inputs, attrs: { axis }, dy }) => {
    let start = 0
    return inputs.map(({ shape }) => {
      const size = shape[axisOf(axis, shape.length)]
      if (typeof size !== 'number') {
        throw new UnfogError(
          'unsupported',
          'no gradient through a concatenation of symbolic sizes yet',
        )
      }
      const part = slice(dy, { axis, start, end: start + size })
      start += size
      return part
    })
  },
  emit: (g, inputs, { axis }) => g.node('Concat', inputs, { axis }),
}

export const concat = (inputs: readonly Tensor[], attrs: { axis: number }): Tensor =>
  inputs.length === 1 ? inputs[0] : apply(concatOp, inputs, attrs)
