import { expect, test } from 'vitest'
import type { ModelConfig } from '../model/config.ts'
import { lengthWeights, likelyLength } from './lengths.ts'

const counts = { 3: 10, 5: 20, 9: 70 }
const by = {
  style: { plain: { 3: 10, 9: 40 }, dialogue: { 5: 20, 9: 30 } },
  words: { short: { 3: 10, 5: 10 }, long: { 5: 10, 9: 70 } },
}
const config = { text: { lengths: { counts, by } } } as unknown as ModelConfig
const shares = (weights?: Float64Array) => {
  const total = weights!.reduce((sum, weight) => sum + weight, 0)
  return Object.fromEntries(
    [...weights!.entries()].filter(([, weight]) => weight > 0).map(([l, w]) => [l, w / total]),
  )
}

test('without a wish lengths are as frequent as in the data', () => {
  expect(shares(lengthWeights(config, {}))).toEqual({ 3: 0.1, 5: 0.2, 9: 0.7 })
})

test('a label gives the lengths of its own texts', () => {
  const plain = shares(lengthWeights(config, { style: 'plain' }))
  expect(plain[3]).toBeCloseTo(0.2, 12)
  expect(plain[9]).toBeCloseTo(0.8, 12)
  expect(Object.keys(plain)).toEqual(['3', '9'])
})

test('two labels are independent given the length', () => {
  // p(l | plain, short) ∝ p(plain | l) p(short | l) p(l): only 3 has both
  expect(shares(lengthWeights(config, { style: 'plain', words: 'short' }))).toEqual({ 3: 1 })
  // at 5: 1 · 10/20 · 20, at 9: 30/70 · 1 · 70
  const long = shares(lengthWeights(config, { style: 'dialogue', words: 'long' }))
  expect(long[5]).toBeCloseTo(10 / 40, 12)
  expect(long[9]).toBeCloseTo(30 / 40, 12)
})

test('labels that say nothing about length, or never met, leave it as it is', () => {
  expect(shares(lengthWeights(config, { who: 'Lily' }))).toEqual({ 3: 0.1, 5: 0.2, 9: 0.7 })
  const apart = { ...by, words: { ...by.words, tiny: { 3: 10 } } }
  const far = { text: { lengths: { counts, by: apart } } } as unknown as ModelConfig
  const never = shares(lengthWeights(far, { style: 'dialogue', words: 'tiny' }))
  expect(never).toEqual({ 3: 0.1, 5: 0.2, 9: 0.7 })
})

test('a model without a histogram has none', () => {
  expect(lengthWeights({ text: {} } as ModelConfig, {})).toBeUndefined()
})

test('a text is likely to become as long as half of those that are no shorter', () => {
  const length = likelyLength(Float64Array.of(0, 0, 0, 10, 0, 20, 0, 25))
  expect([0, 3, 4, 6, 7].map(length)).toEqual([5, 5, 7, 7, 7])
  // longer than all that were ever seen: it may end here
  expect(length(8)).toBe(8)
})
