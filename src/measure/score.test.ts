// Scores of enumerable models: the estimate is the enumerated bound within its stated error, as often as it says.
import { describe, expect, it, vi } from 'vitest'
import { price } from '../noise/fixtures/price.ts'
import {
  everyText,
  fromTheLeft,
  logitsOf,
  type Prediction,
  randomPrediction,
  type ToyLanguage,
  toyLanguage,
} from '../noise/fixtures/toy-language.ts'
import {
  countAt,
  maskExactly,
  noises,
  priceOfCount,
  schedules,
  type WordNoise,
  wordNoises,
} from '../noise/index.ts'
import { seeded, stream } from '../random/index.ts'
import { describeScore, type ScoreOptions, type Scorer, score, scoreJson } from './index.ts'

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
    context: 5,
    look: (text, u, next) => noises.masked.look(text, u, next, language),
    losses: async (items) =>
      items.map(({ tokens, rows, targets }) =>
        Float64Array.from(rows, (row, r) => -Math.log(prediction(tokens, row)[targets[r]])),
      ),
    ...change,
  }
}

/** The exact prediction of a language under any noise, what all other positions say, priced by the graph. */
function noisyScorer(
  noise: WordNoise,
  { texts, p, words, maskId, vocabSize }: ToyLanguage,
): Scorer {
  const pricing = { maskId, words, schedule: schedules.linear }
  const predicted = (noisy: Int32Array, position: number, time: number) => {
    const kernel = Array.from(words, (x) =>
      noise.settles ? undefined : noise.forward(x, 0, time, { ...pricing, vocabSize }),
    )
    const chance = (x: number, token: number) =>
      // what settles says the same at any time
      kernel[x]?.[token] ?? Number(token === x || token === maskId)
    const q = new Float64Array(vocabSize)
    texts.forEach((x, text) => {
      q[x[position]] += noisy.reduce(
        (share, token, i) => (i === position ? share : share * chance(x[i], token)),
        p[text],
      )
    })
    const total = q.reduce((a, b) => a + b)
    return logitsOf(q.map((share) => share / total))
  }
  return tableScorer(language.exact, {
    noise: noise.name,
    context: 3,
    look: (text, u, next) => noise.look(text, u, next, { maskId, words }),
    losses: async (items) => {
      const rows = items.flatMap(({ tokens, rows, targets, time = 1 }) =>
        Array.from(rows, (row, r) => ({
          logits: predicted(tokens, row, time),
          target: targets[r],
          noisy: tokens[row],
          time,
        })),
      )
      const nats = await price({ bound: noise.cost }, rows, pricing)
      let at = 0
      return items.map(({ rows }) => {
        at += rows.length
        return nats.subarray(at - rows.length, at)
      })
    },
  })
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

  it.each(Object.values<WordNoise>(wordNoises).filter(({ causal }) => !causal))(
    'of $name noise gets -log p where its prediction is exact',
    async (noise) => {
      const three = toyLanguage(3)
      const scorer = noisyScorer(noise, three)
      const chosen = three.texts.slice(0, 4).map((tokens) => ({ tokens, characters: 3 }))
      const surprise = chosen.reduce((sum, _, text) => sum - Math.log(three.p[text]), 0)
      const result = await score(scorer, chosen, { precision: 0.02, seconds: 60 })
      expect(result.stopped).toBe('precision')
      expect(Math.abs(result.nats - surprise)).toBeLessThan(4 * result.stderr)
      // the same on average over u, but not where it counts
      const careless: Scorer = {
        ...scorer,
        look: (text, u, next) => {
          const look = scorer.look(text, u, next)
          return { ...look, worth: look.worth * 2 * u }
        },
      }
      const wrong = await score(careless, chosen, { precision: 0.02, seconds: 60 })
      expect(Math.abs(wrong.nats - surprise)).toBeGreaterThan(10 * wrong.stderr)
    },
  )

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
      // 400 seeds: three binomial deviations are .07 around .683 and .033 around .954; Student's t with 23 degrees
      // has .673 and .942, and stopping as soon as the error looks small takes a little more
      expect(one).toBeGreaterThan(0.6)
      expect(one).toBeLessThan(0.76)
      expect(two).toBeGreaterThan(0.9)
      expect(Math.abs(bias)).toBeLessThan((4 * deviation) / Math.sqrt(400))
    }
  })

  it('never states too small an error for many texts, whole or cut off by time', async () => {
    const many = Array.from({ length: 40 }, (_, d) => ({
      tokens: language.texts[(d * 37) % language.texts.length],
      characters: 5,
    }))
    const expected = many.reduce((sum, { tokens }) => sum + enumerated(tokens, guessing), 0)
    for (const seconds of [0.5, 2.5, 1e9]) {
      const { one, two, bias, deviation } = await honesty(300, expected, (seed) => {
        // a network that takes a second for all forty texts
        let now = 0
        const scorer = tableScorer(guessing)
        const slow: Scorer = {
          ...scorer,
          losses: (items) => {
            now += (1000 * items.length) / many.length
            return scorer.losses(items)
          },
        }
        const clock = { now: () => now, date: () => 0 }
        return score(slow, many, { seed, seconds, clock, precision: 0.02 })
      })
      expect(one).toBeGreaterThan(0.6)
      expect(two).toBeGreaterThan(0.92)
      expect(Math.abs(bias)).toBeLessThan((4 * deviation) / Math.sqrt(300))
    }
  })

  it('varies less than counts drawn independently', async () => {
    const [{ tokens }] = texts
    const expected = enumerated(tokens, learnt)
    const scorer = tableScorer(learnt)
    const samples = 32
    const spread = await honesty(300, expected, async (seed) => {
      const result = await score(scorer, [texts[0]], { seed, seconds: 0 })
      expect(result.samples).toBe(samples)
      return result
    })
    const independent = await honesty(300, expected, async (seed) => {
      const next = stream(seeded(seed), 'mask')
      const estimates = Array.from({ length: samples }, () => {
        const count = countAt(next(), tokens.length)
        const { noisy, rows } = maskExactly(tokens, count, maskId, next)
        const cost = Array.from(rows).reduce(
          (sum, i) => sum - Math.log(learnt(noisy, i)[tokens[i]]),
          0,
        )
        return priceOfCount(cost, count, tokens.length)
      })
      return { nats: estimates.reduce((a, b) => a + b) / samples, stderr: 0 }
    })
    expect(spread.deviation ** 2).toBeLessThan(0.8 * independent.deviation ** 2)
  })

  it('says when time ended it, and what of the texts it has seen', async () => {
    const result = await score(tableScorer(guessing), texts, { seconds: 0 })
    expect(result.stopped).toBe('time')
    expect(result.samples).toBe(2 * 3 * 6)
    expect(result.stderr).toBeGreaterThan(0.005 * result.nats)

    const many = Array.from({ length: 30 }, () => texts).flat()
    const calls = vi.fn(tableScorer(guessing).losses)
    let now = 0
    const cut = await score(tableScorer(guessing, { losses: calls }), many, {
      seconds: 0,
      clock: { now: () => now++, date: () => 0 },
    })
    expect(cut.samples).toBe(90)
    expect(cut.stopped).toBe('time')
    expect(cut.documents[0].stderr).toBeNaN()
  })

  it('depends on the seed alone', async () => {
    const run = (seed: number) => score(tableScorer(guessing), texts, { seed, precision: 0.03 })
    expect(await run(5)).toEqual(await run(5))
    expect((await run(5)).nats).not.toBe((await run(6)).nats)
  })

  it('is asked for masked rows only, in batches of at most so many tokens', async () => {
    const scorer = tableScorer(guessing)
    const sizes: number[] = []
    const watching: Scorer = {
      ...scorer,
      losses: (items) => {
        sizes.push(items.reduce((sum, { tokens }) => sum + tokens.length, 0))
        for (const { tokens, rows, targets } of items) {
          expect(Array.from(rows)).toEqual(
            Array.from(tokens.keys()).filter((i) => tokens[i] === maskId),
          )
          expect(targets).not.toContain(maskId)
        }
        return scorer.losses(items)
      },
    }
    await score(watching, texts, { seconds: 0, batchTokens: 20 })
    expect(Math.max(...sizes)).toBe(20)
  })
})

