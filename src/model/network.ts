// A network ready to be asked: canvases in, logits or losses of the asked rows out. It hides prefixes, shifted heads
// and padding. With fixed weights (initialisers of the graph) a row's numbers are bitwise the same in every batch
// (measured on the cpu; a single row is asked twice, because one row alone takes another path through the kernels).
import { UnfogError } from '../error/index.ts'
import { crossEntropy, emit, input } from '../graph/index.ts'
import { transformer } from '../nn/index.ts'
import type { Device, HostTensor, Session } from '../runtime/index.ts'
import type { Tokenizer } from '../text/index.ts'
import type { ModelConfig } from './config.ts'
import { ended, framing, longestText, writePrefix } from './framing.ts'

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
  /** is a loss -log p itself, since every word is paid from those before it? */
  readonly exact: boolean
  /** A text as the model writes it: with its end, where it writes one. */
  ended(text: Int32Array): Int32Array
  /** Logits that predict the asked positions, [rows × vocabSize] per query.
   * @throws UnfogError `context_length` for a text that is too long */
  logits(queries: readonly Query[]): Promise<Float32Array[]>
  /** The same; of a released model the rows that stand at those positions, see `Framing.raw`. */
  rawLogits(queries: readonly Query[]): Promise<Float32Array[]>
  /** Cross-entropy in nats of the asked rows against targets, [rows] per query. Of a network that sees blocks, with the
   * true text before each block. */
  losses(queries: readonly (Query & { targets: Int32Array })[]): Promise<Float32Array[]>
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
  const context = longestText(config, tokenizer) + (frame.end === 'written' ? 1 : 0)
  const tail = frame.end === 'given' ? [tokenizer.special.eos] : []
  const sessions = new Map<string, Promise<Session>>()

  const session = (output: 'logits' | 'nats'): Promise<Session> => {
    let made = sessions.get(output)
    if (!made) {
      // whoever draws from logits bans what is banned, once more or at all; a loss is taken here
      const shown = frame.raw && output === 'logits'
      const network = transformer(config.architecture, shown ? [] : frame.banned)
      const dims = output === 'nats' && frame.block ? ['B', 2, 'L'] : ['B', 'L']
      const ids = input('ids', 'int32', dims)
      const visible = input('visible', 'bool', dims)
      const logits = network.logits(ids, input('rows', 'int32', ['R']), visible)
      const result =
        output === 'logits' ? logits : crossEntropy(logits, input('targets', 'int32', ['R']))
      const values = new Map(
        Object.entries(weights).map(([name, { data }]) => [name, data as Float32Array]),
      )
      const { decomposed } = device
      const options = { weights: fixed ? values : undefined, decomposed }
      made = device.session(emit({ [output]: result }, options))
      sessions.set(output, made)
    }
    return made
  }

  /** Runs queries that fit into memory together. @returns width numbers for every asked row */
  const run = async (
    output: 'logits' | 'nats',
    queries: readonly Query[],
    targets: Int32Array[],
    shift: number,
  ): Promise<Float32Array[]> => {
    const asked = queries.reduce((total, { rows }) => total + rows.length, 0)
    if (asked === 0) return queries.map(() => new Float32Array())
    const canvases = layCanvases(
      queries,
      asked,
      shift,
      frame.block && output === 'nats' ? queries.map(cleared(targets)) : undefined,
    )
    const row = new Int32Array(Math.max(asked, 2)).fill(targets[0]?.[0] ?? 0)
    let at = 0
    for (const list of targets) {
      row.set(list, at)
      at += list.length
    }
    const inputs = {
      ...canvases,
      targets: { data: row, dims: [row.length] },
      ...(fixed ? {} : weights),
    }
    const data = (await (await session(output)).run(inputs))[output].data as Float32Array
    const width = output === 'logits' ? vocabSize : 1
    let start = 0
    return queries.map(({ rows }) => {
      const part = data.subarray(start * width, (start + rows.length) * width)
      start += rows.length
      return part
    })
  }

  const layCanvases = (
    queries: readonly Query[],
    asked: number,
    shift: number,
    clean?: readonly Int32Array[],
  ): Record<string, HostTensor> => {
    const longest = Math.max(
      ...queries.map(({ tokens, before = [] }) => before.length + tokens.length),
    )
    if (longest > context) {
      throw new UnfogError(
        'context_length',
        `a text of ${longest} tokens exceeds the ${context} this model can see`,
      )
    }
    const length = frame.prefix + longest + tail.length
    // the clean text of a pair lies behind the noisy one
    const texts = clean ? 2 : 1
    const ids = new Int32Array(queries.length * texts * length).fill(tokenizer.special.pad)
    const visible = new Uint8Array(queries.length * texts * length)
    const rows = new Int32Array(Math.max(asked, 2))
    let at = 0
    queries.forEach(({ tokens, rows: wanted, labels, before = [], visible: seen }, b) => {
      const start = frame.prefix + before.length
      for (let text = 0; text < texts; text++) {
        const from = (b * texts + text) * length
        const canvas = ids.subarray(from, from + length)
        writePrefix(frame, canvas, labels)
        canvas.set(before, frame.prefix)
        canvas.set(text === 0 ? tokens : clean![b], start)
        canvas.set(tail, start + tokens.length)
        visible.fill(1, from, from + start + tokens.length + tail.length)
        if (seen) visible.set(Array.from(seen), from + start)
      }
      for (const position of wanted) {
        // nothing stands before the first position of a canvas: it keeps its own row (Dream's samplers agree)
        rows[at++] = b * texts * length + Math.max(0, start + position - shift)
      }
    })
    if (asked === 1) rows[1] = rows[0]
    const dims = clean ? [queries.length, 2, length] : [queries.length, length]
    return {
      ids: { data: ids, dims },
      visible: { data: visible, dims },
      rows: { data: rows, dims: [rows.length] },
    }
  }

  const inParts = async <Q extends Query>(
    output: 'logits' | 'nats',
    queries: readonly Q[],
    targets: (query: Q) => Int32Array[],
    shift = frame.shift,
  ): Promise<Float32Array[]> => {
    const results: Float32Array[] = []
    for (let from = 0; from < queries.length; ) {
      let to = from
      for (let rows = 0; to < queries.length; to++) {
        rows += queries[to].rows.length
        if (to > from && rows * vocabSize > mostLogits) break
      }
      const part = queries.slice(from, to)
      results.push(...(await run(output, part, part.flatMap(targets), shift)))
      from = to
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
    exact: causal || frame.block === 1,
    ended: (text) => (frame.end === 'written' ? ended(text, frame) : text),
    logits: (queries) => inParts('logits', queries, () => []),
    rawLogits: (queries) => inParts('logits', queries, () => [], frame.raw ? 0 : frame.shift),
    losses: (queries) => inParts('nats', queries, ({ targets }) => [targets]),
    async dispose() {
      for (const made of sessions.values()) await (await made).dispose()
      sessions.clear()
    },
  }
}

/** The true text of a query: its targets where it asks. */
const cleared =
  (targets: readonly Int32Array[]) =>
  ({ tokens, rows }: Query, query: number): Int32Array => {
    const clean = tokens.slice()
    rows.forEach((row, i) => {
      clean[row] = targets[query][i]
    })
    return clean
  }
