// Times that are left out, and times that come in pairs: means over them are the means they were, by quadrature.
import { describe, expect, test } from 'vitest'
import { schedules, times } from '../noise/index.ts'
import { oppositeTime, pairedCorrection, timesAbove } from './noise-times.ts'

const even = (count: number) => Array.from({ length: count }, (_, i) => (i + 0.5) / count)
const average = (count: number, f: (u: number) => number) =>
  even(count).reduce((sum, u) => sum + f(u), 0) / count
const everyWay = Object.values(times).flatMap((way) =>
  Object.values(schedules).map((schedule) => ({
    way,
    schedule,
    name: `${way.name}, ${schedule.name}`,
  })),
)

describe.each(everyWay)('times $name', ({ way, schedule }) => {
  const above = timesAbove(way, schedule, 0.1)

  test('hide at least the share that is asked for, and follow their density', () => {
    for (const u of [2 ** -53, ...even(200), 1 - 2 ** -53]) {
      expect(schedule.noise(above.draw(u))).toBeGreaterThanOrEqual(0.1 - 1e-12)
      expect(above.draw(u)).toBeLessThanOrEqual(1)
    }
    for (const power of [0, 1, 2]) {
      const drawn = average(20_000, (u) => above.draw(u) ** power)
      const declared = average(20_000, (t) => above.density(t) * t ** power)
      // the density jumps where it begins: the midpoint rule is off by a cell, a twenty thousandth of a density below 3
      expect(Math.abs(drawn - declared)).toBeLessThan(2e-4)
    }
  })

  test('are what they were when nothing is left out', () => {
    expect(timesAbove(way, schedule, 0)).toBe(way)
  })

  test('have an opposite at which as much stands as is lost, whose opposite they are', () => {
    for (const t of even(50)) {
      const opposite = oppositeTime(schedule, t)
      expect(schedule.noise(opposite)).toBeCloseTo(schedule.survival(t), 12)
      expect(schedule.noise(oppositeTime(schedule, opposite))).toBeCloseTo(schedule.noise(t), 12)
    }
  })

  test.each([0, 0.1])('in pairs have the means they have alone, from %f hidden', (share) => {
    const some = timesAbove(way, schedule, share)
    // what a time is worth grows towards the clean end, as prices do, but stays bounded
    const worth = (t: number) => 1 / (schedule.noise(t) + 0.3)
    const alone = average(2000, (u) => some.correction(some.draw(u)) * worth(some.draw(u)))
    const paired = (weigh: (t: number) => number) =>
      average(2000, (u) => {
        const t = some.draw(u)
        const opposite = oppositeTime(schedule, t)
        return (weigh(t) * worth(t) + weigh(opposite) * worth(opposite)) / 2
      })
    const gap = (value: number) => Math.abs(value / alone - 1)
    // steep ends of a schedule are seen through few nodes
    expect(gap(paired((t) => pairedCorrection(some, schedule, t)))).toBeLessThan(2e-3)
    // a twin that counts both views as if they were drawn
    const symmetric =
      way.name !== 'bell' &&
      way.name !== 'bellCorrected' &&
      ['linear', 'learnt'].includes(schedule.name) &&
      share === 0
    if (!symmetric) expect(gap(paired(some.correction))).toBeGreaterThan(5e-3)
  })
})
