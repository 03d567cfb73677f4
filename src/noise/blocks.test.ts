// The dial from autoregression to diffusion, over languages small enough to enumerate: with the exact conditionals the
// bound of every block length is -log p(x); a block of one word is paid exactly whatever the prediction; one block over
// all is full diffusion; and what sees too much or weighs wrongly is no likelihood.
import { describe, expect, it } from 'vitest'
import {
  everyText,
  fromTheLeft,
  type Prediction,
  randomPrediction,
  type ToyLanguage,
  toyLanguage,
} from './fixtures/toy-language.ts'
import { blocksOf, lookInBlocks, noises, priceOfCount } from './index.ts'

const languages = [1, 2, 3].map((seed) => toyLanguage(seed))

/** The exact-count bound of a text, block by block, every set of masked words enumerated.
 * @param behind do later blocks show their words? They must not */
function bound(
  { maskId }: ToyLanguage,
  text: Int32Array,
  block: number | undefined,
  prediction: Prediction,
  { weigh = priceOfCount, behind = false } = {},
): number {
  let nats = 0
  for (const [from, to] of blocksOf(text.length, block)) {
    const length = to - from
    const sets = everyText(2, length).filter((set) => set.includes(1))
    for (const set of sets) {
      const count = set.reduce((sum, one) => sum + one, 0)
      const alike = sets.filter((other) => other.reduce((sum, one) => sum + one, 0) === count)
      const noisy = text.map((token, i) =>
        i >= to ? (behind ? token : maskId) : i >= from && set[i - from] ? maskId : token,
      )
      const summed = set.reduce(
        (sum, one, i) => (one ? sum - Math.log(prediction(noisy, from + i)[text[from + i]]) : sum),
        0,
      )
      nats += weigh(summed, count, length) / length / alike.length
    }
  }
  return nats
}

const mean = ({ texts, p }: ToyLanguage, of: (text: Int32Array) => number): number =>
  texts.reduce((sum, text, i) => sum + p[i] * of(text), 0)

describe.each(languages)('the bound in blocks, entropy $entropy', (language) => {
  const { texts, p, exact, entropy, maskId } = language

  it.each([1, 2, 3])('is -log p with the exact conditionals: blocks of %i', (block) => {
    texts.forEach((text, i) => {
      expect(bound(language, text, block, exact)).toBeCloseTo(-Math.log(p[i]), 12)
    })
  })

  it('of one word is the chain rule, whatever the prediction', () => {
    const prediction = randomPrediction(language, 5)
    const left = fromTheLeft(prediction, maskId)
    for (const text of texts) {
      const chain = text.reduce((sum, token, i) => sum - Math.log(left(text, i)[token]), 0)
      expect(bound(language, text, 1, prediction)).toBeCloseTo(chain, 12)
    }
  })

  it('of one block over all is full diffusion', () => {
    const prediction = randomPrediction(language, 6)
    for (const text of texts) {
      const whole = bound(language, text, undefined, prediction)
      expect(bound(language, text, 3, prediction)).toBeCloseTo(whole, 12)
    }
  })

  it('is larger than the entropy with any other prediction', () => {
    for (const block of [1, 2, 3]) {
      const prediction = randomPrediction(language, 7)
      const found = mean(language, (text) => bound(language, text, block, prediction))
      expect(found).toBeGreaterThan(entropy + 0.1)
    }
  })

  it('is none if later blocks are seen, or without its weight', () => {
    const leaks = mean(language, (text) => bound(language, text, 2, exact, { behind: true }))
    expect(leaks).toBeLessThan(entropy - 0.01)
    const weigh = (summed: number) => summed
    const light = mean(language, (text) => bound(language, text, 2, exact, { weigh }))
    expect(light).toBeLessThan(entropy - 0.01)
  })
})

describe('blocks of a text', () => {
  it('follow each other, the last as long as what is left', () => {
    expect(blocksOf(7, 3)).toEqual([
      [0, 3],
      [3, 6],
      [6, 7],
    ])
    expect(blocksOf(7)).toEqual([[0, 7]])
    expect(blocksOf(2, 5)).toEqual([[0, 2]])
  })

  it('are counted with what stands before the text', () => {
    expect(blocksOf(5, 3, 4)).toEqual([
      [0, 2],
      [2, 5],
    ])
  })

  it('are looked at each at its own level, every level of each as often as any other', () => {
    const clean = Int32Array.from({ length: 10 }, (_, i) => i)
    const blocks = blocksOf(10, 4)
    const seen = blocks.map(() => new Map<number, number>())
    const rounds = 600
    for (let round = 0; round < rounds; round++) {
      const u = (round + 0.5) / rounds
      const { noisy, rows, worth, weights } = lookInBlocks(
        noises.masked,
        clean,
        blocks,
        u,
        () => 0.4,
        { maskId: 99, words: clean },
      )
      expect(worth).toBe(1)
      expect([...noisy.keys()].filter((i) => noisy[i] === 99)).toEqual([...rows])
      blocks.forEach(([from, to], b) => {
        const own = [...rows.keys()].filter((r) => rows[r] >= from && rows[r] < to)
        for (const r of own) expect(weights?.[r]).toBe((to - from) / own.length)
        seen[b].set(own.length, (seen[b].get(own.length) ?? 0) + 1)
      })
    }
    blocks.forEach(([from, to], b) => {
      for (let count = 1; count <= to - from; count++) {
        // a level's share of an even grid is off by one point of it at most at each end
        expect(Math.abs((seen[b].get(count) ?? 0) - rounds / (to - from))).toBeLessThanOrEqual(2)
      }
    })
  })
})
