// What the network is shown and what it is asked, and the law behind it: with evenly drawn times and no cap the mean
// loss of training is the likelihood bound.
import { describe, expect, test } from 'vitest'
import { framed } from '../../test/support/framed.ts'
import type { ModelConfig } from '../model/config.ts'
import { framing } from '../model/framing.ts'
import { type Noise, noises, schedules, times } from '../noise/index.ts'
import { type Random, seeded } from '../random/index.ts'
import type { Batch, Tokenizer } from '../text/index.ts'
import { trainTokenizer } from '../text/index.ts'
import { type Corruption, corruptBatch, withEnds } from './corrupt.ts'

const labels = [
  { name: 'style', values: ['plain', 'dialogue'] },
  { name: 'who', values: ['Lily', 'Max'] },
]
const tokenizer: Tokenizer = await trainTokenizer('bytes', [], { labels })
const { mask, bos, eos } = tokenizer.special
const unsaid = tokenizer.labels.map(({ unknown }) => unknown)
const framedAs = (causal: boolean, exactLength = true) => framed(tokenizer, causal, exactLength)

const masked: Corruption = {
  noise: noises.masked,
  schedule: schedules.linear,
  times: times.uniform,
  dropAll: 0,
  dropEach: 0,
}
const said = [tokenizer.labels[0].ids[1], tokenizer.labels[1].ids[0]]

/** Rows of different letters. */
const batchOf = (rows: number, length: number): Batch => ({
  tokens: Int32Array.from({ length: rows * length }, (_, i) => 65 + (i % 50)),
  labels: Int32Array.from({ length: rows * 2 }, (_, i) => said[i % 2]),
  given: new Int32Array(rows),
  rows,
  length,
})

describe('a batch for a masked model', () => {
  const batch = batchOf(8, 12)
  const feeds = corruptBatch(batch, framedAs(false), masked, seeded(1), 3)
  const canvas = 3 + 12 + 1

  test('is canvases of begin, labels, text and end, in which some words are fog', () => {
    expect(feeds.ids.dims).toEqual([8, canvas])
    for (let row = 0; row < 8; row++) {
      const ids = [...feeds.ids.data.slice(row * canvas, (row + 1) * canvas)]
      expect(ids.slice(0, 3)).toEqual([bos, ...said])
      ids.slice(3, -1).forEach((id, i) => {
        expect([mask, batch.tokens[row * 12 + i]]).toContain(id)
      })
      expect(ids.at(-1)).toBe(eos)
    }
  })

  test('asks for exactly the fog, one row earlier, and wants the clean words', () => {
    const fog = [...feeds.ids.data.keys()].filter((i) => feeds.ids.data[i] === mask)
    expect([...feeds.rows.data]).toEqual(fog.map((at) => at - 1))
    expect([...feeds.targets.data]).toEqual(
      fog.map((at) => batch.tokens[Math.floor(at / canvas) * 12 + (at % canvas) - 3]),
    )
    expect(new Set(feeds.noisy.data)).toEqual(new Set([mask]))
    expect(feeds.importance.data.every((share) => share === Math.fround(1 / (8 * 12)))).toBe(true)
  })

  test('has one time per text, spread evenly over the batch', () => {
    const byText = new Map<number, Set<number>>()
    feeds.rows.data.forEach((row, r) => {
      const text = Math.floor(row / canvas)
      byText.set(text, (byText.get(text) ?? new Set()).add(feeds.time.data[r]))
    })
    const drawn = [...byText.values()].map((set) => [...set])
    for (const each of drawn) expect(each.length).toBe(1)
    // low variance: at most one time in each eighth of (0, 1]
    const eighths = drawn.map(([t]) => Math.ceil(t * 8 - 1e-3 * 8))
    expect(new Set(eighths).size).toBe(eighths.length)
  })

  test('hides other words in every text', () => {
    const half = { ...masked, times: { ...times.uniform, draw: () => 0.5 } }
    const { data } = corruptBatch(batch, framedAs(false), half, seeded(1), 0).ids
    const patterns = Array.from({ length: 8 }, (_, row) =>
      Array.from(data.slice(row * canvas, (row + 1) * canvas), (id) => id === mask).join(),
    )
    expect(new Set(patterns).size).toBe(8)
  })

  test('is never told to guess the end, even where all is fog', () => {
    const all = { ...masked, times: { ...times.uniform, draw: () => 1 } }
    const { ids, rows } = corruptBatch(batch, framedAs(false), all, seeded(1), 0)
    expect([...ids.data.slice(3, canvas)]).toEqual([...Array(12).fill(mask), eos])
    expect(rows.dims).toEqual([8 * 12])
  })

  test('holds no end where texts are cut into windows', () => {
    const { ids } = corruptBatch(batch, framedAs(false, false), masked, seeded(1), 3)
    expect(ids.dims).toEqual([8, 3 + 12])
  })

  test('is a function of seed and step', () => {
    expect(corruptBatch(batch, framedAs(false), masked, seeded(1), 3)).toEqual(feeds)
    for (const [seed, step] of [
      [1, 4],
      [2, 3],
    ]) {
      const other = corruptBatch(batch, framedAs(false), masked, seeded(seed), step)
      expect([...other.ids.data]).not.toEqual([...feeds.ids.data])
    }
  })
})

