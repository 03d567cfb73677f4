import fc from 'fast-check'
import { expect, test } from 'vitest'
import { distribution, drawToken, mostProbable, readRow } from './index.ts'

const everything = { temperature: 1, topK: 0, topP: 1 }
const row = fc
  .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 2, maxLength: 12 })
  .map((logits) => Float32Array.from(logits))
const none = (logits: Float32Array) => new Uint8Array(logits.length)
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)

test('a row is read in float64: top, entropy, log of the sum', () => {
  fc.assert(
    fc.property(row, (logits) => {
      const weights = Array.from(logits, Math.exp)
      const p = weights.map((weight) => weight / sum(weights))
      const read = readRow(logits, none(logits))
      expect(read.best).toBe(logits.indexOf(Math.max(...logits)))
      expect(read.top).toBeCloseTo(Math.max(...p), 12)
      expect(read.entropy).toBeCloseTo(-sum(p.map((q) => (q > 0 ? q * Math.log(q) : 0))), 10)
      expect(read.logSumExp).toBeCloseTo(Math.log(sum(weights)), 10)
    }),
  )
})

test('banned ids have probability 0 and lend nothing to the others', () => {
  const logits = Float32Array.of(1, 50, 2, 3)
  const banned = Uint8Array.of(0, 1, 0, 0)
  const without = readRow(Float32Array.of(1, 2, 3), new Uint8Array(3))
  expect(readRow(logits, banned)).toEqual({ ...without, best: 3 })
  expect(distribution(logits, banned, everything)[1]).toBe(0)
  expect(drawToken(logits, banned, { ...everything, temperature: 0 }, 0.5)).toBe(3)
})

test('the most probable tokens are those of a sort, the lower ids among equals, without banned ones', () => {
  fc.assert(
    fc.property(row, fc.nat(5), fc.nat(11), (logits, count, without) => {
      const coarse = logits.map(Math.round)
      const banned = Uint8Array.from(coarse, (_, id) => (id === without ? 1 : 0))
      const ids = [...coarse.keys()].filter((id) => !banned[id])
      const sorted = ids.sort((a, b) => coarse[b] - coarse[a] || a - b).slice(0, count)
      const found = mostProbable(coarse, banned, count)
      expect(found.map(({ token }) => token)).toEqual(sorted)
      const { logSumExp } = readRow(coarse, banned)
      for (const { token, probability } of found)
        expect(probability).toBeCloseTo(Math.exp(coarse[token] - logSumExp), 12)
    }),
  )
})

test('temperature 0 takes the first of equal maxima', () => {
  const greedy = { ...everything, temperature: 0 }
  expect(drawToken(Float32Array.of(0, 2, 2, 1), new Uint8Array(4), greedy, 0.99)).toBe(1)
})

test('temperatures down to the smallest numbers stay finite', () => {
  const logits = Float32Array.of(3, -4, 2.9)
  for (const temperature of [1e-3, 1e-100, Number.MIN_VALUE]) {
    const weights = distribution(logits, new Uint8Array(3), { ...everything, temperature })
    expect([...weights].every(Number.isFinite)).toBe(true)
    expect(weights[0]).toBe(1)
  }
})

test('a draw is the inverse of the cumulative sum in the order of ids', () => {
  const logits = Float32Array.from([0.2, 0.5, 0.3].map(Math.log))
  const draw = (uniform: number) => drawToken(logits, new Uint8Array(3), everything, uniform)
  expect([0.001, 0.199, 0.201, 0.699, 0.701, 0.999].map(draw)).toEqual([0, 0, 1, 1, 2, 2])
})

test('top-k keeps k tokens, the lower ids among equals; top-p the fewest that reach p; min-p those near the best', () => {
  const kept = (weights: Float64Array) => [...weights.keys()].filter((id) => weights[id] > 0)
  const equal = Float32Array.of(1, 1, 1, 1)
  const ids = (options: object) =>
    kept(distribution(equal, new Uint8Array(4), { ...everything, ...options }))
  expect(ids({ topK: 2 })).toEqual([0, 1])
  expect(ids({ topP: 0.5 })).toEqual([0, 1])
  expect(ids({ topP: 0.51 })).toEqual([0, 1, 2])
  expect(ids({ topP: 1e-9 })).toEqual([0])
  // after top-k, top-p is a share of what is left
  expect(ids({ topK: 2, topP: 0.5 })).toEqual([0])
  expect(ids({ minP: 1 })).toEqual([0, 1, 2, 3])
  expect(ids({ topK: 3, minP: 1 })).toEqual([0, 1, 2])
  fc.assert(
    fc.property(
      row,
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (logits, topK, topP) => {
        const all = distribution(logits, none(logits), everything)
        const k = kept(distribution(logits, none(logits), { ...everything, topK }))
        expect(k.length).toBe(Math.min(topK, kept(all).length))
        const nucleus = kept(distribution(logits, none(logits), { ...everything, topP }))
        const share = nucleus.map((id) => all[id] / sum(all))
        expect(sum(share)).toBeGreaterThanOrEqual(topP - 1e-9)
        expect(sum(share) - Math.min(...share)).toBeLessThan(topP + 1e-9)
        const near = kept(distribution(logits, none(logits), { ...everything, minP: topP }))
        expect(near).toEqual(kept(all).filter((id) => all[id] >= topP * Math.max(...all)))
      },
    ),
  )
})

test('a prediction that is not finite is said to be broken', () => {
  for (const logits of [
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 1],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ]) {
    expect(() => readRow(Float32Array.from(logits), new Uint8Array(2))).toThrow(
      'not a finite number',
    )
  }
  expect(() => readRow(Float32Array.of(1), Uint8Array.of(1))).toThrow('not a finite number')
  expect(readRow(Float32Array.of(0, Number.NEGATIVE_INFINITY), new Uint8Array(2)).entropy).toBe(0)
})
