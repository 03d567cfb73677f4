// A batch for a model that chooses how long its texts are: each under a forest of its own, opened as far as its time says
// (src/noise/expansion.ts). Canvases are then of different lengths, and what fills up the shorter ones is seen by nobody.

import type { Framing } from '../model/framing.ts'
import { writePrefix } from '../model/framing.ts'
import { epsilonOf } from '../model/undone.ts'
import { type Expansion, growthOf, levelsOf, spread, underForest } from '../noise/index.ts'
import { type Random, stream } from '../random/index.ts'
import type { Batch } from '../text/index.ts'
import { type Corruption, type Feeds, keptLabels, vector } from './corrupt.ts'

/** Draws until a canvas fits: of a text that is nearly as long as the context some do not. */
const mostTries = 100

/** @returns batches as `corruptBatch` makes them of texts whose masks are one word each */
export function expandedBatches(framing: Framing, expansion: Expansion) {
  const { forests } = growthOf(expansion)
  const { tokenizer, prefix, shift } = framing
  const { mask, eos, pad } = tokenizer.special
  const ids = { ...expansion, maskId: mask }

  /** A text at a level of noise, in a canvas that fits. */
  const hidden = (clean: Int32Array, level: number, room: number, next: () => number) => {
    const known = forests(clean.length)
    for (let tries = 1; ; tries++) {
      const forest = known.draw(next)
      const found = underForest(clean, forest, levelsOf(forest, next), level, ids)
      if (found.noisy.length <= room || tries === mostTries) return found
    }
  }

  return (
    batch: Batch,
    corruption: Pick<Corruption, 'schedule' | 'times' | 'dropAll' | 'dropEach'>,
    random: Random,
    step: number,
  ): Feeds => {
    const { rows: texts, length, given } = batch
    const { schedule, times } = corruption
    const next = stream(random, 'mask', step)
    const evenly = spread(random.uniform(step, 0, 'time'), texts)
    const canvases = Array.from({ length: texts }, (_, b) => {
      const text = batch.tokens.subarray(b * length, (b + 1) * length)
      const before = text.subarray(0, given[b])
      const t = times.draw(evenly[b])
      const room = expansion.most - before.length
      const part = hidden(text.subarray(given[b]), 1 - schedule.survival(t), room, next)
      return { before, t, ...part }
    })
    const learnt = texts * length - given.reduce((sum, n) => sum + n, 0)
    const longest = Math.max(...canvases.map(({ before, noisy }) => before.length + noisy.length))
    const stride = prefix + longest + 1
    const all = new Int32Array(texts * stride).fill(pad)
    const visible = new Uint8Array(texts * stride)
    const kept = keptLabels(framing, corruption, random, step)
    const rows: number[] = []
    const targets: number[] = []
    const time: number[] = []
    const importance: number[] = []
    canvases.forEach(({ before, noisy, t, ...asked }, b) => {
      const canvas = all.subarray(b * stride, (b + 1) * stride)
      writePrefix(framing, canvas, kept(batch, b))
      canvas.set(before, prefix)
      const begin = prefix + before.length
      canvas.set(noisy, begin)
      canvas[begin + noisy.length] = eos
      visible.fill(1, b * stride, b * stride + begin + noisy.length + 1)
      const weight = times.correction(t)
      if (weight === 0) return
      asked.rows.forEach((row, r) => {
        rows.push(b * stride + begin + row - shift)
        targets.push(asked.targets[r])
        time.push(t)
        importance.push(weight / learnt)
      })
    })
    return {
      ids: { data: all, dims: [texts, stride] },
      visible: { data: visible, dims: [texts, stride] },
      rows: vector(Int32Array.from(rows)),
      places: vector(Int32Array.from(rows, (row) => row + shift)),
      targets: vector(Int32Array.from(targets)),
      noisy: vector(new Int32Array(rows.length).fill(mask)),
      time: vector(Float32Array.from(time)),
      epsilon: epsilonOf([], 0),
      importance: vector(Float32Array.from(importance)),
    }
  }
}