test('two versions of a batch are the same texts at the same times, each with fog of its own', () => {
  const batch = { ...batchOf(8, 12), given: Int32Array.from({ length: 8 }, (_, i) => i % 3) }
  const dropping = { ...masked, dropAll: 0.5, dropEach: 0.3 }
  const one = corruptBatch(batch, framedAs(false), dropping, seeded(1), 3)
  const two = corruptBatch(batch, framedAs(false), { ...dropping, versions: 2 }, seeded(1), 3)
  const canvas = 3 + 12 + 1
  expect(two.ids.dims).toEqual([16, canvas])
  const half = 8 * canvas
  const [first, second] = [two.ids.data.slice(0, half), two.ids.data.slice(half)]
  expect(first).toEqual(one.ids.data)
  expect(second).not.toEqual(first)
  const cleared = (ids: ArrayLike<number>) =>
    Array.from(ids, (id, i) =>
      id === mask ? batch.tokens[Math.floor(i / canvas) * 12 + (i % canvas) - 3] : id,
    )
  expect(cleared(second)).toEqual(cleared(first))
  // a version counts half
  expect(two.rows.data.filter((row) => row < half)).toEqual(one.rows.data)
  expect(two.importance.data[0]).toBe(Math.fround(one.importance.data[0] / 2))
  const times = new Map<number, Set<number>>()
  two.rows.data.forEach((row, r) => {
    const text = Math.floor(row / canvas) % 8
    times.set(text, (times.get(text) ?? new Set()).add(two.time.data[r]))
  })
  expect([...times.values()].every((own) => own.size === 1)).toBe(true)
})

describe.each(Object.values<Noise>(noises).filter(({ settles }) => !settles))(
  'a batch for $name noise',
  (noise) => {
    const given = 3
    const batch = { ...batchOf(8, 12), given: new Int32Array(8).fill(given) }
    const late = { ...masked, noise, times: { ...times.uniform, draw: () => 0.6 } }
    const { ids, rows, targets, noisy } = corruptBatch(batch, framedAs(false), late, seeded(1), 3)
    const canvas = 3 + 12 + 1
    const written = Array.from({ length: 8 * (12 - given) }, (_, i) => {
      const [row, at] = [Math.floor(i / (12 - given)), i % (12 - given)]
      return { text: row * 12 + given + at, canvas: row * canvas + 3 + given + at }
    })

    test('asks for every word that is written, whether it was swapped or not', () => {
      expect([...rows.data]).toEqual(written.map(({ canvas }) => canvas - 1))
      expect([...targets.data]).toEqual(written.map(({ text }) => batch.tokens[text]))
      expect([...noisy.data]).toEqual(written.map(({ canvas }) => ids.data[canvas]))
      expect(targets.data.some((id, i) => id !== noisy.data[i])).toBe(true)
    })

    test('leaves prefix, given words and the end alone, and swaps for words alone', () => {
      const { words } = framedAs(false)
      const known = new Set([...words, mask])
      for (let row = 0; row < 8; row++) {
        const ours = [...ids.data.slice(row * canvas, (row + 1) * canvas)]
        const read = [...batch.tokens.slice(row * 12, row * 12 + given)]
        expect(ours.slice(0, 3 + given)).toEqual([bos, ...said, ...read])
        expect(ours.at(-1)).toBe(eos)
        for (const id of ours.slice(3 + given, -1)) expect(known.has(id)).toBe(true)
      }
    })
  },
)

