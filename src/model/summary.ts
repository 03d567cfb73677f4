// What a row of logits says in a few numbers, computed where the logits are: which ids are the most probable, how much
// the others weigh, and which one is drawn (see drawn-ids.ts). Sums are products with a vector of ones, whose order of
// adding is the same in every row; that of a plain reduction on the processor depends on where in memory a row begins
// (measured: the last bits differ).
import {
  constant,
  exp,
  fill,
  input,
  matmul,
  mul,
  multiply,
  named,
  putAlong,
  replaceRows,
  reshape,
  selectRows,
  slice,
  sub,
  type Tensor,
  topIds,
  topValues,
} from '../graph/index.ts'
import { never } from '../nn/index.ts'
import type { HostTensor } from '../runtime/index.ts'
import { drawInputs, drawnIds, drawnOf, drawOutputs } from './drawn-ids.ts'

/** What is wanted of the asked rows of a query. */
export interface Summarise {
  /** all ids that are not to be written, for each row: they count for nothing */
  banned: readonly (readonly number[])[]
  /** how many of the most probable ids are named, at least one */
  most: number
  /** Is an id to be drawn for each row, among all that are not banned? By the logits over `temperature`, inverting one
   * uniform in (0, 1) a row. Where rounding could have made it another id than float64 does, the logits come instead */
  draw?: { temperature: number; uniforms: readonly number[] }
  /** are the logits wanted too? */
  logits: boolean
}

export interface Summary {
  /** the most probable ids, the lowest first among equals */
  readonly ids: ArrayLike<number>
  /** their logits */
  readonly values: ArrayLike<number>
  /** Σ e^d over all ids but the first, where d is how far the logit lies from that of the first */
  readonly rest: number
  /** Σ d·e^d */
  readonly weighted: number
  /** Σ e^d over the banned ids */
  readonly banned: number
  /** what was drawn, and its logit */
  readonly drawn?: { readonly id: number; readonly logit: number }
}

/** [rows × vocabSize], empty where summaries were given and nothing else was wanted. */
export type Logits = Float32Array & { summaries?: readonly Summary[] }

/** @param logits [R, V]  @returns the outputs that `summariesOf` reads */
export function summaryGraph(logits: Tensor, vocabSize: number): Record<string, Tensor> {
  const bans = input('bans', 'int32', ['M'])
  const ranks = input('ranks', 'int32', ['K'])
  const [rows] = logits.shape
  return named('summary', () => {
    const entries = reshape(logits, [multiply(rows, vocabSize), 1])
    const allowed = reshape(replaceRows(entries, bans, fill(never, ['M', 1])), logits.shape)
    const [topLogits, ids] = [topValues(allowed, ranks), topIds(allowed, ranks)]
    const first = { axis: -1, start: 0, end: 1 }
    const distance = sub(allowed, slice(topLogits, first))
    // without the first, whose 1 would round small numbers away
    const others = putAlong(exp(distance), reshape(slice(ids, first), [rows]), fill(-1, [rows]))
    const ones = constant(new Float32Array(vocabSize).fill(1), [vocabSize, 1])
    return {
      banLogits: selectRows(entries, bans),
      ...drawnIds(allowed, slice(topLogits, first), vocabSize),
      topIds: ids,
      topLogits,
      rest: matmul(others, ones),
      weighted: matmul(mul(others, distance), ones),
    }
  })
}

/** A question, as far as summaries go. */
interface Asking {
  readonly rows: ArrayLike<number>
  readonly summarise?: Summarise
}

/** The inputs of `summaryGraph`.
 * @param queries in the order of their rows; what is said of those that want no summary nobody reads
 * @param ruledOut ids that the logits themselves rule out */
