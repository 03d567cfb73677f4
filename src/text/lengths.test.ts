import { expect, test } from 'vitest'
import { lengthHistogram } from './index.ts'

const histogram = lengthHistogram(
  [
    [7, 1],
    [3, 2],
    [5, 7],
  ],
  12,
)

test('probabilities sum to one over all lengths a model can write', () => {
  let sum = 0
  for (let n = 1; n <= 12; n++) sum += Math.exp(histogram.logProb(n))
  expect(sum).toBeCloseTo(1, 12)
  expect(histogram.logProb(5)).toBeCloseTo(Math.log((7 + 1 / 12) / 11), 12)
  expect(histogram.logProb(4)).toBeCloseTo(Math.log(1 / 12 / 11), 12)
  for (const never of [0, 13, 2.5, Number.NaN]) expect(histogram.logProb(never)).toBe(-Infinity)
})

test('draws follow the counts and never give a length that no text has', () => {
  const drawn = new Map<number, number>()
  for (let i = 0; i < 1000; i++) {
    const length = histogram.draw((i + 0.5) / 1000)
    drawn.set(length, (drawn.get(length) ?? 0) + 1)
  }
  expect([...drawn]).toEqual([
    [3, 200],
    [5, 700],
    [7, 100],
  ])
  expect([histogram.shortest, histogram.longest]).toEqual([3, 7])
})

test('a histogram survives JSON; nonsense is refused', () => {
  const again = lengthHistogram(JSON.parse(JSON.stringify(histogram.counts)), 12)
  expect(again.logProb(3)).toBe(histogram.logProb(3))
  for (const counts of [
    [],
    [[0, 1]],
    [[13, 1]],
    [[2, 0]],
    [
      [2, 1],
      [2, 1],
    ],
    [[1.5, 1]],
  ] as [number, number][][]) {
    expect(() => lengthHistogram(counts, 12)).toThrow('length histogram')
  }
})
