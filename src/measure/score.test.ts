// Scores of enumerable models: the estimate is the enumerated bound within its stated error, as often as it says.
import { describe, expect, it, vi } from 'vitest'
import {
  everyText,
  fromTheLeft,
  type Prediction,
  randomPrediction,
  toyLanguage,
} from '../noise/fixtures/toy-language.ts'
import { countAt, maskExactly, priceOfCount } from '../noise/index.ts'
import { seeded, stream } from '../random/index.ts'
import { describeScore, type Scorer, type ScoreOptions, score, scoreJson } from './index.ts'

const language = toyLanguage(3, { tokens: 3, length: 5 })
const { maskId } = language
const learnt = remembered(language.exact)
const guessing = remembered(randomPrediction(language, 4))

/** A table as a network. */
function tableScorer(prediction: Prediction, change: Partial<Scorer> = {}): Scorer {
  return {
    noise: 'masked',
    block: 5,
    causal: false,
    maskId,
    context: 5,
    losses: async (items) =>
      items.map(({ tokens, rows, targets }) =>
        Float64Array.from(rows, (row, r) => -Math.log(prediction(tokens, row)[targets[r]])),
      ),
    ...change,
  }
}

function remembered(prediction: Prediction): Prediction {
  const known = new Map<string, Float64Array>()
  return (noisy, position) => {
    const key = `${noisy}|${position}`
    const found = known.get(key) ?? prediction(noisy, position)
    known.set(key, found)
    return found
  }
}

const document = (...tokens: number[]) => ({
  tokens: Int32Array.from(tokens),
  characters: tokens.length + 1,
})

/** Σ_n E_{|M|=n}[ΣCE]/n by enumeration. */
function enumerated(tokens: Int32Array, prediction: Prediction): number {
  const length = tokens.length
  const sums = new Float64Array(length + 1)
  const sets = new Float64Array(length + 1)
  for (const hidden of everyText(2, length)) {
    const noisy = tokens.map((token, i) => (hidden[i] ? maskId : token))
    const n = hidden.reduce((a, b) => a + b)
    sets[n]++
    hidden.forEach((is, i) => {
      if (is) sums[n] -= Math.log(prediction(noisy, i)[tokens[i]])
    })
  }
  return sums.reduce((total, s, n) => (n === 0 ? total : total + s / sets[n] / n), 0)
}

/** How often the estimates of many seeds lie within one and two of their errors, and their spread. */
async function honesty(
  seeds: number,
  truth: number,
  estimate: (seed: number) => Promise<{ nats: number; stderr: number }>,
) {
  let [one, two, sum, squares] = [0, 0, 0, 0]
  for (let seed = 0; seed < seeds; seed++) {
    const { nats, stderr } = await estimate(seed)
    const off = nats - truth
    if (Math.abs(off) <= stderr) one++
    if (Math.abs(off) <= 2 * stderr) two++
    sum += off
    squares += off * off
  }
  const deviation = Math.sqrt(squares / seeds)
  return { one: one / seeds, two: two / seeds, bias: sum / seeds, deviation }
}

const texts = [document(0, 1, 2, 1, 0), document(2, 2, 1, 0, 1), document(1, 0, 0, 2, 2)]
const truth = (prediction: Prediction) =>
  texts.reduce((sum, { tokens }) => sum + enumerated(tokens, prediction), 0)

describe('a diffusion model', () => {
  it('gets the enumerated bound, which is -log p where the model is exact', async () => {
    const surprise = texts.reduce((sum, { tokens }) => {
      const at = language.texts.findIndex((x) => x.every((token, i) => token === tokens[i]))
      return sum - Math.log(language.p[at])
    }, 0)
    expect(truth(learnt)).toBeCloseTo(surprise, 9)
    const result = await score(tableScorer(learnt), texts, { precision: 0.005 })
    expect(result.stopped).toBe('precision')
    expect(result.stderr / result.nats).toBeLessThanOrEqual(0.005)
    expect(Math.abs(result.nats - surprise)).toBeLessThan(4 * result.stderr)
    expect(result.exact).toBe(false)
  })

  it('gives each document its own bound', async () => {
    const result = await score(tableScorer(guessing), texts, { precision: 0.004 })
    texts.forEach(({ tokens }, d) => {
      const { nats, stderr } = result.documents[d]
      expect(stderr).toBeGreaterThan(0)
      expect(Math.abs(nats - enumerated(tokens, guessing))).toBeLessThan(4 * stderr)
    })
  })

  it('states its error honestly', async () => {
    for (const chosen of [texts, texts.slice(0, 1)]) {
      const expected = chosen.reduce((sum, { tokens }) => sum + enumerated(tokens, guessing), 0)
      const { one, two, bias, deviation } = await honesty(400, expected, (seed) =>
        score(tableScorer(guessing), chosen, { seed, precision: 0.02 }),
      )
      // 400 seeds: three binomial deviations are .07 around .683 and .033 around .954; Student's t with 15 degrees
      // has .667 and .936, and stopping at a small error takes a little more
      expect(one).toBeGreaterThan(0.6)
      expect(one).toBeLessThan(0.76)
      expect(two).toBeGreaterThan(0.9)
      expect(Math.abs(bias)).toBeLessThan((4 * deviation) / Math.sqrt(400))
    }
  })
})
