// The gradient of a learnt schedule, from the feeds of a step to the number that the optimiser sees: over many steps its
// mean is the slope of the bound.
import { expect, test } from 'vitest'
import { framed } from '../../test/support/framed.ts'
import { maskedByWord, schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import type { Batch } from '../text/index.ts'
import { trainTokenizer } from '../text/index.ts'
import { corruptBatch } from './corrupt.ts'
import { addPaceGradient, versions } from './paces.ts'

const tokenizer = await trainTokenizer('bytes', [])
const frame = framed(tokenizer)
const { linear } = schedules
const [a, b] = [97, 98]
const power = { [a]: 0.8, [b]: 2 }
const paces = new Float64Array(tokenizer.size)
for (const word of [a, b]) paces[word] = Math.log(power[word])
const noise = maskedByWord(paces)
/** a text of two words, and one that is only read before them */
const batch: Batch = {
  tokens: Int32Array.of(a, a, b),
  labels: new Int32Array(),
  given: Int32Array.of(1),
  rows: 1,
  length: 3,
}

/** What a version costs where words a and b are fog or not, times the time: made up, so that its bound has no closed
 * form of ours in it, only an integral. */
const price = (fogA: boolean, fogB: boolean): number =>
  (fogA ? 1 : 0) + (fogB ? 3 : 0) + (fogA && fogB ? 2 : 0)

/** ∂/∂pace of ∫ E[price / t] dt by hand: with chances p = t^w, E[price] = p_a + 3 p_b + 2 p_a p_b, and the integral of
 * t^{w-1} is 1/w. A loss is per token, of which there are two. */
const slopeOf = (word: number): number => {
  const bound = (wa: number, wb: number) => 1 / wa + 3 / wb + 2 / (wa + wb)
  const h = 1e-5
  const at = (by: number) =>
    bound(...([a, b].map((w) => power[w] * (w === word ? Math.exp(by) : 1)) as [number, number]))
  return (at(h) - at(-h)) / (2 * h) / 2
}

test('its mean over steps is the slope of the bound; of what was only read there is none', () => {
  const corruption = {
    noise,
    schedule: linear,
    times: times.squared,
    versions,
    dropAll: 0,
    dropEach: 0,
  }
  const sum = new Float64Array(tokenizer.size)
  const steps = 60_000
  const into = new Float32Array(tokenizer.size)
  for (let step = 0; step < steps; step++) {
    into.fill(0)
    const feeds = corruptBatch(batch, frame, corruption, seeded(4), step)
    const stride = feeds.ids.dims[1]
    const fog = new Set(Array.from(feeds.rows.data))
    // rows stand one before their position, after a begin token and the word that is read
    const nats = Array.from(feeds.rows.data, (row, r) => {
      const canvas = Math.floor(row / stride)
      const [fogA, fogB] = [1, 2].map((at) => fog.has(canvas * stride + at))
      // the price of a canvas, shared out over its rows
      const share = price(fogA, fogB) / (Number(fogA) + Number(fogB))
      return (share * feeds.importance.data[r]) / feeds.time.data[r]
    })
    addPaceGradient(into, batch, feeds, nats, { noise, schedule: linear, framing: frame })
    into.forEach((slope, id) => {
      sum[id] += slope
    })
  }
  for (const word of [a, b]) {
    // the deviation of a step is about ten times the slope: 12 % are three standard errors
    expect(Math.abs(sum[word] / steps / slopeOf(word) - 1)).toBeLessThan(0.12)
  }
  expect([...sum].filter((slope) => slope !== 0).length).toBe(2)
})
