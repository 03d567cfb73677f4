// A network ready to be asked: canvases in, logits or losses of the asked rows out. It hides prefixes, shifted heads
// and how canvases lie together. With fixed weights (initialisers of the graph) a row's numbers are bitwise the same in
// every batch (measured on the cpu; a single row is asked twice, because one row alone takes another path through the
// kernels).
import { UnfogError } from '../error/index.ts'
import {
  blockAround,
  blockNumber,
  emit,
  input,
  type QuantisedForm,
  quantisedProducts,
  type Tensor,
} from '../graph/index.ts'
import { type Transformer, transformer } from '../nn/index.ts'
import {
  type Growth,
  growthOf,
  noiseOf,
  type Process,
  paceName,
  schedules,
} from '../noise/index.ts'
import type { Device, HostTensor, Session } from '../runtime/index.ts'
import type { Tokenizer } from '../text/index.ts'
import type { ModelConfig } from './config.ts'
import { ended, framing, longestText, writePrefix } from './framing.ts'
import { Memory, type PartQuery, partGraph, runPart } from './kept.ts'
import { type Laid, pack, packingInputs } from './packing.ts'
import { layouts, partsOf } from './parts.ts'
import { formOf, type WeightData } from './quantise.ts'
import {
  answersOf,
  type Logits,
  outputsFor,
  type Summarise,
  summaryGraph,
  summaryInputs,
  undecided,
  withLogits,
} from './summary.ts'
import { epsilonOf, shownVectors, undone } from './undone.ts'

export interface Query {
  /** [L] the text, `maskId` where there is fog */
  tokens: Int32Array
  /** positions whose prediction is wanted, ascending */
  rows: Int32Array
  /** label ids in front of the text; "not said" without */
  labels?: ArrayLike<number>
  /** ids between the labels and the text that are only read: what an answer answers */
  before?: ArrayLike<number>
  /** [L] 0 where a position is padding that nobody looks at; all are looked at without */
  visible?: ArrayLike<number>
  /** noise time of the canvas; of no account under noise on words */
  time?: number
  /** [rows × D] under noise on embeddings: the vectors that stand at the asked positions */
  vectors?: Float32Array
  /** [rows × D] what the network predicted there before, of one that is shown that; zeros without */
  recalled?: Float32Array
  /** What is kept between questions: the keys and values of the canvas `of`, for as long as this array lives. With
   * `fresh` only its positions are computed anew, a window or a list; all others are taken to be as in `of`, or as they
   * were when a list last had them (approximate). Without, all that can have changed is computed (exact; nothing is kept
   * where every position sees every other) */
  reuse?: { of: Int32Array; fresh?: { from: number; to?: number } | { at: Int32Array } }
  /** what the network is to say of its rows itself; logits alone without */
  summarise?: Summarise
}

/** A query whose rows have true tokens. */
export interface PricedQuery extends Query {
  targets: Int32Array
  /** see `Look.draws` */
  draws?: Float64Array
}

export interface Network {
  readonly vocabSize: number
  readonly maskId: number
  /** ends a text whose length was not given; undefined when texts have an exact length */
  readonly eosId?: number
  readonly banned: readonly number[]
  /** longest text in tokens */
  readonly context: number
  readonly causal: boolean
  /** tokens of a block, where texts are written in blocks: a position sees its block and those before */
  readonly block?: number
  /** how masks stand for other than one word, where the model chooses how long a text is */
  readonly growth?: Growth
  /** is a loss -log p itself, since every word is paid from those before it? */
  readonly exact: boolean
  /** A text as the model writes it: with its end, where it writes one. */
  ended(text: Int32Array): Int32Array
  /** what it was trained to undo, and the ids that can stand in a text */
  readonly process: Process
  /** The vectors of all words as they are now, [vocabSize × D], each of length 1; undefined unless the noise is on
   * embeddings. */
  words(): Float32Array | undefined
  /** Logits that predict the asked positions, [rows × vocabSize] per query, with the summaries that it wants.
   * @throws UnfogError `context_length` for a text that is too long; `unsupported` for one without the vectors that the
   * noise of the model is on */
  logits(queries: readonly Query[]): Promise<Logits[]>
  /** The same; of a released model the rows that stand at those positions, see `Framing.raw`. */
  rawLogits(queries: readonly Query[]): Promise<Float32Array[]>
  /** What the asked rows cost under the noise of the model (`Noise.cost`), in nats, [rows] per query: of noise in which
   * words settle their cross-entropy against the targets. Of a network that sees blocks, with the true text before each
   * block. */
  losses(queries: readonly PricedQuery[]): Promise<Float32Array[]>
  dispose(): Promise<void>
}

