// Keys and values that are kept between the questions of one text, so that only the rows that can have changed are
// computed again. Where a position sees nothing behind it (attention causal, or in blocks), what stands before the
// first change is as it was: exact. Where it sees everything, a caller may take keys and values of an earlier canvas
// for those of this one (arXiv 2505.22618), or of the canvas as it was when each position was last computed (2505.15781):
// approximate. A text's memory is arrays of the host, which grow with it.
import { input, type Tensor } from '../graph/index.ts'
import type { KeyValues, Transformer, TransformerConfig } from '../nn/index.ts'
import type { HostTensor, Session } from '../runtime/index.ts'
import { answersOf, type Logits, outputsFor, type Summarise, summaryGraph } from './summary.ts'

/** A question about part of a canvas. */
export interface PartQuery {
  /** all of it: prefix, text and end */
  canvas: Int32Array
  /** positions computed anew, ascending. The others that can be seen are kept */
  anew: readonly number[]
  /** asked positions, among those computed anew */
  rows: readonly number[]
  memory: Memory
  /** Of how many positions, from the first on, is something kept afterwards? Nothing of this question without */
  keep?: number
  summarise?: Summarise
}

/** memories grow by so many positions, so that most questions find room */
const growth = 64

/** What is kept of one text. */
export class Memory {
  /** [known] ids whose keys and values are there */
  ids = new Int32Array()
  known = 0
  /** [layers · 2] arrays of [kvHeads, room, headSize]: keys and values of each block */
  arrays: Float32Array[] = []
  room = 0
  readonly #config: TransformerConfig

  constructor(config: TransformerConfig) {
    this.#config = config
  }

  /** Makes room for so many positions, and one that nobody sees. */
  grow(length: number): void {
    if (length < this.room) return
    const { layers, kvHeads, headSize } = this.#config
    const room = Math.ceil((length + 1) / growth) * growth
    this.arrays = Array.from({ length: 2 * layers }, (_, i) => {
      const array = new Float32Array(kvHeads * room * headSize)
      if (this.arrays[i]) spread(this.arrays[i], array, kvHeads)
      return array
    })
    const ids = new Int32Array(room)
    ids.set(this.ids)
    this.ids = ids
    this.room = room
  }

  /** How many positions from the first on are kept as this canvas has them. */
  common(canvas: Int32Array): number {
    let at = 0
    while (at < this.known && at < canvas.length && canvas[at] === this.ids[at]) at++
    return at
  }
}

/** Copies [heads, some] into [heads, more]. */
function spread(from: Float32Array, to: Float32Array, heads: number): void {
  const [some, more] = [from.length / heads, to.length / heads]
  for (let head = 0; head < heads; head++)
    to.set(from.subarray(head * some, (head + 1) * some), head * more)
}

/** The graph that runPart runs, its outputs by name. */
export function partGraph(network: Transformer, config: TransformerConfig): Record<string, Tensor> {
  const { layers, kvHeads, headSize } = config
  const kept = Array.from({ length: layers }, (_, i): KeyValues => {
    const shape = ['B', kvHeads, 'L', headSize]
    return {
      key: input(`key.${i}`, 'float', shape),
      value: input(`value.${i}`, 'float', shape),
    }
  })
  const { logits, made } = network.windowLogits(
    input('ids', 'int32', ['B', 'N']),
    input('rows', 'int32', ['R']),
    {
      places: input('places', 'int32', ['B', 'N']),
      slots: input('slots', 'int32', ['B', kvHeads, 'N']),
      visible: input('visible', 'bool', ['B', 'N', 'L']),
      kept,
    },
  )
  return {
    logits,
    ...summaryGraph(logits, config.vocabSize),
    ...Object.fromEntries(
      made.flatMap(({ key, value }, i) => [
        [`made.key.${i}`, key],
        [`made.value.${i}`, value],
      ]),
    ),
  }
}

/** Asks parts of canvases.
 * @param sees may the position see the other?
 * @param more further inputs of the graph
 * @returns logits of the asked rows, and their summaries, per query */
