import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { layoutOf } from '../runtime/index.ts'
import { AdamW, type AdamWOptions } from './adamw.ts'

const layout = layoutOf({ matrix: [3, 5], gain: [7], table: [2, 2, 2] })
const options: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
  average: 0.9,
}
/** [start, end, is a matrix] of what is not padding */
const parts = [
  [layout.offsets.matrix, layout.offsets.matrix + 15, true],
  [layout.offsets.gain, layout.offsets.gain + 7, false],
  [layout.offsets.table, layout.offsets.table + 8, true],
] as const

/** Loshchilov and Hutter, algorithm 2, in float64. */
function reference(start: Float32Array, given: AdamWOptions) {
  const p = Float64Array.from(start)
  const average = Float64Array.from(start)
  const m = new Float64Array(p.length)
  const v = new Float64Array(p.length)
  let t = 0
  return {
    p,
    average,
    step(gradients: Float32Array, rate: number) {
      t++
      let length = 0
      for (const [from, to] of parts) for (let i = from; i < to; i++) length += gradients[i] ** 2
      const clipped = Math.min(1, given.clip / Math.sqrt(length))
      const keep = Math.min(given.average, t / (t + 9))
      for (const [from, to, matrix] of parts) {
        for (let i = from; i < to; i++) {
          const g = gradients[i] * clipped
          m[i] = given.beta1 * m[i] + (1 - given.beta1) * g
          v[i] = given.beta2 * v[i] + (1 - given.beta2) * g * g
          const mean = m[i] / (1 - given.beta1 ** t)
          const variance = v[i] / (1 - given.beta2 ** t)
          p[i] -=
            rate *
            (mean / (Math.sqrt(variance) + given.epsilon) + (matrix ? given.weightDecay * p[i] : 0))
          average[i] = keep * average[i] + (1 - keep) * p[i]
        }
      }
      return Math.sqrt(length)
    },
  }
}

function started() {
  const uniform = stream(seeded(1), 'init')
  const optimiser = new AdamW(layout)
  const { parameters, average } = optimiser.buffers
  for (const [from, to] of parts) {
    for (let i = from; i < to; i++) parameters[i] = 2 * uniform() - 1
  }
  average.set(parameters)
  return { optimiser, gradients: optimiser.gradients, ...optimiser.buffers, uniform }
}

describe('AdamW', () => {
  // 30 gradients uniform in ±size have a norm of about √10 · size
  for (const [name, size, least, most] of [
    ['clipped at every step', 5, 50, 50],
    ['never clipped', 0.05, 0, 0],
    ['clipped now and then', 0.316, 10, 40],
  ] as const) {
    test(`is the float64 reference for 50 steps, ${name}`, () => {
      const { optimiser, gradients, parameters, average, uniform } = started()
      const expected = reference(parameters, options)
      let clipped = 0
      for (let step = 0; step < 50; step++) {
        for (const [from, to] of parts) {
          for (let i = from; i < to; i++) gradients[i] = size * (2 * uniform() - 1)
        }
        const rate = 0.01 * (1 + (step % 3))
        const length = optimiser.step({ step, rate }, options)
        // squares are summed in float64 on both sides
        expect(length).toBeCloseTo(expected.step(gradients, rate), 10)
        if (length > options.clip) clipped++
      }
      expect(clipped).toBeGreaterThanOrEqual(least)
      expect(clipped).toBeLessThanOrEqual(most)
      // state is kept in float32: 6e-8 a rounding, 50 steps of at most 0.03
      for (const [from, to] of parts) {
        for (let i = from; i < to; i++) {
          expect(Math.abs(parameters[i] - expected.p[i])).toBeLessThan(5e-6)
          expect(Math.abs(average[i] - expected.average[i])).toBeLessThan(5e-6)
        }
      }
    })
  }

  test('decays matrices and leaves gains alone', () => {
    const { optimiser, parameters } = started()
    const before = parameters.slice()
    optimiser.step({ step: 0, rate: 0.5 }, options)
    for (const [from, to, matrix] of parts) {
      for (let i = from; i < to; i++) {
        expect(parameters[i]).toBe(matrix ? Math.fround(before[i] * Math.fround(0.95)) : before[i])
      }
    }
  })

  test('leaves the padding between tensors at zero', () => {
    const { optimiser, gradients, parameters, second } = started()
    for (const [from, to] of parts) gradients.fill(0.1, from, to)
    for (let step = 0; step < 3; step++) optimiser.step({ step, rate: 0.1 }, options)
    const inside = (i: number) => parts.some(([from, to]) => i >= from && i < to)
    for (let i = 0; i < layout.size; i++) {
      expect(parameters[i] !== 0).toBe(inside(i))
      expect(second[i] !== 0).toBe(inside(i))
    }
  })

  test('tells a gradient that is not finite by its norm', () => {
    const { optimiser, gradients } = started()
    const norm = (...values: number[]) => {
      gradients.fill(0)
      gradients.set(values, 3)
      return optimiser.norm(gradients)
    }
    expect(norm(3, 4)).toBe(5)
    expect(norm(1, 2, 2, 4, 4, 4, 4, 4, 4)).toBe(Math.sqrt(9 + 96))
    expect(norm(1, Number.NaN)).toBeNaN()
    expect(norm(1, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
    // squares beyond float32 are no overflow
    expect(norm(1e30)).toBeCloseTo(1e30, -24)
  })

  test('refuses more parameters than its memory holds', () => {
    const large = layoutOf({ embed: [300_000, 1000] })
    expect(() => new AdamW(large)).toThrow('use a smaller --params')
  })
})