describe('an autoregressive model', () => {
  const left = fromTheLeft(language.exact, maskId)
  const scorer = tableScorer(left, { noise: 'autoregressive', block: 1, causal: true })

  it('gets -log p exactly, in one pass', async () => {
    const documents = language.texts.map((tokens) => ({ tokens, characters: 7 }))
    const result = await score(scorer, documents)
    documents.forEach((_, d) => {
      expect(result.documents[d].nats).toBeCloseTo(-Math.log(language.p[d]), 10)
    })
    expect(result).toMatchObject({ exact: true, stderr: 0, stopped: 'exact', samples: 243 })
  })

  it('converts nats', async () => {
    const result = await score(scorer, texts)
    expect(result.tokens).toBe(15)
    expect(result.characters).toBe(18)
    expect(result.natsPerToken).toBeCloseTo(result.nats / 15, 14)
    expect(result.natsPerChar).toBeCloseTo(result.nats / 18, 14)
    expect(2 ** (result.bitsPerChar * 18)).toBeCloseTo(Math.exp(result.nats), 0)
    expect(result.perplexity ** 15 / Math.exp(result.nats)).toBeCloseTo(1, 9)
  })

  it('pays for windows of a long text one by one, each of about the same length', async () => {
    const short = { ...scorer, context: 2 }
    const seen: string[] = []
    const watching: Scorer = {
      ...short,
      losses: (items) => {
        seen.push(...items.map(({ tokens }) => tokens.join('')))
        return Promise.resolve(items.map(({ rows }) => new Float64Array(rows.length).fill(2)))
      },
    }
    const result = await score(watching, [document(0, 1, 2, 1, 0)], {
      lengthNats: (length) => length / 4,
    })
    expect(seen.sort()).toEqual(['0', '10', '12'])
    expect(result.nats).toBe(10 + 0.25 + 0.5 + 0.5)
  })
})

