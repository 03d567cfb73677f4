import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { layoutOf } from '../runtime/index.ts'
import { Optimiser, type OptimiserOptions } from './optimiser.ts'
import { Orthogonaliser } from './orthogonal.ts'

const layout = layoutOf({ matrix: [3, 5], gain: [7], table: [2, 2, 2] })
const device = cpu({ threads: 1 })
const options: OptimiserOptions = {
  optimiser: 'adamw',
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  momentum: 0.95,
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
function reference(start: Float32Array, given: OptimiserOptions) {
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
  const optimiser = new Optimiser(layout, device)
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
    test(`is the float64 reference for 50 steps, ${name}`, async () => {
      const { optimiser, gradients, parameters, average, uniform } = started()
      const expected = reference(parameters, options)
      let clipped = 0
      for (let step = 0; step < 50; step++) {
        for (const [from, to] of parts) {
          for (let i = from; i < to; i++) gradients[i] = size * (2 * uniform() - 1)
        }
        const rate = 0.01 * (1 + (step % 3))
        const length = await optimiser.step({ step, rate }, options)
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

  test('decays matrices and leaves gains alone', async () => {
    const { optimiser, parameters } = started()
    const before = parameters.slice()
    await optimiser.step({ step: 0, rate: 0.5 }, options)
    for (const [from, to, matrix] of parts) {
      for (let i = from; i < to; i++) {
        expect(parameters[i]).toBe(matrix ? Math.fround(before[i] * Math.fround(0.95)) : before[i])
      }
    }
  })

  test('leaves the padding between tensors at zero', async () => {
    const { optimiser, gradients, parameters, second } = started()
    for (const [from, to] of parts) gradients.fill(0.1, from, to)
    for (let step = 0; step < 3; step++) await optimiser.step({ step, rate: 0.1 }, options)
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
    expect(() => new Optimiser(large, device)).toThrow('use a smaller --params')
  })
})

type Matrix = number[][]
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)))
const turned = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]))
const combined = (parts: readonly (readonly [number, Matrix])[]): Matrix =>
  parts[0][1].map((row, i) =>
    row.map((_, j) => parts.reduce((sum, [f, m]) => sum + f * m[i][j], 0)),
  )
const normOf = (a: Matrix): number => Math.hypot(...a.flat())
const matrixOf = (flatData: ArrayLike<number>, columns: number): Matrix =>
  Array.from({ length: flatData.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => flatData[i * columns + j]),
  )

/** Jordan's iterations in float64, for any shape by way of the Gram matrix on the left. */
function orthogonalReference(x: Matrix): Matrix {
  let y = combined([[1 / normOf(x), x]])
  for (let i = 0; i < 5; i++) {
    const gram = product(y, turned(y))
    const cubed = product(gram, y)
    y = combined([
      [3.4445, y],
      [-4.775, cubed],
      [2.0315, product(gram, cubed)],
    ])
  }
  return y
}

describe('the orthogonaliser', () => {
  test.each([
    ['wide', 3, 8],
    ['tall', 9, 4],
    ['square', 6, 6],
  ])('is the float64 reference for a %s matrix', async (_, rows, columns) => {
    const uniform = stream(seeded(4), 'init')
    const data = Float32Array.from({ length: rows * columns }, () => 2 * uniform() - 1)
    const to = { data: new Float32Array(rows * columns), dims: [rows, columns] }
    const orthogonaliser = new Orthogonaliser(device)
    await orthogonaliser.run(
      { data, dims: [1, rows, columns] },
      { ...to, dims: [1, rows, columns] },
    )
    await orthogonaliser.dispose()
    const expected = orthogonalReference(matrixOf(data, columns)).flat()
    to.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 4)
    })
  })

  test('brings all singular values near 1 and keeps their directions', async () => {
    // diagonal, so that the singular values lie open
    const values = [5, 2, 1, 0.3]
    const dims = [4, 4]
    const data = new Float32Array(16)
    values.forEach((value, i) => {
      data[5 * i] = i === 1 ? -value : value
    })
    const to = { data: new Float32Array(16), dims }
    const orthogonaliser = new Orthogonaliser(device)
    await orthogonaliser.run({ data, dims: [1, ...dims] }, { ...to, dims: [1, ...dims] })
    await orthogonaliser.dispose()
    matrixOf(to.data, 4).forEach((row, i) => {
      row.forEach((value, j) => {
        if (i !== j) expect(Math.abs(value)).toBeLessThan(1e-5)
        else {
          expect(Math.abs(value)).toBeGreaterThan(0.6)
          expect(Math.abs(value)).toBeLessThan(1.3)
          expect(Math.sign(value)).toBe(i === 1 ? -1 : 1)
        }
      })
    })
  })
})

