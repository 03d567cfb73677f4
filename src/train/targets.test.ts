// The divergence from what is expected, and its gradient, beside their formulas in float64.
import { expect, test } from 'vitest'
import { emit, gradients, input, mul, sum } from '../graph/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { divergence, expectedOf } from './targets.ts'

const device = cpu({ threads: 1 })
const words = 4
const expected = [
  [0.5, 0.25, 0.25, 0],
  [0, 0, 1, 0],
  [0.1, 0.2, 0.3, 0.4],
]
/** the last word of the first row is banned, as the network's head does it */
const logits = [[0.3, -1, 2, -1e9], [6, 0, -2, 1], expected[2].map((p) => Math.log(p) + 3)]
const importance = [0.25, 0.25, 0.5]

const softmax = (row: readonly number[]): number[] => {
  const powers = row.map(Math.exp)
  const total = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / total)
}

async function computed() {
  const x = input('logits', 'float', ['R', words])
  const nats = divergence({ logits: x })
  const loss = sum(mul(nats, input('importance', 'float', ['R'])))
  const [gradient] = gradients(loss, [x])
  const session = await device.session(emit({ nats, gradient }, { precision: 'float64' }))
  const told = expectedOf(expected.map((row) => Float64Array.from(row)))
  const doubles = (data: ArrayLike<number>, dims: readonly number[]) => ({
    data: Float64Array.from(data),
    dims,
  })
  const results = await session.run({
    logits: doubles(logits.flat(), [3, words]),
    importance: doubles(importance, [3]),
    expected: doubles(told.expected.data, told.expected.dims),
    certain: doubles(told.certain.data, told.certain.dims),
  })
  await session.dispose()
  return results
}

test('is Σ p·(log p - log q), where 0·log 0 is 0, and nothing where both are equal', async () => {
  const { nats } = await computed()
  const formula = expected.map((row, r) => {
    const q = softmax(logits[r])
    return row.reduce((total, p, id) => (p > 0 ? total + p * Math.log(p / q[id]) : total), 0)
  })
  expect(formula[2]).toBeCloseTo(0, 12)
  // what is expected comes in float32
  for (const [r, value] of formula.entries()) expect(nats.data[r]).toBeCloseTo(value, 6)
})

test('its gradient is what is predicted less what is expected, by importance', async () => {
  const { gradient } = await computed()
  logits.forEach((row, r) => {
    softmax(row).forEach((q, id) => {
      const value = importance[r] * (q - expected[r][id])
      expect(gradient.data[r * words + id]).toBeCloseTo(value, 7)
    })
  })
})