test('a batch for an autoregressive model asks for every word and the end', () => {
  const batch = batchOf(2, 4)
  const feeds = corruptBatch(
    batch,
    framedAs(true),
    { ...masked, noise: noises.autoregressive },
    seeded(1),
    0,
  )
  const [first, second] = [batch.tokens.slice(0, 4), batch.tokens.slice(4)]
  expect([...feeds.ids.data]).toEqual([bos, ...said, ...first, eos, bos, ...said, ...second, eos])
  expect([...feeds.rows.data]).toEqual([2, 3, 4, 5, 6, 10, 11, 12, 13, 14])
  expect([...feeds.targets.data]).toEqual([...first, eos, ...second, eos])
  expect(feeds.importance.data[0]).toBe(Math.fround(1 / 10))
  // windows of a long text have their ends inside
  expect(withEnds(batch, framedAs(true, false))).toEqual(batch)
})

describe('labels', () => {
  const count = 4000
  const batch = batchOf(count, 1)
  const dropped = (dropAll: number, dropEach: number) => {
    const corruption = { ...masked, noise: noises.autoregressive, dropAll, dropEach }
    const { data } = corruptBatch(batch, framedAs(true), corruption, seeded(5), 0).ids
    const kept = { style: 0, who: 0, both: 0, neither: 0 }
    for (let row = 0; row < count; row++) {
      const [style, who] = [1, 2].map((slot) => {
        const id = data[row * 5 + slot]
        expect([said[slot - 1], unsaid[slot - 1]]).toContain(id)
        return id === said[slot - 1]
      })
      if (style) kept.style++
      if (who) kept.who++
      if (style && who) kept.both++
      if (!style && !who) kept.neither++
    }
    return kept
  }

  test('are all kept, or all dropped, when the chances say so', () => {
    expect(dropped(0, 0).both).toBe(count)
    expect(dropped(1, 0).neither).toBe(count)
    expect(dropped(0, 1).neither).toBe(count)
  })

  test('are dropped together with one chance and then each with its own', () => {
    const kept = dropped(0.5, 0.3)
    // five standard deviations of a count: 5·√(4000·p·(1-p)) ≤ 158
    expect(Math.abs(kept.style - count * 0.5 * 0.7)).toBeLessThan(158)
    expect(Math.abs(kept.who - count * 0.5 * 0.7)).toBeLessThan(158)
    expect(Math.abs(kept.both - count * 0.5 * 0.7 * 0.7)).toBeLessThan(158)
    expect(Math.abs(kept.neither - count * (0.5 + 0.5 * 0.3 * 0.3))).toBeLessThan(158)
  })
})

