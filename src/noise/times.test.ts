// Noise times of training: densities, and what a correction keeps.
import { describe, expect, it } from 'vitest'
import { clippedTimes, schedules, spread, times } from './index.ts'

const even = (count: number) => Array.from({ length: count }, (_, i) => (i + 0.5) / count)
const average = (count: number, f: (u: number) => number) =>
  even(count).reduce((sum, u) => sum + f(u), 0) / count

describe.each(Object.values(times))('times $name', ({ name, draw, density, correction }) => {
  it('lie in (0, 1] and increase with u', () => {
    const drawn = [2 ** -53, ...even(1000), 1 - 2 ** -53].map(draw)
    expect(drawn[0]).toBeGreaterThan(0)
    expect(drawn.at(-1)).toBeLessThanOrEqual(1)
    expect(drawn).toEqual(drawn.toSorted((a, b) => a - b))
  })

  it('follow their density', () => {
    for (const power of [0, 1, 2]) {
      const drawn = average(20_000, (u) => draw(u) ** power)
      // ∫ density(t)·t^p dt in v, t = v⁴: a density that grows without bound near 0 is smooth there
      const declared = average(20_000, (v) => density(v ** 4) * v ** (4 * power) * 4 * v ** 3)
      // the uniform density jumps at 1e-3, where the midpoint rule is off by a part of a cell
      expect(Math.abs(drawn - declared)).toBeLessThan(3e-5)
    }
  })

  it('average to the bound exactly where they are corrected, or uniform', () => {
    const corrected = average(20_000, (u) => correction(draw(u)) * draw(u) ** 2)
    if (name === 'bell') expect(Math.abs(corrected - 1 / 3)).toBeGreaterThan(0.03)
    // uniform times leave out (0, 1e-3]
    else expect(Math.abs(corrected - 1 / 3)).toBeLessThan(name === 'uniform' ? 1e-3 : 1e-6)
  })
})

it('draws the bell of DESIGN: mean .6, deviation .2, cut to (0, 1]', () => {
  const { draw } = times.bell
  const mean = average(20_000, draw)
  const deviation = Math.sqrt(average(20_000, (u) => (draw(u) - mean) ** 2))
  // cut two deviations above and three below the middle: by hand .6 - .2·(φ(2) - φ(3))/(Φ(2) - Φ(-3)) = .5898
  expect(mean).toBeCloseTo(0.5898, 3)
  expect(deviation).toBeGreaterThan(0.18)
  expect(deviation).toBeLessThan(0.2)
})

describe.each(Object.values(schedules))('times clipped under the $name schedule', (schedule) => {
  const range = [0.3, 0.8] as const
  const { draw, density } = clippedTimes(schedule, range)

  it('hide no less and no more than they are told to', () => {
    const shares = [2 ** -53, ...even(1000), 1 - 2 ** -53].map((u) => schedule.noise(draw(u)))
    // the derivative of the geometric schedule, 10 at most, times a rounded time
    expect(shares[0]).toBeCloseTo(range[0], 13)
    expect(shares.at(-1)).toBeCloseTo(range[1], 13)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  })

  it('follow their density', () => {
    const [from, to] = [draw(0), draw(1)]
    expect(density(from) * (to - from)).toBeCloseTo(1, 12)
    expect(density((from + to) / 2)).toBe(density(from))
    expect([density(from - 1e-9), density(to + 1e-9)]).toEqual([0, 0])
  })

  it('average to the part of the bound that lies in the range, of which they are drawn', () => {
    // ∫ -α'/(1-α) · (1-α)² dt over all times is ½; over the range it is (.8² - .3²)/2
    const rate = (t: number) => -schedule.derivative(t) * schedule.noise(t)
    const mean = average(20_000, (u) => rate(draw(u)) / density(draw(u)))
    expect(mean).toBeCloseTo((0.8 ** 2 - 0.3 ** 2) / 2, 6)
  })
})

it('clipped to everything are the uniform ones', () => {
  const { draw } = clippedTimes(schedules.linear, [0, 1])
  for (const u of even(10)) expect(draw(u)).toBeCloseTo(times.uniform.draw(u), 15)
})

describe('low-variance times of a batch', () => {
  it('have one number in each of B equal cells', () => {
    for (const u of [0.001, 0.3, 0.5, 0.999]) {
      const cells = Array.from(spread(u, 8), (x) => Math.floor(x * 8)).sort()
      expect(cells).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    }
  })

  it('never give 0, where a noise level would have an infinite weight', () => {
    expect(spread(0.5, 2)[1]).toBeGreaterThan(0)
  })

  it('lower the variance of a batch mean', () => {
    const batch = 16
    const means = even(200).map((u) => spread(u, batch).reduce((a, t) => a + t * t, 0) / batch)
    const centre = means.reduce((a, b) => a + b) / means.length
    const variance = means.reduce((a, m) => a + (m - centre) ** 2, 0) / means.length
    // independent times: Var(t²)/B = (1/5 - 1/9)/16
    expect(variance).toBeLessThan((1 / 5 - 1 / 9) / 16 / 10)
  })
})
