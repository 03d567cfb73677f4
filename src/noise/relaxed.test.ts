// Soft words: the largest coordinate of Gaussian noise is uniform noise, and what a network is shown hardens to that word.
import { expect, it, test } from 'vitest'
import { chiSquareP } from '../../test/support/denoisers.ts'
import { emit, input } from '../graph/index.ts'
import { normals, seeded } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { schedules, wordNoises } from './index.ts'

const { uniform } = wordNoises
const relaxed = uniform.relaxed!
/** five words among seven ids */
const world = {
  vocabSize: 7,
  maskId: 6,
  words: Int32Array.of(0, 1, 2, 4, 5),
  schedule: schedules.linear,
}
const text = new Int32Array(20_000).fill(2)
const draw = (position: number) => seeded(3).uniform(0, position, 'mask')

it('has the survival that is known for two words, erf(r/2)', () => {
  for (const [ratio, survival] of [
    [0.5, 0.2763263902],
    [1, 0.5204998778],
    [3, 0.9661051465],
  ])
    expect(relaxed.ratio(survival, 2)).toBeCloseTo(ratio, 4)
  expect(relaxed.ratio(0, 30)).toBe(0)
  expect(relaxed.ratio(1, 30)).toBe(12)
})

it('needs the more signal, the more words there are', () => {
  const ratios = [2, 10, 100, 1000].map((words) => relaxed.ratio(0.5, words))
  expect(ratios).toEqual(ratios.toSorted((a, b) => a - b))
})

const shares = (corrupted: Int32Array) =>
  Array.from({ length: 7 }, (_, id) => corrupted.filter((token) => token === id).length)

test.each([0.05, 0.3, 0.9, 1])('at time %f words become others as uniform noise has it', (t) => {
  const found = shares(relaxed.noise.corrupt(text, t, world, draw))
  const law = [...uniform.forward(2, 0, t, world)]
  expect(chiSquareP(found, law)).toBeGreaterThan(1e-4)
})

it('is another noise with one word more, or with α taken for the signal itself', () => {
  const law = [...uniform.forward(2, 0, 0.5, world)]
  const with_ = (ratio: number) =>
    shares(
      text.map((token, position) => {
        const epsilon = normals(draw(position), 6)
        const value = (id: number) => epsilon[id] + (id === token ? ratio : 0)
        return world.words.reduce((best, id) => (value(id) > value(best) ? id : best))
      }),
    )
  expect(chiSquareP(with_(relaxed.ratio(0.5, 5)), law)).toBeGreaterThan(1e-4)
  expect(chiSquareP(with_(relaxed.ratio(0.5, 6)), law)).toBeLessThan(1e-9)
  expect(chiSquareP(with_(0.5 / Math.sqrt(0.75)), law)).toBeLessThan(1e-9)
})

it('keeps what is given', () => {
  expect(relaxed.noise.corrupt(Int32Array.of(1, 4), 1, world, () => 1)).toEqual(Int32Array.of(1, 4))
})

it('shows the word that was drawn, ever more sharply, and no id that is no word', async () => {
  const count = 200
  const t = 0.6
  const clean = text.subarray(0, count)
  const noisy = relaxed.noise.corrupt(clean, t, world, draw)
  const ratio = relaxed.ratio(schedules.linear.survival(t), world.words.length)
  const graph = emit({
    weights: relaxed.weights(
      input('targets', 'int32', ['R']),
      input('epsilon', 'float', ['R', 7]),
      input('ratio', 'float', ['R']),
      input('sharpness', 'float', ['R']),
      world,
    ),
  })
  const session = await cpu({ threads: 1 }).session(graph)
  const epsilon = new Float32Array(7 * count)
  for (let r = 0; r < count; r++) epsilon.set(normals(draw(r), 7), 7 * r)
  const shown = async (sharpness: number) => {
    const all = (value: number) => ({ data: new Float32Array(count).fill(value), dims: [count] })
    const { weights } = await session.run({
      targets: { data: clean, dims: [count] },
      epsilon: { data: epsilon, dims: [count, 7] },
      ratio: all(ratio),
      sharpness: all(sharpness),
    })
    return Array.from({ length: count }, (_, r) => [...weights.data.slice(7 * r, 7 * r + 7)])
  }
  const [soft, hard] = [await shown(2), await shown(1e6)]
  soft.forEach((row, r) => {
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5)
    expect(row[3] + row[6]).toBe(0)
    // the order of the coordinates stays
    expect(row.indexOf(Math.max(...row))).toBe(noisy[r])
    expect(Math.max(...row)).toBeLessThan(1)
  })
  hard.forEach((row, r) => {
    expect(row[noisy[r]]).toBeGreaterThan(0.99)
  })
  await session.dispose()
})
