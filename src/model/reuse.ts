// Questions that keep something for later ones: which positions of a canvas are computed, and which are taken as they
// were. What the memory is made of, and how a part is asked, is in kept.ts.
import { blockAround, blockNumber } from '../graph/index.ts'
import type { TransformerConfig } from '../nn/index.ts'
import { Memory, type PartQuery } from './kept.ts'
import type { Query } from './query.ts'
import type { Logits } from './summary.ts'

/** Does a network see nothing behind a position, or its block? Then what stands before a change is as it was. */
export const seesBackAlone = ({ attention }: Pick<TransformerConfig, 'attention'>): boolean =>
  attention !== 'full'

/** May a position see another? */
export function seeing({
  attention,
  blocks,
}: TransformerConfig): (position: number, other: number) => boolean {
  if (blocks)
    return (position, other) => blockNumber(other, blocks) <= blockNumber(position, blocks)
  return attention === 'causal' ? (position, other) => other <= position : () => true
}

/** How canvases of a network are laid out, and parts of them asked. */
export interface Parts {
  /** rows that a prediction stands before its place */
  shift: number
  /** the whole canvas of a query, and where its text begins */
  canvasOf(query: Query): { canvas: Int32Array; start: number }
  ask(queries: readonly PartQuery[]): Promise<Logits[]>
}

/** Asks queries that have `reuse`: first what is to be kept of canvases not seen yet, then what they ask. */
export function rememberer(
  architecture: TransformerConfig,
  { shift, canvasOf, ask }: Parts,
): (queries: readonly Query[]) => Promise<Logits[]> {
  const memories = new WeakMap<Int32Array, Memory>()
  const partOf = (query: Query) => {
    const { summarise } = query
    const { of, fresh } = query.reuse!
    const { canvas, start } = canvasOf(query)
    const rows = Array.from(query.rows, (row) => Math.max(0, start + row - shift))
    const known = memories.get(of)
    const memory = known ?? new Memory(architecture)
    memories.set(of, memory)
    const base: PartQuery[] = []
    if (fresh && !known) {
      const { canvas: whole } = canvasOf({ ...query, tokens: of })
      const anew = range(0, whole.length)
      base.push({ canvas: whole, anew, rows, memory, keep: whole.length, summarise })
    }
    const anew = anewOf(architecture, { canvas, start, rows, memory, fresh })
    const part: PartQuery = { canvas, rows, memory, summarise, ...anew }
    // the first question is about the canvas itself
    const first = base.length > 0 && base[0].canvas.every((id, i) => id === canvas[i])
    return { base, part, first }
  }
  return async (queries) => {
    const asked = queries.map(partOf)
    const bases = asked.flatMap(({ base }) => base)
    const rest = asked.filter(({ first }) => !first).map(({ part }) => part)
    const based = bases.length > 0 ? await ask(bases) : []
    const answers = rest.length > 0 ? await ask(rest) : []
    return asked.map(({ base, part, first }) =>
      first ? based[bases.indexOf(base[0])] : answers[rest.indexOf(part)],
    )
  }
}

/** Which positions of a canvas are computed, and of how many something is kept then.
 * @param start where its text begins  @param rows asked, from the beginning of the canvas on */
function anewOf(
  { blocks }: Pick<TransformerConfig, 'blocks'>,
  {
    canvas,
    start,
    rows,
    memory,
    fresh,
  }: Pick<PartQuery, 'canvas' | 'rows' | 'memory'> & {
    start: number
    fresh: NonNullable<Query['reuse']>['fresh']
  },
): Pick<PartQuery, 'anew' | 'keep'> {
  /** What changes together with a position, from … to - 1: where texts are written in blocks, its block. */
  const around = (position: number): [number, number] =>
    blocks ? blockAround(position, blocks) : [position, position + 1]
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

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)
