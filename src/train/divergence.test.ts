// What counts as diverged, on losses that are made up: noise, spikes and phases are none, explosions are.
import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { calm, divergence, type LossWatch, watchLoss } from './divergence.ts'

const ignorance = { unigram: 3, uniform: 5.5 }
const fine = { gradient: 1, finite: true }

/** The step that is said to have diverged, if any. */
function divergedAt(losses: Iterable<number>, begin: LossWatch = calm()): number | undefined {
  let watch = begin
  let step = 0
  for (const loss of losses) {
    watch = watchLoss(watch, loss, ignorance)
    step++
    if (divergence({ ...fine, step, loss }, watch)) return step
  }
  return undefined
}

/** A loss that falls from that of knowing nothing, each step a third to either side, one in twenty twice as much. */
function* learning(steps: number, to = 1.2, seed = 1): Generator<number> {
  const uniform = stream(seeded(seed), 'data')
  for (let i = 0; i < steps; i++) {
    const outlier = uniform() < 0.05 ? 2 : 1
    yield outlier * (to + (5.5 - to) * Math.exp(-i / 300)) * (1 + (2 * uniform() - 1) / 3)
  }
}

describe('no divergence', () => {
  test('is a loss that falls and varies, whatever the seed', () => {
    for (let seed = 0; seed < 20; seed++)
      expect(divergedAt(learning(5000, 1.2, seed))).toBeUndefined()
  })

  test('is a text known by heart, where small numbers double', () => {
    const wavering = Array.from({ length: 2000 }, (_, i) => 0.02 + 0.02 * Math.sin(i / 200))
    expect(divergedAt([...learning(3000, 0.02), ...wavering])).toBeUndefined()
  })

  test('is a spike that passes', () => {
    const spike = Array(20).fill(15)
    expect(divergedAt([...learning(2000), ...spike, ...Array(500).fill(1.2)])).toBeUndefined()
  })

  test('is a rate that grows again in a run that was extended', () => {
    expect(divergedAt([...learning(3000, 1.2), ...Array(2000).fill(1.6)])).toBeUndefined()
  })

  test('is a beginning that costs more than knowing nothing, as other text does', () => {
    expect(divergedAt([...Array(300).fill(8), ...learning(1000)])).toBeUndefined()
  })
})

describe('a divergence', () => {
  const within = (losses: readonly number[], after: number) => {
    const at = divergedAt([...learning(after), ...losses])
    expect(at).toBeGreaterThan(after)
    return (at as number) - after
  }

  test('is a loss that explodes and stays there', () => {
    expect(within(Array(500).fill(30), 2000)).toBeLessThan(60)
  })

  test('is a model that falls back to how frequent tokens are', () => {
    expect(within(Array(500).fill(ignorance.unigram), 2000)).toBeLessThan(150)
  })

  test('is one from the first steps on, though it never was lower', () => {
    expect(divergedAt([5.5, ...Array(500).fill(20)])).toBeLessThan(60)
    // and still is when it goes back to weights that are no better
    expect(divergedAt(Array(500).fill(20), calm({ first: 5.5 }))).toBeLessThan(60)
  })

  test('is any number that is not finite, at once', () => {
    expect(divergence({ ...fine, step: 7, loss: Number.NaN, finite: false }, calm())).toBe(
      'training left the finite numbers at step 7 (loss NaN, gradient norm 1)',
    )
  })
})

test('what is remembered goes through JSON without a change', () => {
  let [watch, stored] = [calm(), calm()]
  for (const loss of [...learning(2000), ...Array(20).fill(9)]) {
    watch = watchLoss(watch, loss, ignorance)
    stored = watchLoss(JSON.parse(JSON.stringify(stored)), loss, ignorance)
  }
  expect(stored).toEqual(watch)
  expect(watch.above).toBeGreaterThan(0)
})
