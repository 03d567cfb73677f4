// The laws of masked diffusion by enumeration: three tokens, three positions, exact conditionals, float64. The bound
// is the graph that trains. Beside each law stand its wrong twins, which must break it by far more than the tolerance.
import { describe, expect, it } from 'vitest'
import { mul, scalar, sub } from '../graph/index.ts'
import { nelbo as boundOfEveryText, gap, mean, type Question, surprise } from './fixtures/nelbo.ts'
import {
  everyOrder,
  everyText,
  type Prediction,
  quadrature,
  randomPrediction,
  type ToyLanguage,
  toyLanguage,
} from './fixtures/toy-language.ts'
import {
  countAt,
  maskExactly,
  noises,
  type Pricing,
  priceOfCount,
  schedules,
  squeezed,
  type WordNoise,
} from './index.ts'

const { masked } = noises
const tolerance = 1e-9
const languages = [1, 2, 3].map((seed) => toyLanguage(seed))
const { maskId, words } = languages[0]
const exactBound: Pricing = { maskId, words, schedule: schedules.linear }
/** polynomials in t for most schedules, an entire function for the cosine: 24 nodes reach rounding */
const few = quadrature(24)
/** the geometric schedule is an exponential of an exponential */
const many = quadrature(64)

/** The bound of every text, of the process as it is but for what a twin does differently. */
const nelbo = (language: ToyLanguage, twin: Partial<Question> = {}): Promise<Float64Array> =>
  boundOfEveryText(language, {
    noise: masked,
    pricing: exactBound,
    prediction: language.exact,
    nodes: few,
    ...twin,
  })

/** Σ over masked positions of -log p(x_i | x_t). */
function crossEntropy(x: Int32Array, noisy: Int32Array, maskId: number, prediction: Prediction) {
  return Array.from(masked.rows(noisy, maskId)).reduce(
    (sum, i) => sum - Math.log(prediction(noisy, i)[x[i]]),
    0,
  )
}

describe.each(languages)('a language of entropy $entropy', (language) => {
  const { maskId, length, texts, exact } = language

  it.each(Object.values(schedules))('$name: NELBO(x) = -log p(x) for every x', async (schedule) => {
    const pricing = { ...exactBound, schedule }
    const bound = await nelbo(language, { pricing, nodes: many })
    expect(gap(bound, surprise(language))).toBeLessThan(tolerance)
  })

  it('equals the sum over counts of E[ΣCE]/n', async () => {
    const byCount = Float64Array.from(texts, (x) => {
      const sums = new Float64Array(length + 1)
      const sets = new Float64Array(length + 1)
      for (const hidden of everyText(2, length)) {
        const noisy = x.map((token, i) => (hidden[i] ? maskId : token))
        const n = hidden.reduce((a, b) => a + b, 0)
        sums[n] += crossEntropy(x, noisy, maskId, exact)
        sets[n]++
      }
      return sums.reduce((sum, s, n) => (n === 0 ? sum : sum + s / sets[n] / n), 0)
    })
    expect(gap(byCount, surprise(language))).toBeLessThan(tolerance)
    expect(gap(byCount, await nelbo(language))).toBeLessThan(tolerance)
  })

  it('equals the mean over orders of Σ -log p(x_π(i) | x_π(<i))', async () => {
    for (const prediction of [exact, randomPrediction(language, 5)]) {
      const byOrder = Float64Array.from(texts, (x) => {
        const costs = everyOrder(length).map((order) =>
          logProbability(x, order, prediction, maskId),
        )
        return -costs.reduce((a, b) => a + b) / costs.length
      })
      expect(gap(byOrder, await nelbo(language, { prediction }))).toBeLessThan(tolerance)
    }
  })

  it('has the same value under every schedule, whatever is predicted', async () => {
    const prediction = randomPrediction(language, 6)
    const [first, ...others] = await Promise.all(
      Object.values(schedules).map((schedule) =>
        nelbo(language, { prediction, pricing: { ...exactBound, schedule }, nodes: many }),
      ),
    )
    for (const other of others) expect(gap(first, other)).toBeLessThan(tolerance)
  })

  it('is at least the entropy on average, and the surprise under the model for every x', async () => {
    for (const seed of [7, 8, 9]) {
      const prediction = randomPrediction(language, seed)
      const bound = await nelbo(language, { prediction })
      expect(mean(language, bound)).toBeGreaterThan(language.entropy + 0.1)
      texts.forEach((x, text) => {
        const orders = everyOrder(length)
        const probability = orders.reduce(
          (sum, order) => sum + Math.exp(logProbability(x, order, prediction, maskId)),
          0,
        )
        expect(bound[text]).toBeGreaterThanOrEqual(-Math.log(probability / orders.length) - 1e-12)
      })
    }
  })

  it('by exact count has the same mean', async () => {
    const prediction = randomPrediction(language, 10)
    const estimate = Float64Array.from(texts, (x) =>
      expectedByCount(x, maskId, prediction, countAt, priceOfCount),
    )
    expect(gap(estimate, await nelbo(language, { prediction }))).toBeLessThan(tolerance)
  })

  it('kept from full noise by eps it lies below by eps · Σ CE(all masked)', async () => {
    const remainder = async (eps: number) => {
      const pricing = { ...exactBound, schedule: squeezed(schedules.linear, { low: eps }) }
      const low = await nelbo(language, { pricing })
      return low.map((value, text) => {
        const x = texts[text]
        const allMasked = crossEntropy(
          x,
          x.map(() => maskId),
          maskId,
          exact,
        )
        return value - (-Math.log(language.p[text]) - eps * allMasked)
      })
    }
    const [whole, half] = [await remainder(2e-3), await remainder(1e-3)]
    whole.forEach((rest, text) => {
      // the remainder is of second order: half the eps leaves a quarter of it
      expect(Math.abs(rest)).toBeLessThan(50 * 2e-3 ** 2)
      expect(Math.abs(rest - 4 * half[text])).toBeLessThan(200 * 2e-3 ** 3)
    })
  })

  describe('a wrong twin', () => {
    const bound: WordNoise['bound'] = (terms, pricing) => masked.bound(terms, pricing)

    it('with time flipped breaks the law', async () => {
      const flipped: Partial<Question> = {
        noise: {
          ...masked,
          bound: (terms, pricing) => bound({ ...terms, time: sub(scalar(1), terms.time) }, pricing),
        },
      }
      expect(gap(await nelbo(language, flipped), surprise(language))).toBeGreaterThan(0.1)
      expect(mean(language, await nelbo(language, flipped))).not.toBeCloseTo(language.entropy, 1)
    })

    it('with the weight dropped lies below the entropy', async () => {
      const dropped: Partial<Question> = {
        noise: {
          ...masked,
          bound: (terms, pricing) => mul(bound(terms, pricing), terms.time),
        },
      }
      expect(mean(language, await nelbo(language, dropped))).toBeLessThan(language.entropy - 0.1)
    })

    it('with the capped weight of training lies below the entropy', async () => {
      const capped: Partial<Question> = { pricing: { ...exactBound, cap: 4 } }
      expect(mean(language, await nelbo(language, capped))).toBeLessThan(language.entropy - 1e-3)
    })

    it('with eps kept in evaluation lies below the entropy', async () => {
      const kept: Partial<Question> = {
        pricing: { ...exactBound, schedule: squeezed(schedules.linear, { low: 1e-3 }) },
      }
      expect(mean(language, await nelbo(language, kept))).toBeLessThan(language.entropy - 1e-3)
    })

    it('with the count drawn or weighed wrongly has another mean', () => {
      const twins: [typeof countAt, typeof priceOfCount][] = [
        [countAt, (summed) => summed],
        [(u, n) => Math.min(n, Math.round(u * n)), (summed, n, l) => (n ? (summed * l) / n : 0)],
        [countAt, (summed, n, l) => (summed * (l + 1)) / (n + 1)],
      ]
      for (const [count, weigh] of twins) {
        const estimate = Float64Array.from(texts, (x) =>
          expectedByCount(x, maskId, exact, count, weigh),
        )
        expect(gap(estimate, surprise(language))).toBeGreaterThan(0.1)
      }
    })
  })
})

