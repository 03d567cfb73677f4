import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  below,
  categorical,
  memberSeed,
  normals,
  permutation,
  philox,
  replay,
  seeded,
  stream,
} from './index.ts'

const hex = (words: number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ')

test('philox gives the published test vectors of Random123', () => {
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8')
  const ones = 0xffffffff
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe(
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  )
  expect(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
  ).toBe('d16cfe09 94fdcceb 5001e420 24126ea1')
})

test('a number depends on seed, step, position and purpose, and on nothing else', () => {
  const random = seeded(7)
  const first = random.uniform(3, 5, 'token')
  random.uniform(9, 9, 'mask')
  expect(random.uniform(3, 5, 'token')).toBe(first)
  const others = [
    seeded(8).uniform(3, 5, 'token'),
    random.uniform(4, 5, 'token'),
    random.uniform(3, 6, 'token'),
    random.uniform(3, 5, 'mask'),
  ]
  for (const other of others) expect(other).not.toBe(first)
})

test('uniforms fill (0, 1) evenly', () => {
  const next = stream(seeded(1), 'data')
  const bins = new Array(20).fill(0)
  const n = 40_000
  for (let i = 0; i < n; i++) bins[Math.floor(next() * 20)]++
  const chi = bins.reduce((sum, count) => sum + (count - n / 20) ** 2 / (n / 20), 0)
  expect(chi).toBeLessThan(43.8) // 99.9 % of a chi-square with 19 degrees of freedom
})

test('a categorical draw inverts the cumulative sum and never returns a weight of zero', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 10, noNaN: true })), {
        minLength: 1,
        maxLength: 9,
      }),
      fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }),
      (weights, uniform) => {
        fc.pre(weights.some((weight) => weight > 0))
        const drawn = categorical(weights, uniform)
        expect(weights[drawn]).toBeGreaterThan(0)
      },
    ),
  )
  expect(categorical([1, 2, 1], 0.2499)).toBe(0)
  expect(categorical([1, 2, 1], 0.2501)).toBe(1)
  expect(categorical([1, 2, 1], 0.7501)).toBe(2)
})

test('permutations hold every index once; member 0 keeps the seed', () => {
  expect([...permutation(50, stream(seeded(2), 'data'))].sort((a, b) => a - b)).toEqual([
    ...Array(50).keys(),
  ])
  expect(memberSeed(11, 0)).toBe(11)
  expect(memberSeed(11, 1)).not.toBe(memberSeed(11, 2))
  expect(below(3, 0.9999999)).toBe(2)
})

test('a replay gives recorded draws in order and says when it is empty', () => {
  const random = replay([0.25, 0.5])
  expect([random.uniform(0, 0, 'token'), random.uniform(0, 0, 'mask')]).toEqual([0.25, 0.5])
  expect(() => random.uniform(0, 0, 'token')).toThrow('2 draws')
})

test('a seed that is no whole number is refused', () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => seeded(seed)).toThrow('not a whole number')
})

test('one uniform gives as many standard normal numbers as are asked, always the same', () => {
  const next = stream(seeded(5), 'mask')
  const rows = Array.from({ length: 2000 }, () => normals(next(), 8))
  const moment = (power: number) =>
    rows.reduce((sum, row) => sum + row.reduce((all, x) => all + x ** power, 0), 0) / 16_000
  // four deviations of the mean of so many
  for (const [power, value, spread] of [
    [1, 0, 1],
    [2, 1, Math.sqrt(2)],
    [3, 0, Math.sqrt(15)],
    [4, 3, Math.sqrt(96)],
  ])
    expect(Math.abs(moment(power) - value)).toBeLessThan((4 * spread) / Math.sqrt(16_000))
  // numbers of a row, and rows, say nothing of each other
  const product = (of: (row: Float32Array, r: number) => number) =>
    rows.slice(0, -1).reduce((sum, row, r) => sum + of(row, r), 0) / 1999
  const bound = 4 / Math.sqrt(1999)
  for (let d = 0; d < 7; d++) {
    expect(Math.abs(product((row) => row[d] * row[d + 1]))).toBeLessThan(bound)
    expect(Math.abs(product((row, r) => row[d] * rows[r + 1][d]))).toBeLessThan(bound)
  }
  expect(normals(0.25, 3)).toEqual(normals(0.25, 8).slice(0, 3))
  expect(normals(0.25, 3)).not.toEqual(normals(0.25 + 2 ** -53, 3))
})