describe('Muon', () => {
  // the smaller second matrix must not see what the first left in the scratch: 3 × 5 is no multiple of four floats
  const shapes = { embed: [4, 3], 'block.0.a': [6, 8], 'block.0.b': [3, 5], 'block.0.gain': [7] }
  const layout = layoutOf(shapes)
  const muon: OptimiserOptions = { ...options, optimiser: 'muon', clip: 0.5 }

  test('is the float64 reference for the matrices of the blocks, AdamW elsewhere', async () => {
    const [optimiser, plain] = [new Optimiser(layout, device), new Optimiser(layout, device)]
    const uniform = stream(seeded(2), 'init')
    const state = Object.fromEntries(
      ['block.0.a', 'block.0.b'].map((name) => {
        const [rows, columns] = shapes[name as keyof typeof shapes]
        const zero = matrixOf(new Float32Array(rows * columns), columns)
        return [name, { p: zero, m: zero, average: zero }]
      }),
    )
    for (let step = 0; step < 20; step++) {
      for (const [name, shape] of Object.entries(shapes)) {
        const from = layout.offsets[name]
        const size = shape.reduce((a, b) => a * b)
        for (let i = 0; i < size; i++) optimiser.gradients[from + i] = uniform() - 0.5
      }
      plain.gradients.set(optimiser.gradients)
      const rate = 0.01
      const norm = await optimiser.step({ step, rate }, muon)
      await plain.step({ step, rate }, { ...muon, optimiser: 'adamw' })
      const keep = Math.min(muon.average, (step + 1) / (step + 10))
      for (const [name, own] of Object.entries(state)) {
        const [rows, columns] = shapes[name as keyof typeof shapes]
        const from = layout.offsets[name]
        const g = combined([
          [0.5 / norm, matrixOf(plain.gradients.subarray(from, from + rows * columns), columns)],
        ])
        own.m = combined([
          [0.95, own.m],
          [1, g],
        ])
        const look = combined([
          [0.95, own.m],
          [1, g],
        ])
        const along = 0.2 * Math.sqrt(Math.max(rows, columns)) * rate
        own.p = combined([
          [1 - rate * muon.weightDecay, own.p],
          [-along, orthogonalReference(look)],
        ])
        own.average = combined([
          [keep, own.average],
          [1 - keep, own.p],
        ])
      }
    }
    const { parameters, first, average } = optimiser.buffers
    for (const [name, own] of Object.entries(state)) {
      const from = layout.offsets[name]
      for (const [buffer, expected] of [
        [parameters, own.p],
        [first, own.m],
        [average, own.average],
      ] as const) {
        expected.flat().forEach((value, i) => {
          expect(Math.abs(buffer[from + i] - value)).toBeLessThan(2e-5)
        })
      }
    }
    for (const name of ['embed', 'block.0.gain']) {
      const from = layout.offsets[name]
      const part = (buffer: Float32Array) => buffer.slice(from, from + 12)
      expect(part(parameters)).toEqual(part(plain.buffers.parameters))
    }
    // padding stays padding
    expect(parameters[layout.offsets['block.0.b'] + 15]).toBe(0)
    await optimiser.dispose()
    await plain.dispose()
  })
})
