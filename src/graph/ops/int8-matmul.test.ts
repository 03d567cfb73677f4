// What the row-scaled form promises beyond the contract: a row's bits do not depend on its batch, and its error is that
// of bytes, however large its neighbours: a scale shared by the tensor would fail both.
import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../../random/index.ts'
import { cpu } from '../../runtime/cpu.node.ts'
import { emit, input, int8Matmul, parameter } from '../index.ts'

const [inner, columns, most] = [200, 72, 130]
const uniform = stream(seeded(5), 'init')
/** rows of very different sizes, one of zeros: what a shared scale could not hold */
const x = Float32Array.from({ length: most * inner }, (_, i) => {
  const row = Math.floor(i / inner)
  return row === 3 ? 0 : (2 * uniform() - 1) * 10 ** ((row % 7) - 3)
})
const q = Int8Array.from({ length: inner * columns }, () => Math.round(254 * uniform() - 127))
const scale = Float32Array.from({ length: columns }, () => 0.001 + uniform() / 100)

const session = (bits?: 7 | 8) =>
  cpu({ threads: 2 }).session(
    emit(
      {
        y: int8Matmul(
          input('x', 'float', ['M', inner]),
          parameter('q', [inner, columns], 'int8'),
          parameter('scale', [columns]),
          { bits },
        ),
      },
      {
        weights: new Map<string, Int8Array | Float32Array>([
          ['q', q],
          ['scale', scale],
        ]),
      },
    ),
  )
type Opened = Awaited<ReturnType<typeof session>>

const run = async (opened: Opened, from: number, rows: number) => {
  const data = x.slice(from * inner, (from + rows) * inner)
  return (await opened.run({ x: { data, dims: [rows, inner] } })).y.data as Float32Array
}

test('a row has the same bits alone and in any batch', async () => {
  const opened = await session()
  const together = await run(opened, 0, most)
  for (let rows = 1; rows <= 65; rows++) {
    const from = (rows * 13) % (most - rows)
    const part = await run(opened, from, rows)
    expect(part).toEqual(together.slice(from * columns, (from + rows) * columns))
  }
  await opened.dispose()
})

describe('every row has the error of its own bytes', () => {
  // a step is 1/steps of the row's largest; its error is uniform in half a step, and signs are random
  for (const [bits, steps] of [
    [8, 127],
    [7, 63],
    [undefined, 63],
  ] as const) {
    test(`${bits ?? 'as many as the processor sums:'} bits`, async () => {
      const opened = await session(bits)
      const got = await run(opened, 0, most)
      for (let row = 0; row < most; row++) {
        const own = x.subarray(row * inner, (row + 1) * inner)
        const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        for (let n = 0; n < columns; n++) {
          let [sum, squares] = [0, 0]
          for (let k = 0; k < inner; k++) {
            const weight = q[k * columns + n] * scale[n]
            sum += own[k] * weight
            squares += weight * weight
          }
          // six deviations of a sum of uniform errors
          const bound = 6 * (largest / steps) * Math.sqrt(squares / 12) + 1e-6 * Math.abs(sum)
          expect(Math.abs(got[row * columns + n] - sum)).toBeLessThanOrEqual(bound)
        }
      }
      await opened.dispose()
    })
  }
})

test('shapes that do not fit are refused', () => {
  const [matrix, wide] = [parameter('q', [4, 3], 'int8'), input('x', 'float', ['M', 5])]
  expect(() => int8Matmul(wide, matrix, parameter('s', [3]))).toThrow(
    /^int8Matmul of \[M, ?5\] and \[4, ?3\] with scales \[3\] does not fit/,
  )
  expect(() => int8Matmul(wide, parameter('q', [5, 3]), parameter('s', [3]))).toThrow('needs int8')
})
