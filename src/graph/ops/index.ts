// The table of ops. A row's file holds its shape rule, its gradient and its ONNX form; the contract suite runs over
// every row.
import type { Op } from '../tensor.ts'
import { addOp } from './add.ts'
import { attentionOp } from './attention.ts'
import { broadcastToOp } from './broadcast-to.ts'
import { castOp } from './cast.ts'
import { concatOp } from './concat.ts'
import { constantOp, fillOp } from './constant.ts'
import { crossEntropyOp } from './cross-entropy.ts'
import { divOp } from './div.ts'
import { equalOp } from './equal.ts'
import { erfOp } from './erf.ts'
import { expOp } from './exp.ts'
import { gatherOp } from './gather.ts'
import { geluOp } from './gelu.ts'
import { greaterOp } from './greater.ts'
import { int4MatmulOp } from './int4-matmul.ts'
import { int8MatmulOp } from './int8-matmul.ts'
import { layerNormOp } from './layer-norm.ts'
import { lessOp } from './less.ts'
import { logOp } from './log.ts'
import { logSoftmaxOp } from './log-softmax.ts'
import { logsumexpOp } from './logsumexp.ts'
import { matmulOp } from './matmul.ts'
import { maxOp } from './max.ts'
import { meanOp } from './mean.ts'
import { mulOp } from './mul.ts'
import { padOp } from './pad.ts'
import { placeRowsOp } from './place-rows.ts'
import { putAlongOp } from './put-along.ts'
import { rangeOp } from './range.ts'
import { reluOp } from './relu.ts'
import { replaceRowsOp } from './replace-rows.ts'
import { reshapeOp } from './reshape.ts'
import { rmsNormOp } from './rms-norm.ts'
import { rotaryOp } from './rotary.ts'
import { scatterRowsOp } from './scatter-rows.ts'
import { selectRowsOp } from './select-rows.ts'
import { sigmoidOp } from './sigmoid.ts'
import { sliceOp } from './slice.ts'
import { softmaxOp } from './softmax.ts'
import { sqrtOp } from './sqrt.ts'
import { subOp } from './sub.ts'
import { sumOp } from './sum.ts'
import { swigluOp } from './swiglu.ts'
import { takeAlongOp } from './take-along.ts'
import { topIdsOp, topValuesOp } from './top-k.ts'
import { transposeOp } from './transpose.ts'
import { unpackInt4Op } from './unpack-int4.ts'
import { whereOp } from './where.ts'

export const ops = {
  add: addOp,
  attention: attentionOp,
  broadcastTo: broadcastToOp,
  cast: castOp,
  concat: concatOp,
  constant: constantOp,
  crossEntropy: crossEntropyOp,
  div: divOp,
  equal: equalOp,
  erf: erfOp,
  exp: expOp,
  fill: fillOp,
  gather: gatherOp,
  gelu: geluOp,
  greater: greaterOp,
  int4Matmul: int4MatmulOp,
  int8Matmul: int8MatmulOp,
  layerNorm: layerNormOp,
  less: lessOp,
  log: logOp,
  logSoftmax: logSoftmaxOp,
  logsumexp: logsumexpOp,
  matmul: matmulOp,
  max: maxOp,
  mean: meanOp,
  mul: mulOp,
  pad: padOp,
  placeRows: placeRowsOp,
  putAlong: putAlongOp,
  range: rangeOp,
  relu: reluOp,
  replaceRows: replaceRowsOp,
  reshape: reshapeOp,
  rmsNorm: rmsNormOp,
  rotary: rotaryOp,
  scatterRows: scatterRowsOp,
  selectRows: selectRowsOp,
  sigmoid: sigmoidOp,
  slice: sliceOp,
  softmax: softmaxOp,
  sqrt: sqrtOp,
  sub: subOp,
  sum: sumOp,
  swiglu: swigluOp,
  takeAlong: takeAlongOp,
  topIds: topIdsOp,
  topValues: topValuesOp,
  transpose: transposeOp,
  unpackInt4: unpackInt4Op,
  where: whereOp,
  // biome-ignore lint/suspicious/noExplicitAny: rows differ in the type of their attributes
} satisfies Record<string, Op<any>>
