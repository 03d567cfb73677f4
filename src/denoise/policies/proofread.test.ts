// Reading through what was written: what the reader is shown, what goes back for it, and when a text is finished.
import { describe, expect, test } from 'vitest'
import {
  causalDenoiser,
  chiSquareP,
  foggedCanvas,
  logged,
  tableDenoiser,
  timesWritten,
} from '../../../test/support/denoisers.ts'
import {
  type Denoiser,
  denoise,
  type Frame,
  helped,
  makePlan,
  type PlanOptions,
  states,
} from '../index.ts'

const V = 3
const L = 8

type Row = (tokens: readonly number[], position: number) => readonly number[]
const networkOf = (row: Row) => tableDenoiser(V, row)
const readerOf = (row: Row) => causalDenoiser(V, row)
const alike: Row = () => [1, 1, 1]
/** a 0 is never followed by a 1 */
const noOneAfterZero: Row = (tokens, i) => (tokens[i - 1] === 0 ? [1, 1e-4, 1] : [1, 1, 1])

async function framesOf(network: Denoiser, options: PlanOptions, length = L): Promise<Frame[]> {
  const plan = makePlan({ policy: 'proofread', length, ...options }, network)
  const frames: Frame[] = []
  for await (const frame of denoise(network, foggedCanvas(length, V), plan)) frames.push(frame)
  return frames
}

describe('a text', () => {
  test('that the reader does not doubt is finished when it was read once', async () => {
    const log: string[] = []
    const network = helped(networkOf(alike), { reader: logged('reads', readerOf(alike), log) })
    const frames = await framesOf(network, { seed: 4 })
    const last = frames.at(-1)!
    expect(last).toMatchObject({ done: 'complete', forwards: L + 1 })
    // as it stands, with nothing hidden
    expect(log).toEqual([`reads ${last.tokens.join('')} 01234567`])
    expect([...last.confidence].every((p) => Math.abs(p - 1 / 3) < 1e-6)).toBe(true)
  })

  test('is what confidence writes, where nobody doubts', async () => {
    const row: Row = (tokens, i) => [1 + (tokens[(i + 1) % 3] === 0 ? 2 : 0), 1 + (i % 2), 1]
    const network = helped(networkOf(row), { reader: readerOf(alike) })
    const from = foggedCanvas(3, V)
    const plan = makePlan({ policy: 'proofread', length: 3 }, network)
    const plain = makePlan({ policy: 'confidence', length: 3 }, network)
    const samples = 4000
    const [own, other] = [
      await timesWritten(network, from, plan, samples),
      await timesWritten(network, from, plain, samples),
    ]
    expect(own).toEqual(other)
  })

  test('is written as fast as words leave no choice, by the threshold', async () => {
    // one word says all others
    const repeats: Row = (tokens) => {
      const first = tokens.find((id) => id < V)
      return [0, 1, 2].map((id) => (id === first ? 50 : 1))
    }
    const network = helped(networkOf(repeats), { reader: readerOf(alike) })
    const forwards = async (options: PlanOptions) =>
      (await framesOf(network, options)).at(-1)!.forwards
    expect(await forwards({ seed: 1, threshold: 0.97 })).toBe(L + 1)
    expect(await forwards({ seed: 1 })).toBe(3)
    expect(await forwards({ seed: 1, threshold: 0.3 })).toBe(2)
  })

  test('loses doubtful words with those beside them, or all behind the first, or all, and is read again', async () => {
    const network = helped(networkOf(alike), { reader: readerOf(noOneAfterZero) })
    let repaired = 0
    let [anew, onward] = [0, 0]
    for (let seed = 0; seed < 100; seed++) {
      const frames = await framesOf(network, { seed, steps: 400 })
      const wrong = ({ tokens }: Frame) =>
        [...tokens.keys()].filter((i) => i > 0 && tokens[i] === 1 && tokens[i - 1] === 0)
      for (const [i, frame] of frames.entries()) {
        const before = frames[i - 1]
        if (!before || before.state.includes(states.fog) || frame === before) continue
        const fog = [...frame.state.keys()].filter((at) => frame.state[at] === states.fog)
        const near = (at: number) => wrong(before).some((one) => Math.abs(one - at) <= 2)
        const nearby = [...before.tokens.keys()].filter(near)
        const behind = [...before.tokens.keys()].filter((at) => at >= nearby[0])
        if (fog.length === nearby.length) {
          expect(fog).toEqual(nearby)
          if (fog.length > 0) repaired++
        } else if (fog.length === L) anew++
        else {
          expect(fog).toEqual(behind)
          onward++
        }
      }
    }
    expect(repaired).toBeGreaterThan(20)
    expect(Math.min(anew, onward)).toBeGreaterThan(5)
  })

  test('comes true more often the more steps there are, and ends with them', async () => {
    const network = helped(networkOf(alike), { reader: readerOf(noOneAfterZero) })
    const trueOnes = async (steps?: number) => {
      let count = 0
      for (let seed = 0; seed < 200; seed++) {
        const last = (await framesOf(network, { seed, steps })).at(-1)!
        expect(last.forwards).toBeLessThanOrEqual(steps ?? 12 * L)
        expect(last.state.includes(states.fog)).toBe(false)
        if (!last.tokens.join('').includes('01')) count++
      }
      return count / 200
    }
    const [none, some, all] = [await trueOnes(L), await trueOnes(2 * L), await trueOnes()]
    // by the transfer matrix 0.39 of all texts of eight words have no 1 after a 0
    expect(none).toBeGreaterThan(0.28)
    expect(none).toBeLessThan(0.5)
    expect(some).toBeGreaterThan(none + 0.1)
    expect(all).toBeGreaterThan(0.9)
  })

  test('leaves what is given alone, though the reader doubts it', async () => {
    const network = helped(networkOf(alike), { reader: readerOf(noOneAfterZero) })
    const plan = makePlan({ policy: 'proofread', seed: 1 }, network)
    const from = foggedCanvas(6, V)
    from.tokens.set([0, 1, 0])
    from.state.fill(states.given, 0, 3)
    for await (const { tokens } of denoise(network, from, plan))
      expect([...tokens.slice(0, 3)]).toEqual([0, 1, 0])
  })
})

test('of all that nobody doubts each is as likely as before', async () => {
  // the first word is never doubted, whatever it is; a 1 after a 0 always is
  const network = helped(networkOf(alike), { reader: readerOf(noOneAfterZero) })
  const plan = makePlan({ policy: 'proofread', length: 2, steps: 60 }, network)
  const times = await timesWritten(network, foggedCanvas(2, V), plan, 8000)
  expect(times[1]).toBeLessThan(5)
  const others = times.filter((_, text) => text !== 1)
  const p = chiSquareP(
    others,
    others.map(() => 1 / 8),
  )
  expect(p).toBeGreaterThan(1e-4)
})

test('a model that has not learnt to read is refused', () => {
  expect(() => makePlan({ policy: 'proofread' }, networkOf(alike))).toThrow(
    'reads what it has written from left to right, which this model has not learnt: train one with --reading',
  )
})
