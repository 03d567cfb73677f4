// The published loop, step by step: who stands, who takes fresh noise, when it ends and with what.
import { expect, test } from 'vitest'
import {
  chiSquareP,
  foggedCanvas,
  inconsistentRow,
  processOf,
  tableDenoiser,
} from '../../../test/support/denoisers.ts'
import { type Denoiser, denoise, type Frame, makePlan, type PlanOptions } from '../index.ts'

const V = 5
const L = 7

type Row = (
  tokens: readonly number[],
  position: number,
) => readonly number[] /** A network that sees the words it is asked about. */
const networkOf = (row: Row, noise: Parameters<typeof processOf>[1] = 'uniform'): Denoiser =>
  tableDenoiser(V, row, { process: processOf(V, noise) })

async function framesOf(network: Denoiser, options: PlanOptions, length = L): Promise<Frame[]> {
  const plan = makePlan({ policy: 'renoise', temperature: 0, length, ...options }, network)
  const frames: Frame[] = []
  for await (const frame of denoise(network, foggedCanvas(length, V), plan)) frames.push(frame)
  return frames
}

/** Each position's most probable word and its entropy, once the canvas is this. */
function lookAt(row: Row, { tokens }: Frame) {
  return [...tokens.keys()].map((position) => {
    const weights = row([...tokens], position)
    const sum = weights.reduce((a, b) => a + b, 0)
    const nats = weights.reduce((all, w) => all - (w / sum) * Math.log(w / sum), 0)
    return { position, best: weights.indexOf(Math.max(...weights)), nats }
  })
}

/** The rule as it is published: by rising entropy, while the sum of those before is within the bound. */
function standing(looks: readonly { position: number; nats: number }[], bound: number): number[] {
  const order = [...looks].sort((a, b) => a.nats - b.nats || a.position - b.position)
  let before = 0
  const all: number[] = []
  for (const { position, nats } of order) {
    if (before > bound) break
    all.push(position)
    before += nats
  }
  return all
}

test('those that depend little on each other stand, all others take any word, the last step the most probable', async () => {
  const drawn = new Array(V).fill(0)
  let lost = 0
  for (let seed = 0; seed < 300; seed++) {
    const row = inconsistentRow(V, seed % 7)
    const entropyBound = [0.5, 2, 4][seed % 3]
    const frames = await framesOf(networkOf(row), { seed, steps: 5, entropyBound })
    frames.slice(1).forEach((frame, step) => {
      const before = frames[step]
      const looks = lookAt(row, before)
      const stand =
        step === 4 ? looks.map(({ position }) => position) : standing(looks, entropyBound)
      for (const { position, best } of looks) {
        if (stand.includes(position)) expect(frame.tokens[position]).toBe(best)
        else {
          drawn[frame.tokens[position]]++
          if (before.tokens[position] === best) lost++
        }
      }
    })
    expect(frames.at(-1)).toMatchObject({ done: 'complete', forwards: 5 })
  }
  expect(lost).toBeGreaterThan(100)
  const total = drawn.reduce((a, b) => a + b, 0)
  expect(total).toBeGreaterThan(2000)
  expect(chiSquareP(drawn, new Array(V).fill(1 / V))).toBeGreaterThan(1e-4)
})

test('a text of which the network is sure ends when a second look finds the same', async () => {
  const sure: Row = (_, i) => [0, 1, 2, 3, 4].map((id) => (id === i % V ? 1 : 1e-5))
  const frames = await framesOf(networkOf(sure), { seed: 1, steps: 50 })
  expect(frames.at(-1)).toMatchObject({ done: 'complete', forwards: 2 })
  expect([...frames.at(-1)!.tokens]).toEqual([0, 1, 2, 3, 4, 0, 1])
  // sure of another text at every look, it goes on
  const restless: Row = (tokens, i) => {
    const next = (tokens[i] + 1) % V
    return [0, 1, 2, 3, 4].map((id) => (id === next ? 1 : 1e-5))
  }
  expect((await framesOf(networkOf(restless), { seed: 1, steps: 20 })).at(-1)!.forwards).toBe(20)
})

test('it is for noise that puts wrong words in the place of right ones', () => {
  for (const noise of ['uniform', 'hybrid'] as const)
    expect(() =>
      makePlan(
        { policy: 'renoise' },
        networkOf(() => [], noise),
      ),
    ).not.toThrow()
  expect(() =>
    makePlan(
      { policy: 'renoise' },
      networkOf(() => [], 'masked'),
    ),
  ).toThrow(
    'doubts words where they stand, and under masked noise a model has learnt of no wrong one: use --policy confidence',
  )
})
