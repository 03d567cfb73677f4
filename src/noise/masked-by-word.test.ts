// The laws of masked noise in which every word has a pace of its own, by enumeration in float64 on the graph that trains,
// and those of the gradient that the paces are learnt by.
import { describe, expect, it } from 'vitest'
import { add, crossEntropy, emit, gradients, input, mul, scalar, sum } from '../graph/index.ts'
import { seeded, stream } from '../random/index.ts'
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
  everyText,
  logitsOf,
  randomPrediction,
  type ToyLanguage,
  toyLanguage,
} from './fixtures/toy-language.ts'
import {
  addLeaveOneOut,
  maskedByWord,
  noises,
  type Pricing,
  paceName,
  type Schedule,
  schedules,
} from './index.ts'
import { lossRate } from './masked.ts'

const languages = [1, 2].map((seed) => toyLanguage(seed))
const [language] = languages
const { maskId, words, vocabSize, length, texts } = language
/** sixths of the powers are whole numbers, so that what nodes integrate is smooth; the mask's is of no account */
const paces = Float64Array.of(1 / 2, 7 / 6, 3, 5).map(Math.log)
const linear: Pricing = { maskId, words, schedule: schedules.linear }
const tolerance = 1e-9

/** A word of power w is fog with probability n^w, so that all is smooth there. */
const nodesOf = (schedule: Schedule, count = 96) => smoothNodes(schedule, count)

const nelbo = (
  of: ToyLanguage,
  { values = paces, ...twin }: Partial<Question> & { values?: Float64Array } = {},
) =>
  boundOfEveryText(of, {
    noise: maskedByWord(values),
    pricing: linear,
    prediction: exactPrediction(of, maskedByWord(values), (twin.pricing ?? linear).schedule),
    nodes: nodesOf((twin.pricing ?? linear).schedule),
    parameters: { [paceName]: values },
    ...twin,
  })

describe.each(languages)('a pace for every word, entropy $entropy', (of) => {
  it.each([schedules.linear, schedules.cosine, schedules.polynomial])(
    'NELBO(x) = -log p(x) for every x, on the $name schedule',
    async (schedule) => {
      const bound = await nelbo(of, { pricing: { ...linear, schedule } })
      expect(gap(bound, surprise(of))).toBeLessThan(tolerance)
    },
  )

  it('with equal paces it is masked noise, whatever is predicted', async () => {
    const prediction = randomPrediction(of, 4)
    const even = await nelbo(of, { prediction, values: new Float64Array(vocabSize) })
    const masked = await nelbo(of, { prediction, noise: noises.masked })
    expect(gap(even, masked)).toBeLessThan(tolerance)
  })

  it('a factor on all powers changes nothing but the names of times', async () => {
    const prediction = randomPrediction(of, 5)
    const faster = paces.map((pace) => pace + 0.4)
    const [one, other] = [
      await nelbo(of, { prediction }),
      await nelbo(of, { prediction, values: faster }),
    ]
    expect(gap(one, other)).toBeLessThan(tolerance)
  })

  it('is at least the entropy on average, whatever is predicted, and depends on the paces', async () => {
    const differences: number[] = []
    for (const seed of [7, 8, 9]) {
      const prediction = randomPrediction(of, seed)
      const [uneven, even] = [
        mean(of, await nelbo(of, { prediction })),
        mean(of, await nelbo(of, { prediction, values: new Float64Array(vocabSize) })),
      ]
      expect(uneven).toBeGreaterThan(of.entropy + 0.1)
      differences.push(Math.abs(uneven - even))
    }
    expect(Math.max(...differences)).toBeGreaterThan(0.01)
  })

  it('costs more where nobody counts that fog hides some words earlier than others', async () => {
    const uncounted = mean(of, await nelbo(of, { prediction: of.exact }))
    expect(uncounted).toBeGreaterThan(of.entropy + 1e-3)
  })

  describe('a wrong twin', () => {
    const noise = maskedByWord(paces)
    const twin = (bound: typeof noise.bound) => ({ noise: { ...noise, bound } })

    it('that pays the cross-entropy of masked noise breaks the law', async () => {
      const plain = twin(({ logits, targets, time }, pricing) =>
        mul(lossRate(time, pricing), crossEntropy(logits, targets)),
      )
      expect(gap(await nelbo(of, plain), surprise(of))).toBeGreaterThan(0.1)
    })

    it('without the rates at which others come clear lies below the entropy', async () => {
      const without = twin((terms, pricing) =>
        add(noise.bound(terms, pricing), mul(lossRate(terms.time, pricing), scalar(-0.1))),
      )
      expect(mean(of, await nelbo(of, without))).toBeLessThan(of.entropy - 0.1)
    })

    it('with a cap lies below the entropy', async () => {
      const capped = { pricing: { ...linear, cap: 2 } }
      expect(mean(of, await nelbo(of, capped))).toBeLessThan(of.entropy - 1e-3)
    })

    it('with the paces of other words breaks the law', async () => {
      const moved = Float64Array.of(paces[1], paces[0], paces[2], 0)
      const bound = await nelbo(of, { parameters: { [paceName]: moved } })
      expect(gap(bound, surprise(of))).toBeGreaterThan(0.01)
    })
  })
})