export function summaryInputs(
  queries: readonly Asking[],
  vocabSize: number,
  ruledOut: ReadonlySet<number>,
): Record<string, HostTensor> {
  const bans: number[] = []
  const others = new Map<readonly number[], readonly number[]>()
  let row = 0
  for (const { rows, summarise } of queries) {
    for (let i = 0; i < rows.length; i++, row++) {
      const list = summarise?.banned[i] ?? []
      // rows share their lists
      if (!others.has(list))
        others.set(
          list,
          list.filter((id) => !ruledOut.has(id)),
        )
      for (const id of others.get(list)!) bans.push(row * vocabSize + id)
    }
  }
  const uniforms: number[] = []
  const inverse: number[] = []
  const drawn: number[] = []
  let before = 0
  for (const { rows, summarise } of queries) {
    const { draw } = summarise ?? {}
    draw?.uniforms.forEach((uniform, i) => {
      drawn.push(before + i)
      uniforms.push(uniform)
      inverse.push(1 / draw.temperature)
    })
    before += rows.length
  }
  // not every device takes an empty tensor: one that is ruled out anyway, or else that nobody asks about
  if (bans.length === 0) bans.push([...ruledOut][0] ?? 0)
  const most = Math.max(1, ...queries.map(({ summarise }) => summarise?.most ?? 1))
  const ranks = new Int32Array(Math.min(most, vocabSize))
  return {
    bans: { data: Int32Array.from(bans), dims: [bans.length] },
    ...drawInputs(drawn, uniforms, inverse, vocabSize),
    ranks: { data: ranks, dims: [ranks.length] },
  }
}

const wantsLogits = ({ summarise }: Asking): boolean => summarise?.logits ?? true

/** Names of the outputs that somebody reads. */
export const outputsFor = (queries: readonly Asking[]): string[] => [
  ...(queries.some(wantsLogits) ? ['logits'] : []),
  ...(queries.some(({ summarise }) => summarise)
    ? ['topIds', 'topLogits', 'rest', 'weighted', 'banLogits']
    : []),
  ...(queries.some(({ summarise }) => summarise?.draw) ? drawOutputs : []),
]

/** What each query is answered.
 * @param result of `outputsFor` these queries, their rows one after another
 * @param bans the input of `summaryInputs` */
export function answersOf(
  result: Readonly<Record<string, HostTensor>>,
  queries: readonly Asking[],
  vocabSize: number,
  bans?: HostTensor,
): Logits[] {
  const banned = new Map<number, number>()
  bans?.data.forEach((entry, i) => {
    const row = Math.floor(entry / vocabSize)
    const { topLogits, banLogits } = result
    if (!banLogits) return
    const distance = banLogits.data[i] - topLogits.data[row * topLogits.dims[1]]
    banned.set(row, (banned.get(row) ?? 0) + Math.exp(distance))
  })
  let start = 0
  let drawn = 0
  return queries.map((query) => {
    const { rows, summarise } = query
    const [from, to] = [start, start + rows.length]
    start = to
    const answer: Logits = wantsLogits(query)
      ? (result.logits.data as Float32Array).subarray(from * vocabSize, to * vocabSize)
      : new Float32Array()
    if (summarise) {
      const most = Math.min(summarise.most, vocabSize)
      answer.summaries = Array.from(rows, (_, i) => ({
        ...summaryOf(result, from + i, most),
        banned: banned.get(from + i) ?? 0,
        ...(summarise.draw ? { drawn: drawnOf(result, drawn++) } : {}),
      }))
    }
    return answer
  })
}

function summaryOf(
  { topIds, topLogits, rest, weighted }: Readonly<Record<string, HostTensor>>,
  row: number,
  most: number,
): Omit<Summary, 'banned'> {
  const from = row * topIds.dims[1]
  return {
    ids: (topIds.data as Int32Array).subarray(from, from + most),
    values: (topLogits.data as Float32Array).subarray(from, from + most),
    rest: rest.data[row],
    weighted: weighted.data[row],
  }
}

/** Was an id to be drawn and is there none for some row? */
export const undecided = ({ summarise }: Asking, { summaries }: Logits): boolean =>
  summarise?.draw !== undefined && !summaries?.every(({ drawn }) => drawn)

/** The question that brings the logits instead. */
export const withLogits = <Q extends Asking>(query: Q): Q => ({
  ...query,
  summarise: query.summarise && { ...query.summarise, draw: undefined, logits: true },
})
