// Score entropy is the bound in other words: of masked noise where rates sum to one, of uniform noise row by row; what
// released code computes; and no bound without any of its terms.
import { describe, expect, it } from 'vitest'
import { add, mul, scalar, sub, type Tensor } from '../graph/index.ts'
import { nelbo as boundOfEveryText, gap, mean, type Question, surprise } from './fixtures/nelbo.ts'
import { type PricedRow, price } from './fixtures/price.ts'
import sedd from './fixtures/sedd.json' with { type: 'json' }
import { logitsOf, quadrature, randomPrediction, toyLanguage } from './fixtures/toy-language.ts'
import { noises, type Pricing, type Schedule, schedules } from './index.ts'
import { lossRate } from './masked.ts'

const { masked, uniform } = noises
const language = toyLanguage(1)
const { maskId, words, exact } = language
const linear: Pricing = { maskId, words, schedule: schedules.linear }

/** The entropy as it prices rates e^logits, whose logarithms count from that of the number of words. */
const ofRates =
  (change: (logits: Tensor) => Tensor = (logits) => logits): typeof masked.bound =>
  (terms, pricing) =>
    masked.scoreEntropy!(
      { ...terms, logits: add(change(terms.logits), scalar(Math.log(pricing.words.length))) },
      pricing,
    )

const nelbo = (bound: typeof masked.bound, twin: Partial<Question> = {}) =>
  boundOfEveryText(language, {
    noise: { ...masked, bound },
    pricing: linear,
    prediction: exact,
    nodes: quadrature(24),
    ...twin,
  })

describe('of masked noise', () => {
  it('is -log p(x) for every x with the exact conditionals, and the bound with any other', async () => {
    expect(gap(await nelbo(ofRates()), surprise(language))).toBeLessThan(1e-9)
    const prediction = randomPrediction(language, 2)
    const entropy = await nelbo(ofRates(), { prediction })
    expect(gap(entropy, await nelbo(masked.bound, { prediction }))).toBeLessThan(1e-9)
  })

  it('is more by Z - 1 - log Z where rates sum to Z', async () => {
    const rows: PricedRow[] = [0.1, 0.5, 1].map((time) => ({
      logits: logitsOf(Float64Array.of(0.2, 0.3, 0.5, 0)),
      target: 1,
      noisy: maskId,
      time,
    }))
    for (const shift of [-1, 0.3, 2]) {
      const shifted = ofRates((logits) => add(logits, scalar(shift)))
      const found = await price({ bound: shifted }, rows, linear)
      rows.forEach(({ time }, r) => {
        const more = Math.exp(shift) - 1 - shift
        expect(found[r]).toBeCloseTo((-Math.log(0.3) + more) / time, 10)
      })
      expect(mean(language, await nelbo(shifted))).toBeGreaterThan(language.entropy + 0.05)
    }
  })

  it('wrong twins, without the sum of all rates or counting from another number, break the law', async () => {
    const withoutSum: typeof masked.bound = (terms, pricing) =>
      sub(ofRates()(terms, pricing), lossRate(terms.time, pricing))
    expect(mean(language, await nelbo(withoutSum))).toBeLessThan(language.entropy - 0.1)
    const uncounted = await nelbo((terms, pricing) => masked.scoreEntropy!(terms, pricing))
    expect(gap(uncounted, surprise(language))).toBeGreaterThan(0.1)
  })
})

/** Σ_{y≠z} [s_y - r_y log s_y + r_y (log r_y - 1)] / V: uniform noise brings every word at the same rate.
 * @param ratio q(y|x)/q(z|x) for the true word  @param score the same as it is predicted */
const uniformEntropy = (
  V: number,
  z: number,
  ratio: (y: number) => number,
  score: (y: number) => number,
): number =>
  Array.from({ length: V }, (_, y) => y)
    .filter((y) => y !== z)
    .reduce((sum, y) => {
      const [r, s] = [ratio(y), score(y)]
      return sum + (s - r * Math.log(s) + r * (Math.log(r) - 1)) / V
    }, 0)

