// x / √(mean(x²) + eps) over the last axis, times a weight if there is one (arXiv 1910.07467).
import type { Emitter } from '../emit.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { scalar } from './constant.ts'
import { div } from './div.ts'
import { mean } from './mean.ts'
import { mul } from './mul.ts'
import { sqrt } from './sqrt.ts'
import { sub } from './sub.ts'

export interface RmsNorm {
  eps: number
}

const kernel = (g: Emitter, x: string, width: number, eps: number): readonly string[] =>
  g.outputs(
    'SimplifiedLayerNormalization',
    [x, g.floats(new Array(width).fill(1))],
    { axis: -1, epsilon: { float: eps }, stash_type: 1 },
    '',
    2,
  )

/** 1 / √(mean(x²) + eps), the last axis kept with size 1: the fused kernel's second output. */
const rmsScaleOp: Op<RmsNorm> = {
  name: 'rmsScale',
  shape: ([x]) => [...x.shape.slice(0, -1), 1],
  emit: (g, [x], { eps }, { inputs: [{ shape }] }) =>
    kernel(g, x, shape[shape.length - 1] as number, eps)[1],
  lower: ([x], { eps }) =>
    div(scalar(1), sqrt(add(mean(mul(x, x), { axes: [-1], keep: true }), scalar(eps)))),
}

export const rmsNormOp: Op<RmsNorm> = {
  name: 'rmsNorm',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], attrs, output, dy }) => {
    const along = mean(mul(dy, output), { axes: [-1], keep: true })
    return [mul(apply(rmsScaleOp, [x], attrs), sub(dy, mul(output, along)))]
  },
  emit: (g, [x], { eps }, { shape }) => kernel(g, x, shape[shape.length - 1] as number, eps)[0],
  lower: ([x], attrs) => mul(x, apply(rmsScaleOp, [x], attrs)),
}

/** @param x [..., D]  @param weight [D], if the norm has one  @returns [..., D] */
export const rmsNorm = (x: Tensor, weight: Tensor | undefined, attrs: RmsNorm): Tensor => {
  const normal = apply(rmsNormOp, [x], attrs)
  return weight ? mul(normal, weight) : normal
}
