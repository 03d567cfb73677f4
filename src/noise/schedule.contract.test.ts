// Every schedule: its ends, its fall, its derivative, and its graph form in float64.
import { describe, expect, it } from 'vitest'
import { emit, input } from '../graph/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { schedules, squeezed, timeOf } from './index.ts'

const rows = [
  ...Object.values(schedules),
  ...Object.values(schedules).map((schedule) => ({
    ...squeezed(schedule, { low: 1e-3, high: 0.9 }),
    name: `squeezed ${schedule.name}`,
  })),
]
const grid = Float64Array.from({ length: 101 }, (_, i) => i / 100)

describe.each(rows)('schedule $name', (schedule) => {
  it('falls from clean to noise', () => {
    const [low, high] = schedule.name.startsWith('squeezed') ? [1e-3, 0.9] : [0, 1]
    expect(schedule.survival(0)).toBeCloseTo(high, 15)
    expect(schedule.survival(1)).toBeCloseTo(low, 15)
    for (let i = 1; i < grid.length; i++) {
      expect(schedule.survival(grid[i])).toBeLessThan(schedule.survival(grid[i - 1]))
    }
  })

  it('is turned round by timeOf', () => {
    // the cosine is flat at its end: there a share is the same to the last bit for the last 1e-8 of time
    for (const t of grid)
      expect(Math.abs(timeOf(schedule, schedule.noise(t)) - t)).toBeLessThan(1e-8)
    expect([timeOf(schedule, -1), timeOf(schedule, 2)]).toEqual([0, 1])
  })

  it('has the derivative of its survival', () => {
    const h = 1e-4
    const central = (t: number, h: number) =>
      (schedule.survival(t + h) - schedule.survival(t - h)) / (2 * h)
    for (const t of grid.slice(1, -1)) {
      const difference = (4 * central(t, h) - central(t, 2 * h)) / 3
      // errs by h⁴/30 times the fifth derivative, which is a million for the steepest row, and by rounding / h
      expect(Math.abs(schedule.derivative(t) - difference)).toBeLessThan(1e-10)
    }
  })

  it('is the same in graph ops', async () => {
    const time = input('time', 'float', ['R'])
    const { survival, noise, derivative } = schedule.curve(time)
    const graph = emit({ survival, noise, derivative }, { precision: 'float64' })
    const session = await cpu().session(graph)
    const result = await session.run({ time: { data: grid, dims: [grid.length] } })
    await session.dispose()
    for (let i = 0; i < grid.length; i++) {
      expect(result.survival.data[i]).toBeCloseTo(schedule.survival(grid[i]), 14)
      expect(result.noise.data[i]).toBeCloseTo(schedule.noise(grid[i]), 14)
      expect(schedule.noise(grid[i])).toBeCloseTo(1 - schedule.survival(grid[i]), 14)
      expect(result.derivative.data[i]).toBeCloseTo(schedule.derivative(grid[i]), 14)
    }
  })

  it('knows its noise near t = 0, where 1 - survival has no digits left', () => {
    for (const t of [1e-6, 1e-12, 1e-18]) {
      const start = schedule.noise(0)
      const slope = -schedule.derivative(t / 2) * t
      // by the middle slope; noise that is not 0 at t = 0 hides what is added to it
      const error = Math.abs(schedule.noise(t) - start - slope)
      expect(error).toBeLessThan(Math.max(1e-9 * slope, 2 ** -52 * start))
    }
  })
})