describe('the mean loss of training', () => {
  // A model that is told what is in the fog, and pays for position i when the fog is `fog`: enough to tell bounds apart.
  const price = (position: number, fog: number) => 1 + ((position * 7 + fog * 13) % 11) / 3
  const length = 3

  /** ∫ 1/t E[Σ CE] dt over all sets of masked words: the chance of a set of n, weighed, integrates to 1/(n·C(L, n)). */
  function bound(): number {
    const ways = [1, 3, 3, 1]
    let nats = 0
    for (let fog = 1; fog < 8; fog++) {
      const positions = [0, 1, 2].filter((i) => fog & (1 << i))
      for (const position of positions) {
        nats += price(position, fog) / (positions.length * ways[positions.length])
      }
    }
    return nats
  }

  /** Mean of Σ importance · weight · CE over many steps, in nats per text. */
  function meanLoss(corruption: Corruption, cap = Number.POSITIVE_INFINITY): number {
    const rows = 16
    const batch = { ...batchOf(rows, length), labels: new Int32Array(2 * rows) }
    const steps = 3000
    let total = 0
    for (let step = 0; step < steps; step++) {
      const feeds = corruptBatch(batch, framedAs(false), corruption, seeded(9), step)
      const fog = new Int32Array(rows)
      const places = Array.from(feeds.rows.data, (row) => {
        const text = Math.floor(row / 7)
        const position = (row % 7) - 2
        fog[text] |= 1 << position
        return { text, position }
      })
      places.forEach(({ text, position }, r) => {
        const weight = Math.min(cap, 1 / feeds.time.data[r])
        total += feeds.importance.data[r] * weight * price(position, fog[text])
      })
    }
    return (total * length) / steps
  }

  // 48,000 texts, whose deviation is about the bound: 3 % are five standard errors; times end at 1e-3, not 0
  const near = (value: number) => Math.abs(value / bound() - 1)

  test('is the bound, with evenly drawn times and no cap', () => {
    expect(near(meanLoss(masked))).toBeLessThan(0.03)
  })
  test('is the bound, with a bell of times and its correction', () => {
    expect(near(meanLoss({ ...masked, times: times.bellCorrected }))).toBeLessThan(0.03)
  })
  test('is something else with a cap, or with a bell alone', () => {
    expect(near(meanLoss(masked, 3))).toBeGreaterThan(0.1)
    expect(near(meanLoss({ ...masked, times: times.bell }))).toBeGreaterThan(0.06)
  })
})

