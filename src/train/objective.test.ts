// What is learnt by, beside its formula in float64: gradients on logits, and a loss that stays what a batch costs.
import { describe, expect, test } from 'vitest'
import { crossEntropy, emit, gradients, input, mul, sum } from '../graph/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { objectiveOf } from './objective.ts'
import { type Recipe, without } from './recipe.ts'

const device = cpu({ threads: 1 })
const words = 4
const targets = [2, 0, 3]
const weights = [1, 5, 2]
const importance = [0.25, 0.25, 0.5]
const logits = [0.3, -1, 2, 0.5, 6, 0, -2, 1, 0, 0, 0, 0.1]

/** Probabilities of a row's words. */
const chances = (row: number): number[] => {
  const powers = logits.slice(row * words, (row + 1) * words).map(Math.exp)
  const total = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / total)
}
const surprises = targets.map((word, row) => -Math.log(chances(row)[word]))

async function learnt(recipe: Pick<Recipe, 'weighting' | 'focal'>) {
  const x = input('logits', 'float', ['R', words])
  const each = crossEntropy(x, input('targets', 'int32', ['R']))
  const [counts, weight] = [input('importance', 'float', ['R']), input('weights', 'float', ['R'])]
  const priced = mul(mul(each, weight), counts)
  const loss = sum(priced)
  const { objective, held } = objectiveOf(
    { loss, priced, surprise: () => each, importance: counts },
    recipe,
  )
  const [gradient] = gradients(objective, [x], { held })
  const session = await device.session(emit({ loss, gradient }, { precision: 'float64' }))
  const vector = (data: number[]) => ({ data: Float64Array.from(data), dims: [data.length] })
  const results = await session.run({
    logits: { data: Float64Array.from(logits), dims: [targets.length, words] },
    targets: { data: Int32Array.from(targets), dims: [targets.length] },
    importance: vector(importance),
    weights: vector(weights),
  })
  await session.dispose()
  return { loss: results.loss.data[0], gradient: Array.from(results.gradient.data) }
}

/** Σ factor · CE, differentiated with the factors as constants. */
const gradientOf = (factors: readonly number[]): number[] =>
  targets.flatMap((word, row) =>
    chances(row).map((p, id) => factors[row] * (p - (id === word ? 1 : 0))),
  )
const focalOf = (focal: number): number[] => {
  const powers = surprises.map((nats) => (1 - Math.exp(-nats)) ** focal)
  const mean = powers.reduce((a, b) => a + b) / powers.length
  return powers.map((power) => power / mean)
}
const near = (found: number[], expected: number[]) => {
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 12)
}
const bound = importance.map((share, row) => share * weights[row])

describe('gradients', () => {
  test("are the bound's without a choice", async () => {
    near((await learnt(without)).gradient, gradientOf(bound))
  })

  test('under uniform weights count all words by their importance alone', async () => {
    near((await learnt({ ...without, weighting: 'uniform' })).gradient, gradientOf(importance))
  })

  test.each([0.5, 1, 2])(
    'with focal weights of exponent %f count known words less',
    async (focal) => {
      const factors = focalOf(focal)
      // the second word is known, the others are not, and the mean is 1
      expect(factors[1]).toBeLessThan(0.4)
      expect(factors.reduce((a, b) => a + b) / 3).toBeCloseTo(1, 12)
      const { gradient } = await learnt({ ...without, focal })
      near(gradient, gradientOf(bound.map((factor, row) => factor * factors[row])))
    },
  )

  test('under both count by both', async () => {
    const factors = focalOf(1).map((factor, row) => factor * importance[row])
    near((await learnt({ weighting: 'uniform', focal: 1 })).gradient, gradientOf(factors))
  })
})

test('the loss stays what the batch costs, whatever is learnt by', async () => {
  const cost = surprises.reduce((total, nats, row) => total + bound[row] * nats, 0)
  for (const weighting of ['bound', 'uniform'] as const) {
    for (const focal of [0, 1])
      expect((await learnt({ weighting, focal })).loss).toBeCloseTo(cost, 12)
  }
})

test('a word that is certain has a weight of nothing, and no gradient that is no number', async () => {
  const sure = logits[words]
  logits[words] = 400
  const { gradient } = await learnt({ ...without, focal: 1 })
  logits[words] = sure
  expect(gradient.every(Number.isFinite)).toBe(true)
  near(gradient.slice(words, 2 * words), [0, 0, 0, 0])
})
