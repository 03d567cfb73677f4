// (x - mean) / √(variance + eps) over the last axis, times a weight and plus a bias if there are any
// (arXiv 1607.06450).
import type { Emitter } from '../emit.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { scalar } from './constant.ts'
import { div } from './div.ts'
import { mean } from './mean.ts'
import { mul } from './mul.ts'
import { sqrt } from './sqrt.ts'
import { sub } from './sub.ts'

export interface LayerNorm {
  eps: number
}

const kernel = (g: Emitter, x: string, width: number, eps: number): readonly string[] =>
  g.outputs(
    'LayerNormalization',
    [x, g.floats(new Array(width).fill(1))],
    { axis: -1, epsilon: { float: eps } },
    '',
    3,
  )

const centred = (x: Tensor): Tensor => sub(x, mean(x, { axes: [-1], keep: true }))

/** 1 / √(variance + eps), the last axis kept with size 1: the fused kernel's third output. */
const layerScaleOp: Op<LayerNorm> = {
  name: 'layerScale',
  shape: ([x]) => [...x.shape.slice(0, -1), 1],
  emit: (g, [x], { eps }, { inputs: [{ shape }] }) =>
    kernel(g, x, shape[shape.length - 1] as number, eps)[2],
  lower: ([x], { eps }) => {
    const c = centred(x)
    return div(scalar(1), sqrt(add(mean(mul(c, c), { axes: [-1], keep: true }), scalar(eps))))
  },
}

export const layerNormOp: Op<LayerNorm> = {
  name: 'layerNorm',
  shape: ([x]) => x.shape,
  vjp: ({ inputs: [x], attrs, output, dy }) => {
    const along = mean(mul(dy, output), { axes: [-1], keep: true })
    return [mul(apply(layerScaleOp, [x], attrs), sub(centred(dy), mul(output, along)))]
  },
  emit: (g, [x], { eps }, { shape }) => kernel(g, x, shape[shape.length - 1] as number, eps)[0],
  lower: ([x], attrs) => mul(centred(x), apply(layerScaleOp, [x], attrs)),
}

/** @param x [..., D]  @param weight [D]  @param bias [D]  @returns [..., D] */
export const layerNorm = (
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  attrs: LayerNorm,
): Tensor => {
  const normal = apply(layerNormOp, [x], attrs)
  const weighted = weight ? mul(normal, weight) : normal
  return bias ? add(weighted, bias) : weighted
}