describe('a batch of texts that are seen twice', () => {
  const twice: Corruption = { ...masked, complementary: true }
  const given = Int32Array.of(0, 3, 0, 1, 0, 0, 2, 0)
  const batch = { ...batchOf(8, 12), given }
  const canvas = 3 + 12 + 1
  const feeds = corruptBatch(batch, framedAs(false), twice, seeded(1), 3)
  const fogIn = (row: number) =>
    [...Array(12).keys()].filter((i) => feeds.ids.data[row * canvas + 3 + i] === mask)

  test('hides every word that is written in exactly one of the two, and nothing else', () => {
    expect(feeds.ids.dims).toEqual([16, canvas])
    for (let text = 0; text < 8; text++) {
      const written = [...Array(12).keys()].filter((i) => i >= given[text])
      const [first, second] = [fogIn(text), fogIn(8 + text)]
      expect([...first, ...second].toSorted((a, b) => a - b)).toEqual(written)
      for (const row of [text, 8 + text]) {
        const ids = [...feeds.ids.data.slice(row * canvas, (row + 1) * canvas)]
        expect([ids[0], ids.at(-1)]).toEqual([bos, eos])
        ids.slice(3, -1).forEach((id, i) => {
          if (id !== mask) expect(id).toBe(batch.tokens[text * 12 + i])
        })
      }
    }
  })

  test('pays for each of them, at times whose shares of lost words add up to 1', () => {
    const fog = [...feeds.ids.data.keys()].filter((i) => feeds.ids.data[i] === mask)
    expect([...feeds.rows.data].toSorted((a, b) => a - b)).toEqual(fog.map((at) => at - 1))
    const { data } = feeds.time
    const timeOf = (row: number) =>
      data[feeds.rows.data.findIndex((at) => Math.floor(at / canvas) === row)]
    for (let text = 0; text < 8; text++) {
      const [first, second] = [timeOf(text), timeOf(8 + text)]
      if (first !== undefined && second !== undefined) expect(first + second).toBeCloseTo(1, 6)
    }
    // both views of 96 - 6 tokens are counted
    expect(feeds.importance.data[0]).toBe(Math.fround(1 / (2 * (96 - 6))))
  })

  test('shows its first views as a batch of single views shows them', () => {
    const once = corruptBatch(batch, framedAs(false), masked, seeded(1), 3)
    expect(feeds.ids.data.slice(0, 8 * canvas)).toEqual(once.ids.data)
  })

  // All masks of one text at the nodes of a quadrature over times, through the code that corrupts: what a row costs
  // depends on what else is hidden, and the loss of either way is its mean. A gradient is a sum of such costs.
  const length = 3
  const price = (position: number, fog: number) => 1 + ((position * 7 + fog * 13) % 11) / 3
  const one = { ...batchOf(1, length), labels: new Int32Array(2) }
  const nodes = Array.from({ length: 400 }, (_, i) => (i + 0.5) / 400)
  const sumsOf = (corruption: Corruption, cap: number) => {
    const found: { chance: number; sum: number }[] = []
    for (const u of nodes) {
      const t = corruption.times.draw(u)
      const noise = corruption.schedule.noise(t)
      const drawn = { ...corruption, times: { ...corruption.times, draw: () => t } }
      for (let fog = 0; fog < 8; fog++) {
        const hidden = (i: number) => (fog & (1 << i)) > 0
        const random = {
          uniform: (_: number, position: number) => (hidden(position) ? 0 : 1),
        } as Random
        const feeds = corruptBatch(one, framedAs(false), drawn, random, 0)
        const shown = [fog, 7 - fog]
        let sum = 0
        feeds.rows.data.forEach((row, r) => {
          const [view, position] = [Math.floor(row / 7), (row % 7) - 2]
          const { derivative, noise } = corruption.schedule
          const time = feeds.time.data[r]
          const weight = Math.min(cap, -derivative(time) / noise(time))
          sum += feeds.importance.data[r] * weight * price(position, shown[view])
        })
        const chance = [0, 1, 2].reduce((p, i) => p * (hidden(i) ? noise : 1 - noise), 1)
        found.push({ chance: chance / nodes.length, sum })
      }
    }
    const mean = found.reduce((total, { chance, sum }) => total + chance * sum, 0)
    const variance = found.reduce((total, { chance, sum }) => total + chance * (sum - mean) ** 2, 0)
    return { mean, variance }
  }

  describe.each(['uniform', 'bell', 'bellCorrected'] as const)('at %s times', (name) => {
    test.each(['linear', 'cosine', 'polynomial'] as const)('costs the same, %s', (schedule) => {
      const single = { ...masked, times: times[name], schedule: schedules[schedule] }
      const once = sumsOf(single, 5)
      const both = sumsOf({ ...single, complementary: true }, 5)
      // midpoint rule over times that are drawn in two ways
      expect(Math.abs(both.mean / once.mean - 1)).toBeLessThan(4e-3)
    })

    test('varies less than two texts that are hidden on their own', () => {
      const single = { ...masked, times: times[name] }
      const both = sumsOf({ ...single, complementary: true }, 5)
      expect(both.variance).toBeLessThan(0.8 * (sumsOf(single, 5).variance / 2))
    })
  })
})

describe('an answer', () => {
  const [first, second] = [5, 2]
  const batch = { ...batchOf(2, 12), given: Int32Array.of(first, second) }
  const canvas = 1 + 2 + 12 + 1
  const everything = { ...masked, times: { ...times.uniform, draw: () => 1 } }

  test('is hidden and asked for; what it answers is shown, and costs nothing', () => {
    const { ids, rows, targets, importance } = corruptBatch(
      batch,
      framedAs(false),
      everything,
      seeded(1),
      0,
    )
    for (const [row, given] of [first, second].entries()) {
      const text = [...batch.tokens.slice(row * 12, (row + 1) * 12)]
      const shown = [...ids.data.slice(row * canvas + 3, (row + 1) * canvas)]
      expect(shown).toEqual([...text.slice(0, given), ...Array(12 - given).fill(mask), eos])
    }
    expect([...rows.data]).toEqual([
      ...Array.from({ length: 7 }, (_, i) => 2 + 5 + i),
      ...Array.from({ length: 10 }, (_, i) => canvas + 2 + 2 + i),
    ])
    expect([...targets.data]).toEqual([...batch.tokens.slice(5, 12), ...batch.tokens.slice(14, 24)])
    // 7 and 10 tokens of answers
    expect(new Set(importance.data)).toEqual(new Set([Math.fround(1 / 17)]))
  })

  test('of an autoregressive model is asked for with its end', () => {
    const corruption = { ...masked, noise: noises.autoregressive }
    const { targets, importance } = corruptBatch(batch, framedAs(true), corruption, seeded(1), 0)
    const [one, two] = [batch.tokens.slice(5, 12), batch.tokens.slice(14, 24)]
    expect([...targets.data]).toEqual([...one, eos, ...two, eos])
    expect(importance.data[0]).toBe(Math.fround(1 / 19))
  })

  test('is hidden as it would be, were all of the text learnt', () => {
    const some = { ...masked, times: { ...times.uniform, draw: () => 0.5 } }
    const whole = corruptBatch(batchOf(2, 12), framedAs(false), some, seeded(1), 4)
    const answers = corruptBatch(batch, framedAs(false), some, seeded(1), 4)
    const learnt = (row: number) => (row % canvas) + 1 - 3 >= (row < canvas ? first : second)
    expect([...answers.rows.data]).toEqual([...whole.rows.data].filter(learnt))
  })
})