it('of uniform noise, with the scores that Bayes makes of a prediction, is its bound row by row', async () => {
  const V = 5
  const pricing = {
    maskId: V,
    words: Int32Array.from({ length: V }, (_, id) => id),
    schedule: schedules.cosine,
  }
  const clean = [0.1, 0.3, 0.05, 0.35, 0.2, 0]
  const rows = [0.05, 0.4, 0.9].flatMap((time) =>
    [0, 1, 4].map((noisy) => ({
      logits: logitsOf(Float64Array.from(clean)),
      target: 1,
      noisy,
      time,
    })),
  )
  const nats = await price({ bound: uniform.scoreEntropy! }, rows, pricing)
  rows.forEach(({ target, noisy: z, time }, r) => {
    const survival = pricing.schedule.survival(time)
    const q = (p: (j: number) => number) => (y: number) => survival * p(y) + (1 - survival) / V
    const [truth, guess] = [q((y) => Number(y === target)), q((y) => clean[y])]
    const entropy = uniformEntropy(
      V,
      z,
      (y) => truth(y) / truth(z),
      (y) => guess(y) / guess(z),
    )
    const rate = -pricing.schedule.derivative(time) / survival
    expect(nats[r]).toBeCloseTo(rate * entropy, 9)
  })
})

describe('of released code', () => {
  const V = sedd.V
  const { absorb, mdlm_repo_sedd: mdlm } = sedd
  const pricing = { maskId: V - 1, words: Int32Array.from({ length: V - 1 }, (_, id) => id) }
  /** a schedule at one recorded time, which the graph calls 1: only the rate of what is lost counts */
  const at = (sigma: number, dsigma: number): Schedule => {
    const noise = 1 - Math.exp(-sigma)
    const slope = -dsigma * Math.exp(-sigma)
    return {
      ...schedules.linear,
      curve: (time) => ({
        survival: scalar(1 - noise),
        noise: mul(time, scalar(noise)),
        derivative: mul(time, scalar(slope)),
      }),
    }
  }
  /** @param rates logarithms of the rates at a position, which sum to about one where a network has learnt */
  const recorded = async (
    b: number,
    sigma: number,
    dsigma: number,
    rates: (position: number) => number[],
    loss: readonly number[],
  ) => {
    const rows = absorb.xt[b].flatMap((token, i): PricedRow[] =>
      token === V - 1
        ? [
            {
              logits: rates(i).map((l, id) => (id === V - 1 ? -1e9 : l + Math.log(V - 1))),
              target: absorb.x0[b][i],
              noisy: token,
              time: 1,
            },
          ]
        : [],
    )
    const nats = await price({ bound: masked.scoreEntropy! }, rows, {
      ...pricing,
      schedule: at(sigma, dsigma),
    })
    const paid = loss.filter((_, i) => absorb.xt[b][i] === V - 1)
    expect(nats.length).toBe(paid.length)
    paid.forEach((value, r) => {
      expect(Math.abs(nats[r] / value - 1)).toBeLessThan(1e-9)
    })
  }

  it('SEDD, whose scores are the rates times 1/(e^σ - 1)', async () => {
    for (const b of [0, 1]) {
      const log = Math.log(Math.expm1(absorb.sigma[b]))
      await recorded(
        b,
        absorb.sigma[b],
        absorb.dsigma[b],
        (i) => absorb.log_score[b][i].map((score) => score + log),
        absorb.loss_per_token[b],
      )
    }
  })

  it('mdlm, whose logits count from the number of words', async () => {
    for (const b of [0, 1]) {
      await recorded(
        b,
        mdlm.sigma[b],
        absorb.dsigma[b],
        (i) => mdlm.logits[b][i].map((logit) => logit - Math.log(V - 1)),
        mdlm.loss_per_token[b],
      )
    }
  })

  it('SEDD under uniform noise', () => {
    const { sigma, x0, xt, log_score, score_entropy_per_token } = sedd.uniform
    xt.forEach((noisy, b) => {
      const survival = Math.exp(-sigma[b])
      noisy.forEach((z, i) => {
        const q = (y: number) => survival * Number(y === x0[b][i]) + (1 - survival) / V
        const entropy = uniformEntropy(
          V,
          z,
          (y) => q(y) / q(z),
          (y) => Math.exp(log_score[b][i][y]),
        )
        expect(entropy).toBeCloseTo(score_entropy_per_token[b][i], 9)
      })
    })
  })
})
