// The order of `margin`, by the rows themselves: without noise the largest margin first, with Gumbel noise each position
// with the probability that the noise gives it.
import { expect, test } from 'vitest'
import { chiSquareP, inconsistentRow, tableDenoiser } from '../../../test/support/denoisers.ts'
import { denoise, makePlan, type PlanOptions, type PolicyName, states } from '../index.ts'

const V = 4
const L = 4
const from = {
  tokens: new Int32Array(L).fill(V),
  state: new Uint8Array(L).fill(states.fog),
}

/** Where the first word is written. */
async function first(salt: number, options: PlanOptions): Promise<number> {
  const network = tableDenoiser(V, inconsistentRow(V, salt))
  for await (const frame of denoise(network, from, makePlan(options, network))) {
    if (frame.step > 0) return frame.changed[0]
  }
  throw new Error('nothing was written')
}

const rowsOf = (salt: number) =>
  Array.from({ length: L }, (_, position) =>
    inconsistentRow(V, salt)(new Array(L).fill(V), position).toSorted((a, b) => b - a),
  )
const margins = (salt: number) => rowsOf(salt).map(([best, second]) => best - second)
const tops = (salt: number) => rowsOf(salt).map(([best]) => best)
const largest = (values: readonly number[]) => values.indexOf(Math.max(...values))

test('the largest margin is first, which is not always the largest probability', async () => {
  let differ = 0
  for (let salt = 0; salt < 100; salt++) {
    const firstBy = (policy: PolicyName) => first(salt, { policy, steps: L })
    expect(await firstBy('margin')).toBe(largest(margins(salt)))
    expect(await firstBy('confidence')).toBe(largest(tops(salt)))
    if (largest(margins(salt)) !== largest(tops(salt))) differ++
  }
  expect(differ).toBeGreaterThan(10)
})

test('a word without a rival is certain', async () => {
  const network = tableDenoiser(1, () => [1])
  const plan = makePlan({ policy: 'margin' }, network)
  for await (const frame of denoise(network, { ...from, tokens: new Int32Array(L).fill(1) }, plan))
    if (frame.done) expect([...frame.tokens]).toEqual([0, 0, 0, 0])
})

test('with noise the first position is drawn by softmax(margin / temperature)', async () => {
  // three quarters of the temperature are left at the first of four steps
  const temperature = 0.2
  const found = new Array(L).fill(0)
  // rows whose margins and probabilities rank differently
  const salt = Array.from({ length: 100 }, (_, i) => i).find(
    (i) => largest(margins(i)) !== largest(tops(i)),
  )!
  for (let seed = 0; seed < 4000; seed++) {
    const options: PlanOptions = { policy: 'margin', steps: L, seed, orderTemperature: temperature }
    found[await first(salt, options)]++
  }
  const softmax = (scores: readonly number[]) => {
    const weights = scores.map((score) => Math.exp(score / (temperature * (1 - 1 / L))))
    return weights.map((weight) => weight / weights.reduce((a, b) => a + b))
  }
  expect(chiSquareP(found, softmax(margins(salt)))).toBeGreaterThan(1e-4)
  expect(chiSquareP(found, softmax(tops(salt)))).toBeLessThan(1e-9)
})
