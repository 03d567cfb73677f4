// From a batch of clean text to what the network sees and what it must predict: labels dropped, noise times drawn,
// text corrupted, rows listed. Every number depends on (seed, step, position, purpose), so a step is the same
// whenever it runs.
import { endedLength, type Framing, writePrefix } from '../model/framing.ts'
import { epsilonOf } from '../model/undone.ts'
import type { Noise, Schedule, Times } from '../noise/index.ts'
import { blocksOf, spread, timeOf } from '../noise/index.ts'
import type { Random } from '../random/index.ts'
import type { HostTensor } from '../runtime/index.ts'
import type { Batch } from '../text/index.ts'
import { oppositeTime, pairedCorrection } from './noise-times.ts'

export interface Corruption {
  noise: Noise
  schedule: Schedule
  times: Times
  /** noisy versions of each text, at one time; 1 without. They lie behind each other, each a batch */
  versions?: number
  dropAll: number
  dropEach: number
  /** does each text come twice, the second time with exactly the words in the fog that stood the first time? For noise
   * in which words settle (arXiv 2505.16839) */
  complementary?: boolean
  /** numbers of a word's vector, under noise on embeddings; none without */
  vectorWidth?: number
}

/** Text of every row, with its end token where texts have one. */
export function withEnds(batch: Batch, framing: Framing): { tokens: Int32Array; length: number } {
  const { tokenizer, end } = framing
  if (end === 'none') return batch
  const length = endedLength(batch.length, framing)
  const tokens = new Int32Array(batch.rows * length).fill(tokenizer.special.eos)
  for (let row = 0; row < batch.rows; row++) {
    tokens.set(batch.tokens.subarray(row * batch.length, (row + 1) * batch.length), row * length)
  }
  return { tokens, length }
}

/** Where of such a text ends what can be hidden: an end that is given never is. */
export const writableEnd = (length: number, { end }: Pick<Framing, 'end'>): number =>
  end === 'given' ? length - 1 : length

export type Feeds = Record<
  'ids' | 'rows' | 'places' | 'targets' | 'noisy' | 'time' | 'epsilon' | 'importance',
  HostTensor
> & {
  /** [B, L] 0 where a position is padding, of texts that are not of one length */
  visible?: HostTensor
}

/** What is said of each text of a batch, with labels dropped at random.
 * @returns the labels that are kept of those of a row */
export const keptLabels =
  (
    { tokenizer }: Framing,
    { dropAll, dropEach }: Pick<Corruption, 'dropAll' | 'dropEach'>,
    random: Random,
    step: number,
  ) =>
  ({ labels }: Batch, row: number): Int32Array => {
    const slots = tokenizer.labels.length
    const draw = (i: number) => random.uniform(step, row * (slots + 1) + i, 'dropout')
    const none = draw(0) < dropAll
    return labels
      .subarray(row * slots, (row + 1) * slots)
      .map((id, slot) => (none || draw(1 + slot) < dropEach ? tokenizer.labels[slot].unknown : id))
  }

export const vector = (data: Int32Array | Float32Array): HostTensor => ({
  data,
  dims: [data.length],
})

/** How often a text of a batch is seen. */
export const viewsIn = ({
  complementary,
  versions = 1,
}: Pick<Corruption, 'complementary' | 'versions'>): number => (complementary ? 2 : versions)

/** A noisy look at a part of a text. */
interface View {
  /** of the views of a text */
  index: number
  noisy: Int32Array
  t: number
  /** what its rows count, beside the price of its time */
  weight: number
}

/** The looks that a batch takes at a part of a text: one, several at one time, or two that hide each word once.
 * @param corrupted the part at time t, in a version of its own for every index
 * @param opposite with exactly those words in the fog that stand in a noisy text */
function viewsOf(
  corrupted: (index: number) => Int32Array,
  opposite: (noisy: Int32Array) => Int32Array,
  t: number,
  corruption: Corruption,
): View[] {
  const { complementary, schedule, times } = corruption
  if (!complementary) {
    const weight = times.correction(t)
    return Array.from({ length: viewsIn(corruption) }, (_, index) => ({
      index,
      noisy: corrupted(index),
      t,
      weight,
    }))
  }
  const weight = (time: number) => pairedCorrection(times, schedule, time)
  const later = oppositeTime(schedule, t)
  const noisy = corrupted(0)
  return [
    { index: 0, noisy, t, weight: weight(t) },
    { index: 1, noisy: opposite(noisy), t: later, weight: weight(later) },
  ]
}

