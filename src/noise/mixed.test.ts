// The laws of uniform and hybrid diffusion by enumeration: three words, three positions, float64, on the graph that
// trains. What a prediction may look at is half of the law: everything but the position itself.
import { describe, expect, it } from 'vitest'
import { emit, gradients, input, mul, scalar, sub, sum } from '../graph/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import {
  nelbo as boundOfEveryText,
  exactPrediction,
  gap,
  mean,
  type Question,
  smoothNodes,
  surprise,
} from './fixtures/nelbo.ts'
import { type PricedRow, price } from './fixtures/price.ts'
import {
  logitsOf,
  quadrature,
  randomPrediction,
  type ToyLanguage,
  toyLanguage,
} from './fixtures/toy-language.ts'
import { hybridOf } from './hybrid.ts'
import { type Mixed, noises, type Pricing, type Schedule, schedules } from './index.ts'

const rows: readonly Mixed[] = [noises.uniform, noises.hybrid]
const languages = [1, 2].map((seed) => toyLanguage(seed))
const [language] = languages
const { maskId, words } = language
const linear: Pricing = { maskId, words, schedule: schedules.linear }

/** Near its clean end the integrand is as log n, for hybrid noise as log n / √n, n being the noise level. */
const nodesOf = (schedule: Schedule) => smoothNodes(schedule, 80)
const tolerance = 1e-9

const nelbo = (of: ToyLanguage, noise: Mixed, twin: Partial<Question> = {}) =>
  boundOfEveryText(of, {
    noise,
    pricing: linear,
    prediction: exactPrediction(of, noise, (twin.pricing ?? linear).schedule),
    nodes: nodesOf((twin.pricing ?? linear).schedule),
    ...twin,
  })

describe.each(rows)('$name', (noise) => {
  const exact = (sees: 'others' | 'all') => exactPrediction(language, noise, linear.schedule, sees)
  const world = { ...linear, vocabSize: language.vocabSize }

  it.each(languages)('NELBO(x) = -log p(x) for every x, entropy $entropy', async (of) => {
    expect(gap(await nelbo(of, noise), surprise(of))).toBeLessThan(tolerance)
  })

  it.each([schedules.cosine, schedules.polynomial, schedules.geometric])(
    'is the same under the $name schedule',
    async (schedule) => {
      const pricing = { ...linear, schedule }
      const bound = await nelbo(language, noise, { pricing })
      expect(gap(bound, surprise(language))).toBeLessThan(tolerance)
    },
  )

  it('costs more with the ordinary posterior, which counts a token twice', async () => {
    const cost = mean(language, await nelbo(language, noise, { prediction: exact('all') }))
    expect(language.entropy).toBeCloseTo(2.7039, 4)
    expect(cost).toBeCloseTo({ uniform: 4.1054, hybrid: 3.4912 }[noise.name] ?? 0, 4)
  })

  it('is exact again when the ordinary posterior is converted, on the host', async () => {
    const all = exact('all')
    const prediction: Question['prediction'] = (noisy, i, time) =>
      noise.leaveOneOut(all(noisy, i, time), noisy[i], time, world)
    expect(gap(await nelbo(language, noise, { prediction }), surprise(language))).toBeLessThan(
      tolerance,
    )
  })

  it('is exact again when the ordinary posterior is converted, in the graph', async () => {
    const converted: Question['noise'] = {
      ...noise,
      bound: (terms, pricing) =>
        noise.bound({ ...terms, logits: noise.leaveOneOutLogits(terms, pricing) }, pricing),
    }
    const bound = await nelbo(language, noise, { noise: converted, prediction: exact('all') })
    expect(gap(bound, surprise(language))).toBeLessThan(tolerance)
  })

  it('is learnt by a loss that is least for the same prediction', async () => {
    const learnt: Question['noise'] = { ...noise, bound: noise.loss }
    const cost = async (prediction: Question['prediction']) =>
      mean(language, await nelbo(language, noise, { noise: learnt, prediction }))
    const least = await cost(exact('others'))
    const sharpened =
      (power: number): Question['prediction'] =>
      (...question) => {
        const q = exact('others')(...question).map((p) => p ** power)
        const total = q.reduce((a, b) => a + b)
        return q.map((p) => p / total)
      }
    expect(await cost(sharpened(0.9))).toBeGreaterThan(least + 1e-3)
    expect(await cost(sharpened(1.1))).toBeGreaterThan(least + 1e-3)
    expect(await cost(exact('all'))).toBeGreaterThan(least + 0.1)
  })

  it('is at least the entropy on average, whatever is predicted', async () => {
    for (const seed of [7, 8, 9]) {
      const prediction = randomPrediction(language, seed)
      expect(mean(language, await nelbo(language, noise, { prediction }))).toBeGreaterThan(
        language.entropy + 0.1,
      )
    }
  })

  describe('a wrong twin', () => {
    const twin = (bound: Mixed['bound']): Partial<Question> => ({ noise: { ...noise, bound } })

    it('with time flipped breaks the law', async () => {
      const flipped = {
        ...twin((terms, pricing) =>
          noise.bound({ ...terms, time: sub(scalar(1), terms.time) }, pricing),
        ),
        // 1 - t keeps its digits at these
        nodes: quadrature(24),
      }
      expect(gap(await nelbo(language, noise, flipped), surprise(language))).toBeGreaterThan(0.1)
    })

    it('with the weight dropped lies below the entropy', async () => {
      const dropped = twin((terms, pricing) => {
        const weight = mul(terms.time, sub(scalar(1), terms.time))
        return mul(noise.bound(terms, pricing), weight)
      })
      expect(mean(language, await nelbo(language, noise, dropped))).toBeLessThan(
        language.entropy - 0.1,
      )
    })

    it('with the mask counted among the words breaks the law', async () => {
      const miscounted = twin((terms, pricing) =>
        noise.bound(terms, { ...pricing, words: Int32Array.of(...words, maskId) }),
      )
      expect(gap(await nelbo(language, noise, miscounted), surprise(language))).toBeGreaterThan(
        0.01,
      )
    })

    it('with the capped weight of training lies below the entropy', async () => {
      const capped = twin((terms, pricing) => noise.bound(terms, { ...pricing, cap: 2 }))
      expect(mean(language, await nelbo(language, noise, capped))).toBeLessThan(
        language.entropy - 1e-3,
      )
    })
  })
})