it('looks cost the bound on average', async () => {
  const noise = maskedByWord(paces)
  const prediction = randomPrediction(language, 11)
  const bound = await nelbo(language, { prediction })
  const clean = texts[14]
  const next = stream(seeded(2), 'mask')
  const count = 40_000
  const rows: (PricedRow & { worth: number })[] = []
  for (let i = 0; i < count; i++) {
    const look = noise.look(clean, (i + 0.5) / count, next, linear)
    for (const at of look.rows) {
      const logits = logitsOf(prediction(look.noisy, at))
      const { time, worth } = look
      rows.push({ logits, target: clean[at], noisy: maskId, time, worth })
    }
  }
  const nats = await price({ bound: noise.cost }, rows, linear, { [paceName]: paces })
  const total = rows.reduce((all, { worth }, r) => all + worth * nats[r], 0)
  // the deviation of a look is about the bound itself: 2 % are four standard errors
  expect(Math.abs(total / count / bound[14] - 1)).toBeLessThan(0.02)
})

describe('the gradient of the bound by the paces', () => {
  const prediction = randomPrediction(language, 12)
  const nodes = nodesOf(schedules.linear, 32)
  const noise = maskedByWord(paces)
  const world = { ...linear, vocabSize }
  const text = 5
  const clean = texts[text]

  /** By differences of the exact bound. */
  async function byDifferences(): Promise<number[]> {
    const h = 1e-4
    const at = async (word: number, by: number) => {
      const values = paces.map((pace, i) => (i === word ? pace + by : pace))
      return (await nelbo(language, { prediction, nodes, values }))[text]
    }
    const slopes: number[] = []
    for (const word of words) slopes.push(((await at(word, h)) - (await at(word, -h))) / (2 * h))
    return slopes
  }

  /** The mean of the estimate over every pair of noisy versions: what it would be after infinitely many steps.
   * @param estimated with what the paces do to which words are fog? */
  async function byEstimate({
    estimated = true,
    estimate = addLeaveOneOut,
  }: {
    estimated?: boolean
    estimate?: typeof addLeaveOneOut
  } = {}): Promise<number[]> {
    const rows: (PricedRow & { share: number })[] = []
    const moments = nodes.map(({ at: time, weight }) => {
      const versions = everyText(2, length).map((set) => {
        const noisy = clean.map((token, i) => (set[i] ? maskId : token))
        const q = noisy.reduce(
          (share, token, i) => share * noise.forward(clean[i], 0, time, world)[token],
          1,
        )
        const first = rows.length
        for (const i of noises.masked.rows(noisy, maskId)) {
          const logits = logitsOf(prediction(noisy, i))
          rows.push({ logits, target: clean[i], noisy: maskId, time, share: q * weight })
        }
        return { noisy, q, first, end: rows.length }
      })
      return { time, weight, versions }
    })
    const { nats, slopes } = await differentiated(rows)
    const found = Float64Array.from(slopes)
    if (estimated) {
      for (const { time, weight, versions } of moments) {
        const costs = versions.map(({ first, end }) =>
          nats.slice(first, end).reduce((a, b) => a + b, 0),
        )
        versions.forEach((a, i) => {
          versions.forEach((b, j) => {
            const into = new Float64Array(vocabSize)
            // the loss is the mean of two versions
            const halves = [costs[i] / 2, costs[j] / 2]
            estimate(
              into,
              { clean, time, noisy: [a.noisy, b.noisy], costs: halves },
              noise.paces,
              linear,
            )
            const chance = weight * a.q * b.q
            into.forEach((slope, word) => {
              found[word] += chance * slope
            })
          })
        })
      }
    }
    return [...found.slice(0, words.length)]
  }

  /** Nats of every row, and the slope of Σ share · nats by the paces, through the graph. */
  async function differentiated(rows: readonly (PricedRow & { share: number })[]) {
    const terms = {
      logits: input('logits', 'float', ['R', vocabSize]),
      targets: input('targets', 'int32', ['R']),
      noisy: input('noisy', 'int32', ['R']),
      time: input('time', 'float', ['R']),
    }
    const share = input('share', 'float', ['R'])
    const nats = noise.bound(terms, linear)
    const [slopes] = gradients(sum(mul(nats, share)), [noise.paces.parameter])
    const session = await cpu({ threads: 1 }).session(
      emit({ nats, slopes }, { precision: 'float64' }),
    )
    const dims = [rows.length]
    const floats = (of: (row: (typeof rows)[number]) => number) => ({
      data: Float64Array.from(rows, of),
      dims,
    })
    const result = await session.run({
      logits: {
        data: Float64Array.from(rows.flatMap(({ logits }) => Array.from(logits))),
        dims: [rows.length, vocabSize],
      },
      targets: { data: Int32Array.from(rows, ({ target }) => target), dims },
      time: floats(({ time }) => time),
      share: floats(({ share }) => share),
      [paceName]: { data: paces, dims: [vocabSize] },
    })
    await session.dispose()
    return { nats: result.nats.data as Float64Array, slopes: result.slopes.data as Float64Array }
  }

  const far = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i])))

  it('is what the leave-one-out estimate means, to the precision of differences', async () => {
    expect(far(await byEstimate(), await byDifferences())).toBeLessThan(1e-6)
  })

  it('is not what the graph alone says, nor an estimate that a version takes part in twice', async () => {
    const exact = await byDifferences()
    expect(far(await byEstimate({ estimated: false }), exact)).toBeGreaterThan(0.01)
    const own = byEstimate({
      estimate: (into, { costs, ...rest }, ...how) =>
        // its own cost in its baseline: half of the advantage is lost
        addLeaveOneOut(into, { ...rest, costs: Array.from(costs, (cost) => cost / 2) }, ...how),
    })
    expect(far(await own, exact)).toBeGreaterThan(0.01)
    const shown = byEstimate({
      estimate: (into, versions, { score }, how) =>
        addLeaveOneOut(
          into,
          versions,
          { score: (token, fog, t, of) => (fog ? score(token, fog, t, of) : 0) },
          how,
        ),
    })
    expect(far(await shown, exact)).toBeGreaterThan(0.01)
  })
})