/** How a text of the batch stands on its way out of the fog, and the share of it that is hidden. */
export type Standing = (b: number) => { noisy: Int32Array; hidden: number }

/** A look at a text as it stands. It counts as at the time at which so much is hidden on average. */
const viewAt = ({ noisy, hidden }: ReturnType<Standing>, { schedule }: Corruption): View => ({
  index: 0,
  noisy,
  t: hidden === 0 ? 1 : timeOf(schedule, hidden),
  weight: 1,
})

/** Inputs of the training graph for one batch.
 * @param standing how its texts stand; they are hidden at random without */
export function corruptBatch(
  batch: Batch,
  framing: Framing,
  corruption: Corruption,
  random: Random,
  step: number,
  standing?: Standing,
): Feeds {
  const { noise, schedule, times, vectorWidth = 0 } = corruption
  const { tokens, length } = withEnds(batch, framing)
  const { rows: texts } = batch
  const views = viewsIn(corruption)
  const count = views * texts
  const { prefix, words } = framing
  const { mask } = framing.tokenizer.special
  const canvasLength = prefix + length
  const writable = writableEnd(length, framing)
  // what is only read is never hidden, nor asked for, nor counted
  const learnt = views * batch.given.reduce((sum, given) => sum + writable - given, 0)
  // a network that sees blocks is shown the clean text too, behind the noisy one
  const paired = framing.block !== undefined
  const stride = paired ? 2 * canvasLength : canvasLength
  const ids = new Int32Array(count * stride)
  const rows: number[] = []
  const targets: number[] = []
  const noisyTokens: number[] = []
  const places: number[] = []
  const draws: number[] = []
  const time: number[] = []
  const importance: number[] = []
  const kept = keptLabels(framing, corruption, random, step)
  const drawn = (canvas: number, position: number) =>
    random.uniform(step, canvas * length + position, 'mask')
  /** Writes a view of a part of text b to its canvas, and lists what is paid for in it. */
  const show = (b: number, from: number, { noisy, t, weight, index }: View) => {
    const begin = (index * texts + b) * stride + prefix
    ids.set(noisy, begin + from)
    if (weight === 0) return
    for (const at of noise.rows(noisy, mask)) {
      const position = from + at
      if (position < batch.given[b] || position >= writable) continue
      places.push(begin + position)
      rows.push(begin + position - framing.shift)
      draws.push(vectorWidth > 0 ? drawn(index * texts + b, position) : 0)
      targets.push(tokens[b * length + position])
      noisyTokens.push(noisy[at])
      time.push(t)
      importance.push(weight / learnt)
    }
  }
  const blocks = blocksOf(length, framing.block)
  const evenly = spread(random.uniform(step, 0, 'time'), texts * blocks.length)
  for (let row = 0; row < count; row++) {
    const b = row % texts
    const canvas = ids.subarray(row * stride, row * stride + canvasLength)
    writePrefix(framing, canvas, kept(batch, b))
    if (paired) {
      const beside = ids.subarray(row * stride + canvasLength, (row + 1) * stride)
      beside.set(canvas.subarray(0, prefix))
      beside.set(tokens.subarray(b * length, (b + 1) * length), prefix)
    }
  }
  for (let b = 0; b < texts; b++) {
    const clean = tokens.subarray(b * length, (b + 1) * length)
    blocks.forEach(([from, to], block) => {
      const part = clean.subarray(from, to)
      const written = (i: number) => from + i >= batch.given[b] && from + i < writable
      // a block of one word is all fog when it is written
      const t = framing.block === 1 ? 1 : times.draw(evenly[block * texts + b])
      const corrupted = (index: number) =>
        noise.corrupt(part, t, { maskId: mask, words, schedule }, (i) =>
          written(i) ? drawn(index * texts + b, from + i) : 1,
        )
      const opposite = (noisy: Int32Array) =>
        part.map((token, i) => (written(i) && noisy[i] !== mask ? mask : token))
      const views = standing
        ? [viewAt(standing(b), corruption)]
        : viewsOf(corrupted, opposite, t, corruption)
      for (const view of views) show(b, from, view)
    })
  }
  return {
    ids: {
      data: ids,
      dims: paired ? [count, 2, canvasLength] : [count, canvasLength],
    },
    rows: vector(Int32Array.from(rows)),
    places: vector(Int32Array.from(places)),
    targets: vector(Int32Array.from(targets)),
    noisy: vector(Int32Array.from(noisyTokens)),
    time: vector(Float32Array.from(time)),
    epsilon: epsilonOf(draws, vectorWidth),
    importance: vector(Float32Array.from(importance)),
  }
}