describe('the printed formulas', () => {
  const vocabSize = 6
  const pricing: Pricing = {
    maskId: 5,
    words: Int32Array.of(0, 1, 2, 3, 4),
    schedule: schedules.cosine,
  }
  const V = pricing.words.length
  const clean = [0.1, 0.3, 0.05, 0.35, 0.2, 0]
  const questions = (noisy: readonly number[]): PricedRow[] =>
    [1e-4, 0.1, 0.5, 0.9, 0.99].flatMap((time) =>
      noisy.map((token) => ({
        logits: logitsOf(Float64Array.from(clean)),
        target: 1,
        noisy: token,
        time,
      })),
    )

  it("of UDLM's continuous-time bound give the same numbers", async () => {
    const asked = questions([0, 1, 4])
    const nats = await price(noises.uniform, asked, pricing)
    asked.forEach(({ target, noisy: z, time }, r) => {
      const survival = pricing.schedule.survival(time)
      const bar = (p: (j: number) => number) =>
        Array.from(pricing.words, (j) => V * survival * p(j) + 1 - survival)
      const x = bar((j) => Number(j === target))
      const theta = bar((j) => clean[j])
      const inner = x.reduce(
        (total, xj, j) =>
          total + (xj / x[z]) * (Math.log(theta[z] / theta[j]) + Math.log(xj / x[z])),
        0,
      )
      const rate = pricing.schedule.derivative(time) / (V * survival)
      const printed = rate * (V / x[z] - V / theta[z] - inner)
      expect(Math.abs(nats[r] - printed)).toBeLessThan(1e-9 * Math.max(1, printed))
    })
  })

  it("of GIDD's bound give the same numbers", async () => {
    const noise = hybridOf(0.2)
    const world = { ...pricing, vocabSize }
    const asked = questions([0, 1, 5])
    const nats = await price(noise, asked, pricing)
    /** α and βπ at a time, from the forward distribution of word 1 */
    const mixture = (time: number) => {
      const q = noise.forward(1, 0, time, world)
      const alpha = q[1] - q[0]
      return { q, alpha, noise: q.map((share, j) => (j === 1 ? share - alpha : share)) }
    }
    asked.forEach(({ target, noisy: z, time }, r) => {
      const now = mixture(time)
      const h = 1e-4 * Math.min(time, 1 - time)
      const slope = (of: (m: ReturnType<typeof mixture>) => number) =>
        (of(mixture(time + h)) - of(mixture(time - h))) / (2 * h)
      const growth = slope(({ alpha }) => alpha) / now.alpha
      const weight = (slope((m) => m.noise[z]) - growth * now.noise[z]) / now.q[z]
      const theta = now.noise.map((share, j) => share + now.alpha * clean[j])
      const divergence = now.q.reduce((total, q, j) => total + q * Math.log(q / theta[j]), 0)
      const ratio = now.q[z] / theta[z]
      const printed = weight * (divergence + ratio - Math.log(ratio) - 1)
      expect(target).toBe(1)
      // the slopes are differences
      expect(Math.abs(nats[r] / printed - 1)).toBeLessThan(1e-6)
    })
  })
})