export async function runPart(
  session: Session,
  config: TransformerConfig,
  queries: readonly PartQuery[],
  sees: (position: number, other: number) => boolean,
  more: Readonly<Record<string, HostTensor>> = {},
): Promise<Logits[]> {
  const { layers, kvHeads, headSize, vocabSize } = config
  const B = queries.length
  const endOf = ({ anew, memory }: PartQuery) => Math.max(anew[anew.length - 1] + 1, memory.known)
  for (const query of queries) query.memory.grow(endOf(query))
  // one query row alone would take another path through the kernels
  const N = Math.max(2, ...queries.map(({ anew }) => anew.length))
  const L = Math.max(...queries.map(({ memory }) => memory.room))
  const ids = new Int32Array(B * N)
  const places = new Int32Array(B * N)
  const slots = new Int32Array(B * kvHeads * N)
  const visible = new Uint8Array(B * N * L)
  const rows: number[] = []
  for (const [b, query] of queries.entries()) {
    const { canvas, anew, rows: asked } = query
    for (let i = 0; i < N; i++) {
      // what fills a window up stands where its first position does, and is written to the last place, which nobody sees
      const position = anew[i] ?? anew[0]
      const slot = anew[i] ?? L - 1
      if (i < anew.length) ids[b * N + i] = canvas[position]
      places[b * N + i] = position
      for (let head = 0; head < kvHeads; head++)
        slots[(b * kvHeads + head) * N + i] = (b * kvHeads + head) * L + slot
    }
    const end = endOf(query)
    for (let i = 0; i < N; i++) {
      const start = (b * N + i) * L
      const position = places[b * N + i]
      for (let other = 0; other < end; other++)
        visible[start + other] = sees(position, other) ? 1 : 0
    }
    const at = new Map(anew.map((position, i) => [position, i]))
    for (const row of asked) rows.push(b * N + (at.get(row) as number))
  }
  while (rows.length < 2) rows.push(rows[0] ?? 0)
  const names = Array.from({ length: layers }, (_, i) => [`key.${i}`, `value.${i}`]).flat()
  const dims = [B, kvHeads, L, headSize]
  const kept = names.map((name, i) => [name, { data: joined(queries, i, kvHeads, L), dims }])
  const inputs = {
    ids: { data: ids, dims: [B, N] },
    places: { data: places, dims: [B, N] },
    slots: { data: slots, dims: [B, kvHeads, N] },
    visible: { data: visible, dims: [B, N, L] },
    rows: { data: Int32Array.from(rows), dims: [rows.length] },
    ...Object.fromEntries(kept),
    ...more,
  }
  const made = queries.some(({ keep }) => keep !== undefined)
    ? names.map((name) => `made.${name}`)
    : []
  const result = await session.run(inputs, {}, [...outputsFor(queries), ...made])
  for (const [b, query] of queries.entries()) {
    if (query.keep === undefined) continue
    names.forEach((name, i) => {
      const made = result[`made.${name}`].data as Float32Array
      const size = made.length / B
      put(query, made.subarray(b * size, (b + 1) * size), i, kvHeads, N)
    })
    for (const position of query.anew) query.memory.ids[position] = query.canvas[position]
    query.memory.known = query.keep
  }
  return answersOf(result, queries, vocabSize, more.bans)
}

/** One array of every memory as a batch; of a single text its own, not copied. */
function joined(
  queries: readonly PartQuery[],
  index: number,
  heads: number,
  length: number,
): Float32Array {
  const [{ memory }] = queries
  if (queries.length === 1) return memory.arrays[index]
  const size = (memory.arrays[index].length / memory.room) * length
  const all = new Float32Array(queries.length * size)
  queries.forEach(({ memory: { arrays } }, b) => {
    spread(arrays[index], all.subarray(b * size, (b + 1) * size), heads)
  })
  return all
}

/** Writes what was made, [kvHeads, N, headSize], to its places. */
function put(
  { memory, anew }: PartQuery,
  made: Float32Array,
  index: number,
  heads: number,
  N: number,
): void {
  const array = memory.arrays[index]
  const size = made.length / heads / N
  for (let head = 0; head < heads; head++)
    for (const [i, position] of anew.entries()) {
      const own = made.subarray((head * N + i) * size, (head * N + i + 1) * size)
      array.set(own, (head * memory.room + position) * size)
    }
}
