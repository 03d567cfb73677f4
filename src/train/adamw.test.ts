import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { layoutOf } from '../runtime/index.ts'
import { type AdamWOptions, adamw, moments, norm } from './adamw.ts'

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
  const parameters = new Float32Array(layout.size)
  for (const [from, to] of parts) {
    for (let i = from; i < to; i++) parameters[i] = 2 * uniform() - 1
  }
  const state = moments(layout)
  state.average.set(parameters)
  return { parameters, state, uniform }
}

describe('AdamW', () => {
  // 30 gradients uniform in ±size have a norm of about √10 · size
  for (const [name, size, least, most] of [
    ['clipped at every step', 5, 50, 50],
    ['never clipped', 0.05, 0, 0],
    ['clipped now and then', 0.316, 10, 40],
  ] as const) {
    test(`is the float64 reference for 50 steps, ${name}`, () => {
      const { parameters, state, uniform } = started()
      const expected = reference(parameters, options)
      let clipped = 0
      for (let step = 0; step < 50; step++) {
        const gradients = new Float32Array(layout.size)
        for (const [from, to] of parts) {
          for (let i = from; i < to; i++) gradients[i] = size * (2 * uniform() - 1)
        }
        const rate = 0.01 * (1 + (step % 3))
        const length = adamw(layout, parameters, gradients, state, { step, rate }, options)
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
          expect(Math.abs(state.average[i] - expected.average[i])).toBeLessThan(5e-6)
        }
      }
    })
  }

  test('decays matrices and leaves gains alone', () => {
    const { parameters, state } = started()
    const before = parameters.slice()
    const nothing = new Float32Array(layout.size)
    adamw(layout, parameters, nothing, state, { step: 0, rate: 0.5 }, options)
    for (const [from, to, matrix] of parts) {
      for (let i = from; i < to; i++) {
        expect(parameters[i]).toBe(matrix ? Math.fround(before[i] * 0.95) : before[i])
      }
    }
  })

  test('leaves the padding between tensors at zero', () => {
    const { parameters, state } = started()
    const gradients = new Float32Array(layout.size).fill(0.1)
    adamw(layout, parameters, gradients, state, { step: 0, rate: 0.1 }, options)
    expect(parameters[layout.offsets.matrix + 15]).toBe(0)
    expect(state.second[layout.offsets.gain + 7]).toBe(0)
  })

  test('tells a gradient that is not finite by its norm', () => {
    expect(norm(Float32Array.of(3, 4))).toBe(5)
    expect(norm(Float32Array.of(1, Number.NaN))).toBeNaN()
    expect(norm(Float32Array.of(1, Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
    // squares beyond float32 are no overflow
    expect(norm(Float32Array.of(1e30))).toBeCloseTo(1e30, -24)
  })
})