describe('a batch for a model of blocks', () => {
  const frame = framing(
    {
      shift: false,
      noise: {},
      architecture: { context: 64, attention: 'block', blocks: { length: 4, from: 3 } },
      text: { exactLength: true },
    } as ModelConfig,
    tokenizer,
    false,
  )
  const batch = batchOf(6, 10)
  const canvas = 3 + 12
  const feeds = corruptBatch(batch, frame, masked, seeded(2), 1)

  test('is noisy texts beside clean ones, whose end fills its block', () => {
    expect(feeds.ids.dims).toEqual([6, 2, canvas])
    for (let row = 0; row < 6; row++) {
      const at = row * 2 * canvas
      const [noisy, clean] = [0, 1].map((text) => [
        ...feeds.ids.data.slice(at + text * canvas, at + (text + 1) * canvas),
      ])
      expect(clean).toEqual([
        bos,
        ...said,
        ...batch.tokens.slice(row * 10, row * 10 + 10),
        eos,
        eos,
      ])
      noisy.forEach((id, i) => {
        expect(i < 3 ? [clean[i]] : [mask, clean[i]]).toContain(id)
      })
    }
  })

  test('asks for exactly the fog, each block at a time of its own', () => {
    const fog = [...feeds.ids.data.keys()].filter((i) => feeds.ids.data[i] === mask)
    expect([...feeds.rows.data].sort((a, b) => a - b)).toEqual(fog)
    const times = new Map<string, Set<number>>()
    feeds.rows.data.forEach((row, r) => {
      const block = `${Math.floor(row / (2 * canvas))}.${Math.floor(((row % canvas) - 3) / 4)}`
      times.set(block, (times.get(block) ?? new Set()).add(feeds.time.data[r]))
      expect(feeds.targets.data[r]).toBe(feeds.ids.data[row + canvas])
    })
    expect([...times.values()].every((own) => own.size === 1)).toBe(true)
    expect(new Set([...times.values()].map((own) => [...own][0])).size).toBe(times.size)
  })

  test('costs the bound on average: weights make up for what was not hidden', () => {
    // every row costs one nat: then a text of 12 tokens costs 12
    let total = 0
    const steps = 400
    for (let step = 0; step < steps; step++) {
      const { time, importance } = corruptBatch(batch, frame, masked, seeded(3), step)
      importance.data.forEach((share, r) => {
        total += share / time.data[r]
      })
    }
    // a mean of 400 batches of 18 blocks; its standard error is about .02
    expect(total / steps).toBeGreaterThan(0.93)
    expect(total / steps).toBeLessThan(1.07)
  })

  test('of blocks of one word is all fog, as it is written, at no other time', () => {
    const single = { ...frame, block: 1 }
    const { time, rows } = corruptBatch(batch, single, masked, seeded(2), 1)
    expect(rows.data.length).toBe(6 * 11)
    expect([...time.data].every((t) => t === 1)).toBe(true)
  })
})