it('hybrid noise without other words is masked noise', async () => {
  const logits = logitsOf(Float64Array.of(0.2, 0.3, 0.5, 0))
  const asked = [0.1, 0.5, 0.9].map((time) => ({ logits, target: 0, noisy: maskId, time }))
  const [hybrid, masked] = await Promise.all(
    [hybridOf(1e-12), noises.masked].map((noise) => price(noise, asked, linear)),
  )
  expect(gap(hybrid, masked)).toBeLessThan(1e-9)
})

describe.each(rows)('$name in float32', (noise) => {
  const size = 300
  const pricing: Pricing = {
    maskId: size,
    words: Int32Array.from({ length: size }, (_, id) => id),
    schedule: schedules.linear,
  }
  const times = [2 ** -53, 1e-7, 1e-3, 0.3, 0.9, 0.99, 1 - 2 ** -20, 1]
  const world = { ...pricing, vocabSize: size + 1 }
  // hybrid noise knows the mask, and has no words left at t = 1 itself
  const asked = times.flatMap((time) =>
    [0, 1, size]
      .filter((noisy) => noise.forward(0, 0, time, world)[noisy] > 0)
      .map((noisy) => ({ noisy, time })),
  )
  const logits = Float64Array.from({ length: size + 1 }, (_, id) =>
    id === size ? -1e9 : 3 * Math.sin(id * id),
  )

  it.each([undefined, 4])('has finite values and gradients at every time, cap %s', async (cap) => {
    const run = async (precision: 'float32' | 'float64') => {
      const terms = {
        logits: input('logits', 'float', ['R', size + 1]),
        targets: input('targets', 'int32', ['R']),
        noisy: input('noisy', 'int32', ['R']),
        time: input('time', 'float', ['R']),
      }
      const nats = noise.bound(terms, { ...pricing, cap })
      const [slope] = gradients(sum(nats), [terms.logits])
      const session = await cpu({ threads: 1 }).session(emit({ nats, slope }, { precision }))
      const floats = (values: number[]) =>
        precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values)
      const count = asked.length
      const result = await session.run({
        logits: {
          data: floats(asked.flatMap(() => [...logits])),
          dims: [count, size + 1],
        },
        targets: { data: new Int32Array(count), dims: [count] },
        noisy: { data: Int32Array.from(asked, ({ noisy }) => noisy), dims: [count] },
        // the float64 run sees the times that the float32 run can hold
        time: { data: floats(asked.map(({ time }) => Math.fround(time))), dims: [count] },
      })
      await session.dispose()
      return result
    }
    const [single, double] = [await run('float32'), await run('float64')]
    asked.forEach(({ time }, r) => {
      const [a, b] = [Number(single.nats.data[r]), Number(double.nats.data[r])]
      expect(Number.isFinite(a)).toBe(true)
      expect(Math.abs(a - b)).toBeLessThan(1e-4 * b + 2e-7 / (1 - time + 1e-7))
    })
    asked.forEach((_, r) => {
      const [a, b] = [single, double].map(({ slope }) =>
        Array.from(slope.data.subarray(r * (size + 1), (r + 1) * (size + 1)), Number),
      )
      const largest = Math.max(...b.map(Math.abs))
      a.forEach((value, id) => {
        expect(Math.abs(value - b[id])).toBeLessThan(1e-3 * largest + 1e-6)
      })
    })
  })
})
