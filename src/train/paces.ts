// How a step learns the paces of words: the graph differentiates the cost of the noisy texts that were drawn, and here
// comes what the paces do to which are drawn.
import type { Framing } from '../model/framing.ts'
import { addLeaveOneOut, type Noise, type Schedule } from '../noise/index.ts'
import type { Batch } from '../text/index.ts'
import { type Feeds, withEnds, writableEnd } from './corrupt.ts'

/** noisy versions of a text, of which each is the others' baseline: the least there can be, as GenMD4 has them */
export const versions = 2

/** @param into [V] the gradient that the graph has written
 * @param nats [R] the graph's, of the rows of `feeds` */
export function addPaceGradient(
  into: Float32Array,
  batch: Batch,
  feeds: Feeds,
  nats: ArrayLike<number>,
  { noise, schedule, framing }: { noise: Noise; schedule: Schedule; framing: Framing },
): void {
  if (!noise.paces) return
  const { tokens, length } = withEnds(batch, framing)
  const { prefix, tokenizer } = framing
  const maskId = tokenizer.special.mask
  const [count, stride] = [batch.rows, prefix + length]
  const costs = new Float64Array(versions * count)
  const times = new Float64Array(count)
  Array.from(feeds.rows.data).forEach((row, r) => {
    const canvas = Math.floor(row / stride)
    costs[canvas] += nats[r]
    times[canvas % count] = feeds.time.data[r]
  })
  const writable = writableEnd(length, framing)
  for (let b = 0; b < count; b++) {
    // no version has a word in the fog, and so none costs anything
    if (times[b] === 0) continue
    const canvases = Array.from({ length: versions }, (_, version) => version * count + b)
    const noisy = canvases.map((canvas) => {
      const start = canvas * stride + prefix
      return feeds.ids.data.slice(start + batch.given[b], start + writable) as Int32Array
    })
    addLeaveOneOut(
      into,
      {
        clean: tokens.subarray(b * length + batch.given[b], b * length + writable),
        time: times[b],
        noisy,
        costs: canvases.map((canvas) => costs[canvas]),
      },
      noise.paces,
      { maskId, schedule },
    )
  }
}
