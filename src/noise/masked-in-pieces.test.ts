// The laws of words that vanish piece by piece, by enumeration in float64: what is half known counts as a state of its
// own. The loss that the paper's code trains stands beside the bound, and is none.
import { describe, expect, it } from 'vitest'
import { crossEntropy, mul, scalar } from '../graph/index.ts'
import { backFromBayes, steps, twoStepsFromOne } from './fixtures/kernel-laws.ts'
import {
  nelbo as boundOfEveryText,
  exactPrediction,
  gap,
  mean,
  type Question,
  surprise,
} from './fixtures/nelbo.ts'
import { type PricedRow, price } from './fixtures/price.ts'
import {
  everyText,
  logitsOf,
  quadrature,
  type ToyLanguage,
  toyLanguage,
} from './fixtures/toy-language.ts'
import {
  halfKnown,
  maskedInPieces,
  type Pieces,
  type Pricing,
  schedules,
  type WordNoise,
} from './index.ts'
import { lossRate } from './masked.ts'

/** A language whose ids are cut up, with the ids of what is half known. */
function cut(seed: number, tokens: number, count: number, length: number) {
  const plain = toyLanguage(seed, { tokens, length })
  const pieces: Pieces = { count, of: plain.vocabSize }
  const language: ToyLanguage = { ...plain, vocabSize: plain.vocabSize + halfKnown(pieces) }
  return { language, pieces, noise: maskedInPieces(pieces) }
}
/** words of two digits, all numbers used and not all; of three digits */
const cases = [cut(1, 3, 2, 2), cut(2, 4, 2, 2), cut(3, 5, 3, 2)]
const nodes = quadrature(24)

describe.each(cases)(
  '$language.words words of $pieces.count pieces',
  ({ language, pieces, noise }) => {
    const { vocabSize, maskId, words, texts, length } = language
    const schedule = schedules.cosine
    const world = { vocabSize, maskId, words, schedule }
    const pricing: Pricing = { maskId, words, schedule: schedules.linear }
    const ids = Array.from({ length: vocabSize }, (_, id) => id)
    const nelbo = (twin: Partial<Question> = {}) =>
      boundOfEveryText(language, {
        noise,
        pricing,
        prediction: exactPrediction(language, noise, pricing.schedule, 'all'),
        nodes,
        ...twin,
      })
    const random = (seed: number): Question['prediction'] => {
      const known = new Map<string, Float64Array>()
      const other = toyLanguage(seed, { tokens: maskId, length })
      const exact = exactPrediction({ ...language, p: other.p }, noise, pricing.schedule, 'all')
      return (noisy, position, time) => {
        const key = `${noisy} ${position}`
        const found = known.get(key) ?? exact(noisy, position, time)
        known.set(key, found)
        return found
      }
    }

    it("makes distributions, takes two steps as it takes one, and goes back by Bayes' rule", () => {
      for (const [s, t] of steps) {
        for (const id of ids) {
          const share = noise.forward(id, s, t, world).reduce((a, b) => a + b)
          expect(share).toBeCloseTo(1, 13)
        }
      }
      expect(twoStepsFromOne(noise, world)).toBeLessThan(1e-13)
      expect(backFromBayes(noise, world)).toBeLessThan(1e-12)
    })

    it('corrupts as often as it says, and keeps a position whose number is 1', () => {
      const draws = 20_000
      for (const t of [0.1, 0.5, 1]) {
        const text = noise.corrupt(
          new Int32Array(draws).fill(1),
          t,
          world,
          (i) => (i + 0.5) / draws,
        )
        const q = noise.forward(1, 0, t, world)
        for (const id of ids) {
          const share = text.filter((token) => token === id).length / draws
          expect(Math.abs(share - q[id])).toBeLessThan(3 / draws)
        }
        expect(noise.corrupt(Int32Array.of(1), t, world, () => 1)).toEqual(Int32Array.of(1))
      }
    })

    it.each(Object.values(schedules))(
      '$name: NELBO(x) = -log p(x) for every x',
      async (schedule) => {
        const own = { ...pricing, schedule }
        const prediction = exactPrediction(language, noise, schedule, 'all')
        const bound = await nelbo({ pricing: own, prediction, nodes: quadrature(40) })
        expect(gap(bound, surprise(language))).toBeLessThan(1e-8)
      },
    )

    it('is at least the entropy on average, whatever is predicted', async () => {
      for (const seed of [7, 8, 9]) {
        const bound = await nelbo({ prediction: random(seed) })
        expect(mean(language, bound)).toBeGreaterThan(language.entropy + 0.02)
      }
    })

    it('by exact count of hidden pieces has the same mean', async () => {
      const prediction = random(10)
      const all = pieces.count * length
      const rows: PricedRow[] = []
      const counted: { text: number; worth: number }[] = []
      for (const hides of everyText(2, all)) {
        const places = [...hides.keys()].filter((place) => hides[place] === 1)
        if (places.length === 0) continue
        const sets = choose(all, places.length)
        for (const [text, x] of texts.entries()) {
          const look = noise.look(x, (places.length - 0.5) / all, taking(places, all), world)
          for (const row of look.rows) {
            const logits = logitsOf(prediction(look.noisy, row, 1))
            rows.push({ logits, target: x[row], noisy: look.noisy[row], time: 1 })
            counted.push({ text, worth: look.worth / sets / all })
          }
        }
      }
      const nats = await price({ bound: noise.cost }, rows, pricing)
      const byCount = new Float64Array(texts.length)
      counted.forEach(({ text, worth }, row) => {
        byCount[text] += worth * nats[row]
      })
      expect(gap(byCount, await nelbo({ prediction }))).toBeLessThan(1e-9)
    }, 600_000)

    it("is not the loss of the paper's code, which lies below the entropy", async () => {
      const released: Pick<WordNoise, 'forward' | 'rows' | 'bound'> = {
        ...noise,
        bound: (terms, own) =>
          mul(lossRate(terms.time, own), crossEntropy(terms.logits, terms.targets)),
      }
      expect(mean(language, await nelbo({ noise: released }))).toBeLessThan(language.entropy - 0.05)
    })

    it('is no bound without its rate, nor where a digit is taken for another', async () => {
      const careless = {
        ...noise,
        bound: (terms: never, own: never) => mul(noise.cost(terms, own), scalar(1)),
      }
      expect(gap(await nelbo({ noise: careless }), surprise(language))).toBeGreaterThan(0.1)
      const shuffled = {
        ...noise,
        bound: (terms: never, own: never) =>
          noise.bound(
            { ...(terms as object), noisy: (terms as { targets: never }).targets } as never,
            own,
          ),
      }
      expect(gap(await nelbo({ noise: shuffled }), surprise(language))).toBeGreaterThan(0.1)
    })
  },
)

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k
}

/** Uniform numbers with which `maskExactly` takes these places, in order. */
function taking(places: readonly number[], length: number): () => number {
  const order = Array.from({ length }, (_, place) => place)
  let i = 0
  return () => {
    const j = order.indexOf(places[i])
    ;[order[i], order[j]] = [order[j], order[i]]
    const uniform = (j - i + 0.5) / (length - i)
    i++
    return uniform
  }
}
