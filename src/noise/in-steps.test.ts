// The bound of a chain of T steps, by enumeration: by the number of masked words it is the sum of the divergences of all
// steps, no less than the chain's own surprise, and the continuous bound in the limit.
import { describe, expect, it } from 'vitest'
import {
  everyText,
  type Prediction,
  randomPrediction,
  toyLanguage,
} from './fixtures/toy-language.ts'
import { stepPrices } from './in-steps.ts'
import { inSteps, noises, priceOfCount, type Schedule, schedules } from './index.ts'

const { masked } = noises
const language = toyLanguage(1)
const { maskId, words, vocabSize, length, texts, exact } = language
const sets = everyText(2, length)
const world = (schedule: Schedule) => ({ maskId, words, vocabSize, schedule })
const hide = (x: Int32Array, set: Int32Array) => x.map((token, i) => (set[i] ? maskId : token))

/** Σ_k Σ_{x_t} q(x_t|x) Σ_i KL(q(x_s|x_t, x) ‖ p(x_s|x_t)), from the process itself. */
function divergences(x: Int32Array, schedule: Schedule, steps: number, prediction: Prediction) {
  let nats = 0
  for (let k = 1; k <= steps; k++) {
    const [s, t] = [(k - 1) / steps, k / steps]
    for (const set of sets) {
      const noisy = hide(x, set)
      const q = noisy.reduce(
        (share, token, i) => share * masked.forward(x[i], 0, t, world(schedule))[token],
        1,
      )
      if (q === 0) continue
      noisy.forEach((token, i) => {
        const sure = new Float64Array(vocabSize)
        sure[x[i]] = 1
        const truth = masked.posterior(token, sure, s, t, world(schedule))
        const guess = masked.posterior(token, prediction(noisy, i), s, t, world(schedule))
        truth.forEach((p, id) => {
          if (p > 0) nats += q * p * Math.log(p / guess[id])
        })
      })
    }
  }
  return nats
}

/** The same by count. @param price of n masked words, averaged over which */
function byCount(x: Int32Array, prediction: Prediction, price: (n: number) => number): number {
  return sets.reduce((nats, set) => {
    const noisy = hide(x, set)
    const rows = masked.rows(noisy, maskId)
    if (rows.length === 0) return nats
    const alike = sets.filter((other) => masked.rows(hide(x, other), maskId).length === rows.length)
    const summed = rows.reduce((sum, i) => sum - Math.log(prediction(noisy, i)[x[i]]), 0)
    return nats + (price(rows.length) * summed) / alike.length
  }, 0)
}

/** -log of the probability that the chain writes x. */
function surprise(
  x: Int32Array,
  schedule: Schedule,
  steps: number,
  prediction: Prediction,
): number {
  // revealed so far, as a set of those still masked
  let weights = new Map([[sets.length - 1, 1]])
  for (let k = steps; k >= 1; k--) {
    const [s, t] = [(k - 1) / steps, k / steps]
    const next = new Map<number, number>()
    for (const [at, weight] of weights) {
      const noisy = hide(x, sets[at])
      const kernels = Array.from(noisy, (token, i) =>
        masked.posterior(token, prediction(noisy, i), s, t, world(schedule)),
      )
      sets.forEach((after, to) => {
        const p = hide(x, after).reduce((share, token, i) => share * kernels[i][token], weight)
        if (p > 0) next.set(to, (next.get(to) ?? 0) + p)
      })
    }
    weights = next
  }
  return -Math.log(weights.get(0) ?? 0)
}

describe.each([schedules.linear, schedules.cosine])(
  'in steps of the $name schedule',
  (schedule) => {
    it.each([1, 2, 5])('%i: the sum of all divergences, whatever is predicted', (steps) => {
      const prices = stepPrices(length, schedule, steps)
      for (const prediction of [exact, randomPrediction(language, 3)]) {
        for (const x of texts.slice(0, 9)) {
          const found = byCount(x, prediction, (n) => prices[n])
          expect(found).toBeCloseTo(divergences(x, schedule, steps, prediction), 10)
          expect(found).toBeGreaterThan(surprise(x, schedule, steps, prediction) - 1e-12)
        }
      }
    })

    it('one step guesses every word at once', () => {
      const prices = stepPrices(length, schedule, 1)
      const x = texts[7]
      const fog = x.map(() => maskId)
      const alone = x.reduce((sum, token, i) => sum - Math.log(exact(fog, i)[token]), 0)
      expect(byCount(x, exact, (n) => prices[n])).toBeCloseTo(alone, 12)
      expect(surprise(x, schedule, 1, exact)).toBeCloseTo(alone, 12)
    })

    it('tends to the continuous bound, the distance falling as 1/T', () => {
      const prediction = randomPrediction(language, 4)
      const distance = (steps: number, x: Int32Array) => {
        const prices = stepPrices(length, schedule, steps)
        const continuous = byCount(x, prediction, (n) => priceOfCount(1, n, length) / length)
        return byCount(x, prediction, (n) => prices[n]) - continuous
      }
      for (const x of texts.slice(0, 5)) {
        expect(Math.abs(distance(2000, x))).toBeLessThan(0.02)
        expect(distance(200, x) / distance(400, x)).toBeCloseTo(2, 1)
      }
    })

    it('wrong twins are no such sum: the weight of continuous time, steps that begin at 0', () => {
      const x = texts[4]
      const wrong = [
        (n: number) => priceOfCount(1, n, length) / length,
        (n: number) => stepPrices(length, { survival: (t) => schedule.survival(t - 1e-2) }, 3)[n],
      ]
      for (const price of wrong)
        expect(
          Math.abs(byCount(x, exact, price) - divergences(x, schedule, 3, exact)),
        ).toBeGreaterThan(1e-3)
    })
  },
)

it('looks are worth it on average, with one step every time', () => {
  const schedule = schedules.cosine
  const prediction = randomPrediction(language, 5)
  const x = texts[11]
  const grid = 3000
  for (const steps of [1, 4]) {
    const prices = stepPrices(length, schedule, steps)
    const exactly = byCount(x, prediction, (n) => prices[n])
    const { look } = inSteps(masked, schedule, steps)
    let mean = 0
    // levels by an even grid, sets by a grid of all the numbers that choose them
    for (let c = 0; c < grid; c++) {
      for (const a of [1, 3, 5]) {
        for (const b of [1, 3]) {
          const draws = [a / 6, b / 4, 0.5]
          const { noisy, rows, worth } = look(x, (c + 0.5) / grid, () => draws.shift()!, {
            maskId,
            words,
          })
          const summed = rows.reduce((sum, i) => sum - Math.log(prediction(noisy, i)[x[i]]), 0)
          if (steps === 1) expect(worth * summed).toBeCloseTo(exactly, 12)
          mean += (worth * summed) / (grid * 6)
        }
      }
    }
    // a grid cuts the share of a count to a point of it
    expect(Math.abs(mean / exactly - 1)).toBeLessThan(2 / grid)
  }
})
