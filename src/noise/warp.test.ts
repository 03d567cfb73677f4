// Time warping: a fitted function and its inverse, its gradient by differences, and what is drawn and stepped through.
import { describe, expect, it } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { noises, timeOf, warpedSchedule, warpOf } from './index.ts'
import { levelOf, linearTimeOf, warpPieces } from './warp.ts'

const range = [0.05, 20] as const
const [from, to] = range.map(Math.log)
const next = stream(seeded(5), 'data')
const values = Float64Array.from({ length: warpPieces }, () => 3 * next() - 2)
const shares = Array.from({ length: 41 }, (_, i) => i / 40)

describe.each([
  ['all alike', []],
  ['fitted', values],
])('a warp, %s', (_, values) => {
  const warp = warpOf(values, range)
  const schedule = warpedSchedule(values, range)

  it('rises from the least noise to the most, and is turned round', () => {
    expect([warp.levelAt(0), warp.levelAt(1)]).toEqual([from, expect.closeTo(to, 12)])
    expect(warp.heightAt(from)).toBe(0)
    for (const u of shares)
      expect(warp.heightAt(warp.levelAt(u)) / warp.heightAt(to)).toBeCloseTo(u, 12)
  })

  it('makes a schedule whose equal steps are equal rises', () => {
    const sigma = (t: number) => noises.gaussian.vectors.sigma(t, schedule)
    expect([sigma(0), sigma(1)].map((x) => x.toFixed(9))).toEqual(['0.050000000', '20.000000000'])
    for (const u of shares) {
      expect(warp.heightAt(Math.log(sigma(u))) / warp.heightAt(to)).toBeCloseTo(u, 10)
      expect(schedule.noise(u) + schedule.survival(u)).toBeCloseTo(1, 14)
      expect(schedule.linearTime?.(u)).toBe(schedule.noise(u))
      expect(timeOf(schedule, schedule.noise(u))).toBeCloseTo(u, 9)
    }
  })
})

it('comes nearer to what is measured along its gradient, which is that of differences', () => {
  const own = Float64Array.from(values)
  const levels = Float64Array.from(shares, (u) => from + u * (to - from))
  // a step at σ = 1, as words cost
  const nats = levels.map((level) => 5 / (1 + Math.exp(-4 * level)))
  const loss = () =>
    levels.reduce((sum, level, r) => sum + (warpOf(own, range).heightAt(level) - nats[r]) ** 2, 0) /
    (2 * levels.length)
  const slopes = new Float64Array(warpPieces)
  warpOf(own, range).addGradient(slopes, levels, nats)
  for (let i = 0; i < warpPieces; i++) {
    const [value, h] = [own[i], 1e-5]
    own[i] = value + h
    const after = loss()
    own[i] = value - h
    expect((after - loss()) / (2 * h)).toBeCloseTo(slopes[i], 7)
    own[i] = value
  }
  const before = loss()
  for (let step = 0; step < 2000; step++) {
    slopes.fill(0)
    warpOf(own, range).addGradient(slopes, levels, nats)
    slopes.forEach((slope, i) => {
      own[i] -= slope
    })
  }
  expect(loss()).toBeLessThan(0.01 * before)
  // half of the rise is where half is lost
  expect(warpOf(own, range).levelAt(0.5)).toBeCloseTo(0, 1)
})

it('times of the linear schedule and levels are the same thing', () => {
  for (const level of [from, -1, 0, 1, to])
    expect(levelOf(linearTimeOf(level))).toBeCloseTo(level, 12)
})
