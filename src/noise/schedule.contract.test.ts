// Every schedule: its ends, its fall, its derivative, and its graph form in float64.
import { describe, expect, it } from 'vitest'
import { emit, input } from '../graph/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { schedules, squeezed } from './index.ts'

const rows = [
  ...Object.values(schedules),
  { ...squeezed(schedules.cosine, { low: 1e-3, high: 0.9 }), name: 'squeezed cosine' },
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

  it('has the derivative of its survival', () => {
    const h = 1e-5
    for (const t of grid.slice(1, -1)) {
      const difference = (schedule.survival(t + h) - schedule.survival(t - h)) / (2 * h)
      // central differences err by h²/6 times the third derivative, and by rounding / h
      expect(Math.abs(schedule.derivative(t) - difference)).toBeLessThan(1e-9)
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
      expect(result.noise.data[i]).toBeCloseTo(1 - schedule.survival(grid[i]), 14)
      expect(result.derivative.data[i]).toBeCloseTo(schedule.derivative(grid[i]), 14)
    }
  })
})
