// An id drawn in the graph, the one that `categorical` draws of the same row and uniform in float64. Weights and their
// cumulative sum are float32 here, so the uniform is inverted twice, a little below and a little above, by more than all
// rounding together: where both give one id, float64 gives it too, and where not, nobody says what was drawn and the
// host draws. The sum runs within spans and over their totals, both as products with triangles of ones.
import {
  add,
  cast,
  constant,
  exp,
  input,
  less,
  matmul,
  mul,
  multiply,
  named,
  pad,
  range,
  reshape,
  selectRows,
  slice,
  sub,
  type Tensor,
  takeAlong,
  topIds,
  topValues,
} from '../graph/index.ts'
import type { HostTensor } from '../runtime/index.ts'

/** ids of a span */
const span = 128

const spansOf = (vocabSize: number): number => Math.ceil(vocabSize / span)

/** How far a cumulative sum of float32 can be from that of float64, as a share of the total: sums of `span` and of all
 * spans, at both ends of the comparison; and weights e^x, whose error is 3 units of the last place of x and some of
 * their own: on average over the weights |x| is at most the logarithm of the vocabulary. */
const doubt = (vocabSize: number): number =>
  (2 * (span + spansOf(vocabSize)) + 6 * Math.log(vocabSize) + 32) * 2 ** -24

/** 1 where the row is at or before the column. */
const triangle = (size: number, strictly: boolean): Tensor =>
  constant(
    Float32Array.from({ length: size * size }, (_, i) => {
      const [row, column] = [Math.floor(i / size), i % size]
      return row < column || (row === column && !strictly) ? 1 : 0
    }),
    [size, size],
  )

/** @param allowed [R, V] logits, those of banned ids far below  @param most [R, 1] the largest of each row
 * @returns the outputs that `drawnOf` reads */
export function drawnIds(
  allowed: Tensor,
  most: Tensor,
  vocabSize: number,
): Record<(typeof drawOutputs)[number], Tensor> {
  const rows = input('draw.rows', 'int32', ['S'])
  const ends = ['draw.below', 'draw.above'].map((name) => input(name, 'float', ['S', 1]))
  const inverse = input('draw.inverse', 'float', ['S', 1])
  return named('draw', () => {
    const logits = selectRows(allowed, rows)
    const weights = exp(mul(sub(logits, selectRows(most, rows)), inverse))
    const cumulative = cumulated(weights, vocabSize)
    const end = cumulative.shape[1] as number
    const total = slice(cumulative, { axis: 1, start: end - 1, end })
    const own = slice(cumulative, { axis: 1, start: 0, end: vocabSize })
    const [below, above] = ends.map((uniform) => cast(less(mul(uniform, total), own)))
    const first = range(1)
    const id = reshape(topIds(above, first), ['S'])
    return {
      drawnBelow: topIds(below, first),
      drawnAbove: id,
      // 0 where the sum does not come so far
      drawnReached: topValues(above, first),
      drawnLogits: takeAlong(logits, id),
    }
  })
}

export const drawOutputs = ['drawnBelow', 'drawnAbove', 'drawnReached', 'drawnLogits'] as const

/** @param weights [S, V]  @returns [S, whole spans] sums of a row from its beginning */
function cumulated(weights: Tensor, vocabSize: number): Tensor {
  const [S] = weights.shape
  const spans = spansOf(vocabSize)
  const whole = pad(weights, { axis: 1, start: 0, shape: [S, spans * span] })
  const within = matmul(reshape(whole, [multiply(S, spans), span]), triangle(span, false))
  const totals = reshape(slice(within, { axis: 1, start: span - 1, end: span }), [S, spans])
  const before = reshape(matmul(totals, triangle(spans, true)), [multiply(S, spans), 1])
  return reshape(add(within, before), [S, spans * span])
}

/** The inputs of `drawnIds`.
 * @param rows for which an id is drawn  @param uniforms in (0, 1), one a row  @param inverse of their temperatures */
export function drawInputs(
  rows: readonly number[],
  uniforms: readonly number[],
  inverse: readonly number[],
  vocabSize: number,
): Record<string, HostTensor> {
  // not every device takes an empty tensor
  const count = Math.max(1, rows.length)
  const column = (of: readonly number[], more: number): HostTensor => ({
    data: Float32Array.from({ length: count }, (_, i) => (of[i] ?? 0.5) + more),
    dims: [count, 1],
  })
  const far = doubt(vocabSize)
  return {
    'draw.rows': {
      data: Int32Array.from({ length: count }, (_, i) => rows[i] ?? 0),
      dims: [count],
    },
    'draw.below': column(uniforms, -far),
    'draw.above': column(uniforms, far),
    'draw.inverse': column(inverse, 0),
  }
}

/** What was drawn for the row that was asked at this place; undefined where float64 might draw another id. */
export function drawnOf(
  result: Readonly<Record<string, HostTensor>>,
  at: number,
): { id: number; logit: number } | undefined {
  const { drawnBelow, drawnAbove, drawnReached, drawnLogits } = result
  const id = drawnAbove.data[at]
  if (drawnReached.data[at] !== 1 || drawnBelow.data[at] !== id) return undefined
  return { id, logit: drawnLogits.data[at] }
}