it('draws every set of a given size alike', () => {
  const clean = Int32Array.of(0, 1, 2, 0)
  const counts = new Map<string, number>()
  const draws = 20
  for (let a = 0; a < draws; a++) {
    for (let b = 0; b < draws * 3; b++) {
      const uniforms = [(a + 0.5) / draws, (b + 0.5) / (draws * 3)]
      const { noisy, rows } = maskExactly(clean, 2, 9, () => uniforms.shift() as number)
      expect(Array.from(masked.rows(noisy, 9))).toEqual(Array.from(rows))
      counts.set(rows.join(), (counts.get(rows.join()) ?? 0) + 1)
    }
  }
  // evenly spread pairs of uniforms: 1,200 pairs over 6 sets, to the last one
  expect([...counts.values()]).toEqual(Array(6).fill(200))
})

/** -log of the probability of revealing x in this order, negated. */
function logProbability(
  x: Int32Array,
  order: readonly number[],
  prediction: Prediction,
  maskId: number,
): number {
  const noisy = x.map(() => maskId)
  let sum = 0
  for (const i of order) {
    sum += Math.log(prediction(noisy, i)[x[i]])
    noisy[i] = x[i]
  }
  return sum
}

/** The mean of the count estimator over its u (evenly spread, exactly) and over all sets of that size. */
function expectedByCount(
  x: Int32Array,
  maskId: number,
  prediction: Prediction,
  count: typeof countAt,
  weigh: typeof priceOfCount,
): number {
  const draws = 6 * x.length
  const sets = everyText(2, x.length)
  let total = 0
  for (let k = 0; k < draws; k++) {
    const n = count((k + 0.5) / draws, x.length)
    const ofSize = sets.filter((set) => set.reduce((a, b) => a + b, 0) === n)
    const sum = ofSize.reduce((s, hidden) => {
      const noisy = x.map((token, i) => (hidden[i] ? maskId : token))
      return s + weigh(crossEntropy(x, noisy, maskId, prediction), n, x.length)
    }, 0)
    total += sum / ofSize.length / draws
  }
  return total
}
