import { expect, test } from 'vitest'
import { rateAt } from './rate.ts'

const options = { rate: 2e-3, warmup: 0.02, decay: 0.3 }
const points = Array.from({ length: 1001 }, (_, i) => i / 1000)

test('the rate begins above 0, reaches its height after the warm-up, and ends at 0', () => {
  expect(rateAt(0, options)).toBeGreaterThan(0)
  expect(rateAt(0, options)).toBeLessThan(0.02 * options.rate)
  expect(rateAt(0.02, options)).toBe(options.rate)
  expect(rateAt(0.7, options)).toBeCloseTo(options.rate, 12)
  // half of the decay is over: 1 - √½
  expect(rateAt(0.85, options)).toBeCloseTo(options.rate * (1 - Math.SQRT1_2), 12)
  expect(rateAt(1, options)).toBe(0)
})

test('it rises, stays, and falls, without a jump', () => {
  const rates = points.map((progress) => rateAt(progress, options))
  rates.slice(1).forEach((rate, i) => {
    const progress = points[i + 1]
    const change = rate - rates[i]
    if (progress <= 0.02) expect(change).toBeGreaterThan(0)
    else if (progress <= 0.7) expect(Math.abs(change)).toBeLessThan(1e-15)
    else expect(change).toBeLessThan(0)
    // the decay begins like a square root: its first thousandth takes √(1/300) of the height
    expect(Math.abs(change)).toBeLessThan(0.06 * options.rate)
  })
})

test('a run without warm-up or decay has a number too', () => {
  const flat = { rate: 1, warmup: 0, decay: 0 }
  for (const progress of points) expect(rateAt(progress, flat)).toBe(1)
})