export interface NetworkOptions {
  /** Are the weights part of the graph? Faster, and the same numbers in any batch; but they cannot change. */
  fixed?: boolean
}

/** A network as it is asked here, however canvases lie. */
type Asked = Pick<Transformer, 'logits' | 'words'>

/** most logits in one run, so that a large batch does not fill the memory */
const mostLogits = 2 ** 23

/** An ONNX file ends at 2 GiB, its nodes and tables included: larger weights stay outside of the graph. */
const mostInGraph = 2 ** 31 - 2 ** 27

const bytesOf = (weights: Readonly<Record<string, HostTensor>>): number =>
  Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0)

/** @param weights every parameter by name; read at every run unless `fixed` */
export function openNetwork(
  device: Device,
  config: ModelConfig,
  tokenizer: Tokenizer,
  weights: Readonly<Record<string, HostTensor>>,
  { fixed = bytesOf(weights) <= mostInGraph }: NetworkOptions = {},
): Network {
  const causal = config.architecture.attention === 'causal'
  const frame = framing(config, tokenizer, causal)
  const { vocabSize } = config.architecture
  const paces = weights[paceName]?.data
  const learnt: Process = { ...noiseOf(config.noise, paces), words: frame.words }
  const context = longestText(config, tokenizer) + (frame.end === 'written' ? 1 : 0)
  const tail = frame.end === 'given' ? [tokenizer.special.eos] : []
  const sessions = new Map<string, Promise<Session>>()
  const quantised = new Map(
    Object.entries(weights).flatMap(([name, { data }]): [string, QuantisedForm][] => {
      const form = formOf(data)
      return form ? [[name, form]] : []
    }),
  )

  const { noise, words, schedule } = learnt
  const vectorWidth = noise.vectors ? (config.architecture.vectors?.width ?? 0) : 0
  const pricing = { maskId: tokenizer.special.mask, words, schedule }

  /** Looks have times of the linear schedule, whatever the model has learnt from. */
  const cost = (network: Asked, ids: Tensor, visible?: Tensor): Tensor => {
    const looking = { ...pricing, schedule: schedules.linear }
    return noise.cost(undone(network, noise, looking, ids, visible), looking)
  }

  const logitsOf = (network: Asked, ids: Tensor): Tensor => {
    const rows = input('rows', 'int32', ['R'])
    if (!noise.vectors) return network.logits(ids, rows)
    const [seen, time] = [input('seen', 'float', ['R', vectorWidth]), input('time', 'float', ['R'])]
    const shown = shownVectors(noise, seen, time, pricing)
    return network.logits(ids, rows, undefined, shown)
  }

  const memories = new WeakMap<Int32Array, Memory>()

  /** a released model shows the logits of banned ids, whoever draws from them bans what is banned */
  const ruledOut = frame.raw ? [] : frame.banned
  const ruledOutIds = new Set(ruledOut)

  const session = (output: 'logits' | 'summary' | 'nats' | 'part'): Promise<Session> => {
    let made = sessions.get(output)
    if (!made) {
      // a loss is taken here
      const network = transformer(config.architecture, output === 'nats' ? frame.banned : ruledOut)
      const graph = (): Record<string, Tensor> => {
        if (output === 'part') return partGraph(network, config.architecture)
        if (output === 'nats' && frame.block) {
          const dims = ['B', 2, 'L']
          return {
            nats: cost(network, input('ids', 'int32', dims), input('visible', 'bool', dims)),
          }
        }
        const asked: Asked = {
          words: network.words,
          logits: (ids, rows, _, vectors) =>
            network.packedLogits(ids, rows, packingInputs(), vectors),
        }
        const ids = input('ids', 'int32', ['T'])
        if (output === 'nats') return { nats: cost(asked, ids) }
        const logits = logitsOf(asked, ids)
        return output === 'logits' ? { logits } : { logits, ...summaryGraph(logits, vocabSize) }
      }
      const values = new Map(
        Object.entries(weights).map(([name, { data }]) => [name, data as WeightData]),
      )
      const { decomposed } = device
      const options = { weights: fixed ? values : undefined, decomposed }
      made = device.session(emit(quantisedProducts(graph(), quantised), options))
      sessions.set(output, made)
    }
    return made
  }

  /** Runs queries that fit into memory together. @returns for every asked row its loss, or its logits and summary */
  const run = async (
    output: 'logits' | 'summary' | 'nats',
    queries: readonly Query[],
    priced: readonly PricedQuery[],
    shift: number,
  ): Promise<Logits[]> => {
    const asked = queries.reduce((total, { rows }) => total + rows.length, 0)
    if (asked === 0) return queries.map(() => new Float32Array())
    const laid = queries.map(lay)
    const paired = frame.block !== undefined && output === 'nats'
    const { inputs: canvases, starts } = paired ? pairs(laid, priced.map(cleared)) : pack(laid)
    const inputs = {
      ...canvases,
      ...askedRows(queries, laid, starts, Math.max(asked, 2), shift),
      ...termsOf(queries, priced, Math.max(asked, 2), vectorWidth),
      ...(output === 'summary' ? summaryInputs(queries, vocabSize, ruledOutIds) : {}),
      ...(fixed ? {} : weights),
    }
    const made = await session(output)
    if (output !== 'nats') {
      const result = await made.run(inputs, {}, outputsFor(queries))
      return answersOf(result, queries, vocabSize, (inputs as Record<string, HostTensor>).bans)
    }
    const nats = (await made.run(inputs)).nats.data as Float32Array
    let start = 0
    return queries.map(({ rows }) => {
      const part = nats.subarray(start, start + rows.length)
      start += rows.length
      return part
    })
  }

  /** One text as the network sees it: prefix, text, end. */
  const canvasOf = ({ tokens, labels, before = [] }: Query): Int32Array => {
    const written = before.length + tokens.length
    if (written > context) {
      throw new UnfogError(
        'context_length',
        `a text of ${written} tokens exceeds the ${context} this model can see`,
      )
    }
    const start = frame.prefix + before.length
    const canvas = new Int32Array(start + tokens.length + tail.length)
    writePrefix(frame, canvas, labels)
    canvas.set(before, frame.prefix)
    canvas.set(tokens, start)
    canvas.set(tail, start + tokens.length)
    return canvas
  }

  const lay = (query: Query): Laid => {
    const canvas = canvasOf(query)
    const { tokens, visible } = query
    return { canvas, start: canvas.length - tail.length - tokens.length, visible }
  }

  /** Noisy texts, the clean text of each behind it.
   * @returns inputs of the graph, and where in `ids` each noisy canvas begins */
  const pairs = (laid: readonly Laid[], clean: readonly Int32Array[]): ReturnType<typeof pack> => {
    const length = Math.max(...laid.map(({ canvas }) => canvas.length))
    const ids = new Int32Array(laid.length * 2 * length).fill(tokenizer.special.pad)
    const visible = new Uint8Array(ids.length)
    const starts = laid.map((_, b) => 2 * b * length)
    laid.forEach(({ canvas, start, visible: seen }, b) => {
      for (const from of [starts[b], starts[b] + length]) {
        ids.set(canvas, from)
        visible.fill(1, from, from + canvas.length)
        if (seen) visible.set(Array.from(seen), from + start)
      }
      ids.set(clean[b], starts[b] + length + start)
    })
    const dims = [laid.length, 2, length]
    return { inputs: { ids: { data: ids, dims }, visible: { data: visible, dims } }, starts }
  }

  const { blocks } = config.architecture
  const sees = (position: number, other: number): boolean =>
    blocks
      ? blockNumber(other, blocks) <= blockNumber(position, blocks)
      : !causal || other <= position
  /** What changes together with a position, from … to - 1: where texts are written in blocks, its block. */
  const around = (position: number): [number, number] =>
    blocks ? blockAround(position, blocks) : [position, position + 1]

  const parts = async (queries: readonly PartQuery[]): Promise<Logits[]> =>
    runPart(await session('part'), config.architecture, queries, sees, {
      ...summaryInputs(queries, vocabSize, ruledOutIds),
      ...(fixed ? {} : weights),
    })

  /** Which positions of a canvas are computed, and of how many something is kept then.
   * @param start where its text begins @param rows asked, from the beginning of the canvas on */
  const anewOf = (
    canvas: Int32Array,
    start: number,
    rows: readonly number[],
    memory: Memory,
    fresh: NonNullable<Query['reuse']>['fresh'],
  ): Pick<PartQuery, 'anew' | 'keep'> => {
    if (!fresh) {
      const [from] = around(Math.min(memory.common(canvas), ...rows))
      const to = Math.min(canvas.length, around(Math.max(...rows))[1])
      return { anew: range(from, to), keep: to }
    }
    if ('at' in fresh) {
      const all = new Set([...rows, ...Array.from(fresh.at, (position) => start + position)])
      return { anew: [...all].sort((a, b) => a - b), keep: canvas.length }
    }
    const last = around(Math.max(...rows))[1]
    const to = fresh.to === undefined ? canvas.length : Math.max(last, start + fresh.to)
    return { anew: range(Math.min(start + fresh.from, ...rows), Math.min(canvas.length, to)) }
  }

  /** Queries that keep something: first what is to be kept of canvases not seen yet, then what they ask. */
  const reusing = async (queries: readonly Query[]): Promise<Logits[]> => {
    const asked = queries.map((query) => {
      const { summarise } = query
      const { of, fresh } = query.reuse!
      const canvas = canvasOf(query)
      const start = canvas.length - tail.length - query.tokens.length
      const rows = Array.from(query.rows, (row) => Math.max(0, start + row - frame.shift))
      const known = memories.get(of)
      const memory = known ?? new Memory(config.architecture)
      memories.set(of, memory)
      const base: PartQuery[] = []
      if (fresh && !known) {
        const whole = canvasOf({ ...query, tokens: of })
        const anew = range(0, whole.length)
        base.push({ canvas: whole, anew, rows, memory, keep: whole.length, summarise })
      }
      const part = {
        canvas,
        rows,
        memory,
        summarise,
        ...anewOf(canvas, start, rows, memory, fresh),
      }
      // the first question is about the canvas itself
      const first = base.length > 0 && base[0].canvas.every((id, i) => id === canvas[i])
      return { base, part, first }
    })
    const bases = asked.flatMap(({ base }) => base)
    const rest = asked.filter(({ first }) => !first).map(({ part }) => part)
    const based = bases.length > 0 ? await parts(bases) : []
    const answers = rest.length > 0 ? await parts(rest) : []
    return asked.map(({ base, part, first }) =>
      first ? based[bases.indexOf(base[0])] : answers[rest.indexOf(part)],
    )
  }

  /** Every query by the way it asks for, in order. */
  const answers = async (queries: readonly Query[]): Promise<Logits[]> => {
    expectVectors(queries)
    const keeps = ({ reuse }: Query) =>
      reuse !== undefined && (causal || blocks !== undefined || reuse.fresh !== undefined)
    const [some, others] = [queries.filter(keeps), queries.filter((query) => !keeps(query))]
    const kept = some.length > 0 ? await reusing(some) : []
    const output = others.some(({ summarise }) => summarise) ? 'summary' : 'logits'
    const plain = others.length > 0 ? await inParts(output, others, () => []) : []
    return queries.map((query) => (keeps(query) ? kept : plain).shift()!)
  }

  /** Once more where an id could not be drawn for sure. */
  const decided = async (queries: readonly Query[]): Promise<Logits[]> => {
    const first = await answers(queries)
    const open = queries.filter((query, i) => undecided(query, first[i]))
    if (open.length === 0) return first
    const again = await answers(open.map(withLogits))
    return queries.map((query, i) => {
      const at = open.indexOf(query)
      return at < 0 ? first[i] : again[at]
    })
  }

  const expectVectors = (queries: readonly Query[]): void => {
    if (!noise.vectors || queries.every(({ vectors }) => vectors)) return
    throw new UnfogError(
      'unsupported',
      `a model of ${noise.name} noise is asked about noisy vectors, and there are none: let it write or score texts`,
    )
  }

  /** How canvases lie together where this is asked. */
  const layoutOf = (output: 'logits' | 'summary' | 'nats') =>
    output === 'nats' && frame.block ? layouts.padded : layouts.packed

  const inParts = async <Q extends Query>(
    output: 'logits' | 'summary' | 'nats',
    queries: readonly Q[],
    priced: (part: readonly Q[]) => readonly PricedQuery[],
    shift = frame.shift,
  ): Promise<Logits[]> => {
    const results: Logits[] = []
    const sizes = queries.map(({ tokens, before = [], rows }) => ({
      length: before.length + tokens.length,
      rows: rows.length,
    }))
    for (const part of partsOf(
      sizes,
      device,
      layoutOf(output),
      Math.floor(mostLogits / vocabSize),
    )) {
      const together = part.map((i) => queries[i])
      const answers = await run(output, together, priced(together), shift)
      part.forEach((i, at) => {
        results[i] = answers[at]
      })
    }
    return results
  }

  return {
    vocabSize,
    maskId: tokenizer.special.mask,
    eosId: frame.eosId,
    banned: frame.banned,
    context,
    causal,
    block: frame.block,
    growth: frame.expansion && growthOf(frame.expansion),
    exact: causal || frame.block === 1,
    ended: (text) => (frame.end === 'written' ? ended(text, frame) : text),
    process: learnt,
    words: () =>
      noise.vectors && unitRows(weights.vectors.data as Float32Array, vectorWidth, vocabSize),
    logits: decided,
    rawLogits: async (queries) => {
      expectVectors(queries)
      return inParts('logits', queries, () => [], frame.raw ? 0 : frame.shift)
    },
    losses: (queries) => inParts('nats', queries, (part) => part),
    async dispose() {
      for (const made of sessions.values()) await (await made).dispose()
      sessions.clear()
    },
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

/** The asked rows of all queries, as places in `ids`, and the places that they predict; `count` of them, the last filled
 * up by the first. A shifted head predicts from the place before. */
function askedRows(
  queries: readonly Query[],
  laid: readonly Laid[],
  starts: readonly number[],
  count: number,
  shift: number,
): Record<string, HostTensor> {
  const rows = new Int32Array(count)
  const places = new Int32Array(count)
  let at = 0
  queries.forEach(({ rows: wanted }, b) => {
    const { start } = laid[b]
    for (const position of wanted) {
      // nothing stands before the first position of a canvas: it keeps its own row (Dream's samplers agree)
      places[at] = starts[b] + start + position
      rows[at++] = starts[b] + Math.max(0, start + position - shift)
    }
  })
  for (const list of [rows, places]) list.fill(list[0], at)
  const dims = [count]
  return { rows: { data: rows, dims }, places: { data: places, dims } }
}

/** The true text of a query: its targets where it asks. */
function cleared({ tokens, rows, targets }: PricedQuery): Int32Array {
  const clean = tokens.slice()
  rows.forEach((row, i) => {
    clean[row] = targets[i]
  })
  return clean
}

/** The rows of a table, each divided by its length. */
function unitRows(table: Float32Array, width: number, count: number): Float32Array {
  const units = new Float32Array(table.length)
  for (let row = 0; row < count; row++) {
    const own = table.subarray(row * width, (row + 1) * width)
    const length = Math.sqrt(own.reduce((sum, x) => sum + x * x, 1e-12))
    units.set(
      own.map((x) => x / length),
      row * width,
    )
  }
  return units
}

/** What is told of every asked row, `count` of them; the last are filled up by the first. Prices also hang on the
 * targets, and on the numbers that their noise is made from. */
function termsOf(
  queries: readonly Query[],
  priced: readonly PricedQuery[],
  count: number,
  vectorWidth: number,
): Record<string, HostTensor> {
  const [first] = queries
  const targets = new Int32Array(count).fill(priced[0]?.targets[0] ?? 0)
  const noisy = new Int32Array(count).fill(first?.tokens[first.rows[0]] ?? 0)
  const time = new Float32Array(count).fill(first?.time ?? 1)
  const draws = new Float64Array(count).fill(priced[0]?.draws?.[0] ?? 0.5)
  const seen = new Float32Array(count * vectorWidth)
  const before = new Float32Array(seen.length)
  if (first?.vectors) seen.set(first.vectors.subarray(0, vectorWidth), (count - 1) * vectorWidth)
  let at = 0
  queries.forEach(({ tokens, rows, vectors, recalled, time: t = 1 }, b) => {
    targets.set(priced[b]?.targets ?? [], at)
    draws.set(priced[b]?.draws ?? [], at)
    if (vectors) seen.set(vectors, at * vectorWidth)
    if (recalled) before.set(recalled, at * vectorWidth)
    time.fill(t, at, at + rows.length)
    for (const row of rows) noisy[at++] = tokens[row]
  })
  const dims = [count]
  return {
    targets: { data: targets, dims },
    noisy: { data: noisy, dims },
    time: { data: time, dims },
    seen: { data: seen, dims: [count, vectorWidth] },
    recalled: { data: before, dims: [count, vectorWidth] },
    ...(priced.length > 0 ? { epsilon: epsilonOf(draws, vectorWidth) } : {}),
  }
}
