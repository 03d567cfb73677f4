// A network ready to be asked: canvases in, logits or losses of the asked rows out. It hides prefixes, shifted heads
// and how canvases lie together. With fixed weights (initialisers of the graph) a row's numbers are bitwise the same in
// every batch (measured on the cpu; a single row is asked twice, because one row alone takes another path through the
// kernels).
import { UnfogError } from '../error/index.ts'
import { emit, quantisedProducts } from '../graph/index.ts'
import { type Growth, growthOf, noiseOf, type Process } from '../noise/index.ts'
import type { Device, HostTensor, Session } from '../runtime/index.ts'
import type { Tokenizer } from '../text/index.ts'
import type { ModelConfig } from './config.ts'
import { ended, framing, longestText, writePrefix } from './framing.ts'
import { formsOf, graphsOf, type Output } from './graphs.ts'
import { runPart } from './kept.ts'
import { type Laid, pack } from './packing.ts'
import { layouts, partsOf } from './parts.ts'
import type { WeightData } from './quantise.ts'
import { askedRows, cleared, type PricedQuery, type Query, termsOf } from './query.ts'
import { rememberer, seeing, seesBackAlone } from './reuse.ts'
import {
  answersOf,
  type Logits,
  outputsFor,
  summaryInputs,
  undecided,
  withLogits,
} from './summary.ts'

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
  const values = (name: string) => weights[name]?.data as Float32Array | undefined
  const learnt: Process = { ...noiseOf(config.noise, values), words: frame.words }
  const context = longestText(config, tokenizer) + (frame.end === 'written' ? 1 : 0)
  const tail = frame.end === 'given' ? [tokenizer.special.eos] : []
  const sessions = new Map<Output, Promise<Session>>()
  const { noise } = learnt
  const vectorWidth = noise.vectors ? (config.architecture.vectors?.width ?? 0) : 0
  /** a released model shows the logits of banned ids, whoever draws from them bans what is banned */
  const ruledOut = frame.raw ? [] : frame.banned
  const ruledOutIds = new Set(ruledOut)

  const graphOf = graphsOf(config.architecture, frame, {
    process: learnt,
    maskId: tokenizer.special.mask,
    ruledOut,
  })
  const session = (output: Output): Promise<Session> => {
    let made = sessions.get(output)
    if (!made) {
      const values = new Map(
        Object.entries(weights).map(([name, { data }]) => [name, data as WeightData]),
      )
      const options = { weights: fixed ? values : undefined, decomposed: device.decomposed }
      made = device.session(emit(quantisedProducts(graphOf(output), formsOf(values)), options))
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

  const remembers = seesBackAlone(config.architecture)
  const sees = seeing(config.architecture)
  const reusing = rememberer(config.architecture, {
    shift: frame.shift,
    canvasOf: lay,
    ask: async (queries) =>
      runPart(await session('part'), config.architecture, queries, sees, {
        ...summaryInputs(queries, vocabSize, ruledOutIds),
        ...(fixed ? {} : weights),
      }),
  })

  /** Every query by the way it asks for, in order. */
  const answers = async (queries: readonly Query[]): Promise<Logits[]> => {
    expectVectors(queries)
    const keeps = ({ reuse }: Query) =>
      reuse !== undefined && (remembers || reuse.fresh !== undefined)
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
