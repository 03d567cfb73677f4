// From a batch of clean text to what the network sees and what it must predict: labels dropped, noise times drawn,
// text corrupted, rows listed. Every number depends on (seed, step, position, purpose), so a step is the same
// whenever it runs.
import { endedLength, type Framing, writePrefix } from '../model/framing.ts'
import { epsilonOf } from '../model/undone.ts'
import type { Noise, Schedule, Times } from '../noise/index.ts'
import { blocksOf, spread } from '../noise/index.ts'
import type { Random } from '../random/index.ts'
import type { HostTensor } from '../runtime/index.ts'
import type { Batch } from '../text/index.ts'

export interface Corruption {
  noise: Noise
  schedule: Schedule
  times: Times
  /** noisy versions of each text, at one time; 1 without. They lie behind each other, each a batch */
  versions?: number
  dropAll: number
  dropEach: number
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

export type Feeds = Record<
  'ids' | 'rows' | 'places' | 'targets' | 'noisy' | 'time' | 'epsilon' | 'importance',
  HostTensor
>

/** Inputs of the training graph for one batch. */
export function corruptBatch(
  batch: Batch,
  framing: Framing,
  { noise, schedule, times, versions = 1, dropAll, dropEach, vectorWidth = 0 }: Corruption,
  random: Random,
  step: number,
): Feeds {
  const { tokens, length } = withEnds(batch, framing)
  const { rows: count } = batch
  const slots = framing.tokenizer.labels.length
  const { prefix, words } = framing
  const { mask } = framing.tokenizer.special
  const canvasLength = prefix + length
  const writable = framing.end === 'given' ? length - 1 : length
  // what is only read is never hidden, nor asked for, nor counted
  const learnt = versions * batch.given.reduce((sum, given) => sum + writable - given, 0)
  // a network that sees blocks is shown the clean text too, behind the noisy one
  const paired = framing.block !== undefined
  const stride = paired ? 2 * canvasLength : canvasLength
  const ids = new Int32Array(versions * count * stride)
  const rows: number[] = []
  const targets: number[] = []
  const noisyTokens: number[] = []
  const places: number[] = []
  const draws: number[] = []
  const time: number[] = []
  const importance: number[] = []
  const keptLabels = (said: Int32Array, row: number): Int32Array => {
    const draw = (i: number) => random.uniform(step, row * (slots + 1) + i, 'dropout')
    const none = draw(0) < dropAll
    return said.map((id, slot) =>
      none || draw(1 + slot) < dropEach ? framing.tokenizer.labels[slot].unknown : id,
    )
  }
  const blocks = blocksOf(length, framing.block)
  const evenly = spread(random.uniform(step, 0, 'time'), count * blocks.length)
  for (let canvasIndex = 0; canvasIndex < versions * count; canvasIndex++) {
    const b = canvasIndex % count
    const start = canvasIndex * stride
    const clean = tokens.subarray(b * length, (b + 1) * length)
    const canvas = ids.subarray(start, start + canvasLength)
    writePrefix(framing, canvas, keptLabels(batch.labels.subarray(b * slots, (b + 1) * slots), b))
    if (paired) {
      const beside = ids.subarray(start + canvasLength, start + stride)
      beside.set(canvas.subarray(0, prefix))
      beside.set(clean, prefix)
    }
    blocks.forEach(([from, to], block) => {
      // a block of one word is all fog when it is written
      const certain = framing.block === 1
      const t = certain ? 1 : times.draw(evenly[block * count + b])
      const weight = certain ? 1 : times.correction(t)
      const drawn = (position: number) =>
        random.uniform(step, canvasIndex * length + position, 'mask')
      const noisy = noise.corrupt(
        clean.subarray(from, to),
        t,
        { maskId: mask, words, schedule },
        (i) => (from + i >= batch.given[b] && from + i < writable ? drawn(from + i) : 1),
      )
      canvas.set(noisy, prefix + from)
      for (const at of noise.rows(noisy, mask)) {
        const position = from + at
        if (position < batch.given[b] || position >= writable) continue
        places.push(start + prefix + position)
        rows.push(start + prefix + position - framing.shift)
        draws.push(vectorWidth > 0 ? drawn(position) : 0)
        targets.push(clean[position])
        noisyTokens.push(noisy[at])
        time.push(t)
        importance.push(weight / learnt)
      }
    })
  }
  const vector = (data: Int32Array | Float32Array): HostTensor => ({ data, dims: [data.length] })
  return {
    ids: {
      data: ids,
      dims: paired ? [versions * count, 2, canvasLength] : [versions * count, canvasLength],
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