describe('a model of texts of exact length', () => {
  it('pays for the length: the bound of text and length together', async () => {
    const lengthNats = () => -Math.log(0.25)
    const options = { precision: 0.02, lengthNats }
    const scorer = tableScorer(guessing)
    const result = await score(scorer, texts, options)
    expect(Math.abs(result.nats - truth(guessing) - 3 * Math.log(4))).toBeLessThan(
      4 * result.stderr,
    )
    const without = await score(scorer, texts, { precision: 0, seconds: 0 })
    const paid = await score(scorer, texts, { precision: 0, seconds: 0, lengthNats })
    expect(paid.nats - without.nats).toBeCloseTo(3 * Math.log(4), 12)
    expect(paid.documents[0].nats - without.documents[0].nats).toBeCloseTo(Math.log(4), 12)
  })

  it('refuses a length that it never writes', async () => {
    const lengthNats = () => Number.POSITIVE_INFINITY
    await expect(score(tableScorer(guessing), texts, { lengthNats })).rejects.toThrow(
      'never writes a text of 5 tokens',
    )
  })
})

describe('bad input', () => {
  const scorer = tableScorer(guessing)

  it.each([
    ['no text', [], scorer, {}, 'no text to score'],
    ['an empty text', [texts[0], document()], scorer, {}, 'text 2 of 2 is empty'],
    [
      'a broken model',
      texts,
      { ...scorer, losses: async () => texts.map(() => [Number.NaN]) },
      {},
      'the cost NaN nats',
    ],
    ['an abort', texts, scorer, { signal: AbortSignal.abort() }, 'scoring was stopped'],
  ] satisfies [string, typeof texts, Scorer, ScoreOptions, string][])(
    '%s',
    async (_, documents, model, options, message) => {
      await expect(score(model, documents, options)).rejects.toThrow(message)
    },
  )
})

describe('in words', () => {
  const figures = /^(nats|nats\/token|nats\/char|bits\/char|perplexity) /

  it('a bound is never printed as exact', async () => {
    for (const options of [{ seconds: 0 }, { precision: 0.03 }]) {
      const lines = describeScore(await score(tableScorer(guessing), texts, options))
      const stated = lines.filter((line) => figures.test(line))
      expect(stated.length).toBe(5)
      for (const line of stated) expect(line).toMatch(/ ≤ [\d.]+/)
      expect(lines.join()).not.toContain('=')
      expect(lines[0]).toContain(' ± ')
      expect(lines.at(-1)).toMatch(/upper bound of masked noise.*error/)
    }
  })

  it('says why it stopped', async () => {
    const last = async (options: ScoreOptions) =>
      describeScore(await score(tableScorer(guessing), texts, options)).at(-1)
    expect(await last({ seconds: 0 })).toMatch(/time was spent .* 0\.5 % was asked/)
    expect(await last({ precision: 0.03 })).toMatch(/its error is [12]/)
  })

  it('an exact score is printed so', async () => {
    const left = fromTheLeft(language.exact, maskId)
    const scorer = tableScorer(left, { noise: 'autoregressive', block: 1, causal: true })
    const lines = describeScore(await score(scorer, texts))
    for (const line of lines.slice(0, 5)) expect(line).toContain(' = ')
    expect(lines.join()).not.toMatch(/[≤±]/)
  })

  it('and as JSON, with the fields of the command line', async () => {
    const json = scoreJson(await score(tableScorer(guessing), texts, { seconds: 0 }))
    expect(Object.keys(json)).toEqual([
      'nats',
      'stderr',
      'natsPerChar',
      'exact',
      'noise',
      'block',
      'samples',
    ])
    expect(json).toMatchObject({ exact: false, noise: 'masked', block: 5, samples: 36 })
  })
})
