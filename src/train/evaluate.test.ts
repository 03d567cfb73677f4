import { describe, expect, test } from 'vitest'
import { tinyModel } from '../../test/support/tiny-models.ts'
import { sentences } from '../../test/support/training.ts'
import type { Network } from '../model/network.ts'
import type { Query } from '../model/query.ts'
import { noises, schedules } from '../noise/index.ts'
import { encodeDocuments, lengthHistogram, makeDataset } from '../text/index.ts'
import { heldOutMeter } from './evaluate.ts'

type Asked = Query & { targets: Int32Array }

/** Pays `price` for every row, and remembers what it was asked. */
function counting(more: Partial<Network>, price: (query: Asked, row: number) => number) {
  const asked: Asked[] = []
  const network = {
    causal: false,
    process: {
      noise: more.causal ? noises.autoregressive : noises.masked,
      schedule: schedules.linear,
      words: new Int32Array(),
    },
    exact: false,
    ended: (text) => text,
    losses: async (queries: readonly Asked[]) => {
      asked.push(...queries.map((query) => ({ ...query, tokens: query.tokens.slice() })))
      return queries.map((query) => Float32Array.from(query.rows, (row) => price(query, row)))
    },
    ...more,
  } as Network
  return { network, asked }
}

const texts = sentences(200)
async function prepared(causal: boolean) {
  const { config, tokenizer } = await tinyModel({ causal })
  const encoded = await encodeDocuments(tokenizer, texts)
  const dataset = makeDataset(encoded, { seed: 1, context: 60 })
  const wide = { ...config, architecture: { ...config.architecture, context: 62 } }
  return { config: wide, tokenizer, dataset }
}

describe('the held-out loss of a masked model', () => {
  test('is asked about the same masks every time, whatever the network', async () => {
    const { config, tokenizer, dataset } = await prepared(false)
    const meter = heldOutMeter(config, tokenizer, dataset, { tokens: 400, seed: 3 })
    const [one, two] = [counting({}, () => 2), counting({}, () => 3)]
    const first = await meter(one.network)
    const second = await meter(two.network)
    expect(two.asked).toEqual(one.asked)
    expect(await meter(one.network)).toEqual(first)
    expect(second.natsPerToken).toBeCloseTo(1.5 * first.natsPerToken, 6)
    const other = counting({}, () => 2)
    await heldOutMeter(config, tokenizer, dataset, { tokens: 400, seed: 4 })(other.network)
    expect(other.asked).not.toEqual(one.asked)
  })

  test('hides exactly the rows it asks for, of texts that are held out', async () => {
    const { config, tokenizer, dataset } = await prepared(false)
    const { network, asked } = counting({}, () => 1)
    await heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })(network)
    const { mask } = tokenizer.special
    const shown = new Set<string>()
    for (const { tokens, rows, targets } of asked) {
      const masked = [...tokens.keys()].filter((i) => tokens[i] === mask)
      expect([...rows]).toEqual(masked)
      const text = tokens.slice()
      rows.forEach((row, i) => {
        text[row] = targets[i]
      })
      shown.add(tokenizer.decode(text))
    }
    expect(shown.size).toBe(new Set([...shown].filter((text) => texts.includes(text))).size)
    // a twentieth
    expect(asked.length).toBe(10)
  })

  test('prices n of L masked words by L/n, and the length once a text', async () => {
    const { config, tokenizer, dataset } = await prepared(false)
    // two nats a row: L/n · 2n is twice the length, whatever n
    const { network, asked } = counting({}, () => 2)
    const loss = await heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })(network)
    expect(loss.exact).toBe(false)
    expect(loss.natsPerToken).toBeCloseTo(2, 6)
    const counts = dataset.train.lengths!
    const lengths = asked.map(({ tokens }) => tokens.length)
    const price = lengths.reduce((sum, length) => sum - counts.logProb(length), 0)
    const tokens = lengths.reduce((sum, length) => sum + length, 0)
    // one byte is one character here
    expect(loss.natsPerChar).toBeCloseTo((2 * tokens + price) / tokens, 6)
    expect(loss.natsPerText).toBeCloseTo((2 * tokens + price) / asked.length, 6)
    expect(lengthHistogram(counts.counts, 60).logProb(lengths[0])).toBe(counts.logProb(lengths[0]))
  })

  test('is told by share of masked words, which sums up to the same', async () => {
    const { config, tokenizer, dataset } = await prepared(false)
    // the more is masked, the more a word costs
    const share = ({ rows, tokens }: Asked) => rows.length / tokens.length
    const { network, asked } = counting({}, (query) => share(query))
    const meter = heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })
    const { byMasked = [] } = await meter(network)
    expect(byMasked.length).toBe(10)
    byMasked.forEach((nats, i) => {
      const within = asked.filter((query) => share(query) > i / 10 && share(query) <= (i + 1) / 10)
      const rows = within.reduce((sum, query) => sum + query.rows.length, 0)
      const summed = within.reduce((sum, query) => sum + query.rows.length * share(query), 0)
      if (rows === 0) expect(nats).toBeNull()
      else expect(nats).toBeCloseTo(summed / rows, 5)
    })
    expect(byMasked.some((nats) => nats !== null)).toBe(true)
  })

  test('hides other words in every text', async () => {
    const { config, tokenizer } = await prepared(false)
    const same = Array.from({ length: 100 }, () => 'ten words.')
    const encoded = await encodeDocuments(tokenizer, same)
    const dataset = makeDataset(encoded, { seed: 1, context: 60, heldOut: encoded })
    const { network, asked } = counting({}, () => 1)
    await heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })(network)
    // ten texts for each number of hidden words; for five of ten there are 252 ways
    const five = asked.filter(({ rows }) => rows.length === 5).map(({ rows }) => rows.join())
    expect(five.length).toBe(10)
    expect(new Set(five).size).toBeGreaterThan(7)
  })

  test('spreads the share of fog evenly from nearly none to all', async () => {
    const { config, tokenizer, dataset } = await prepared(false)
    const { network, asked } = counting({}, () => 1)
    await heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })(network)
    const shares = asked.map(({ rows, tokens }) => rows.length / tokens.length).sort()
    shares.forEach((share, i) => {
      expect(Math.abs(share - (i + 0.5) / shares.length)).toBeLessThan(0.2)
    })
  })
})

test('the held-out loss of an autoregressive model is the sum of its losses, the end included', async () => {
  const { config, tokenizer, dataset } = await prepared(true)
  const { eos } = tokenizer.special
  const written = {
    causal: true,
    exact: true,
    eosId: eos,
    ended: (text: Int32Array) => Int32Array.from([...text, eos]),
  }
  const { network, asked } = counting(written, (_, row) => 1 + row / 100)
  const loss = await heldOutMeter(config, tokenizer, dataset, { tokens: 1e9, seed: 1 })(network)
  let nats = 0
  let tokens = 0
  for (const { tokens: text, rows, targets } of asked) {
    expect(text[text.length - 1]).toBe(eos)
    expect([...rows]).toEqual([...text.keys()])
    expect(targets).toEqual(text)
    for (const row of rows) nats += Math.fround(1 + row / 100)
    tokens += text.length - 1
  }
  expect(loss.exact).toBe(true)
  expect(loss.byMasked).toBeUndefined()
  expect(loss.natsPerChar).toBeCloseTo(nats / tokens, 6)
  expect(loss.natsPerToken).toBeCloseTo(nats / tokens, 6)
  expect(loss.natsPerText).toBeCloseTo(nats / asked.length, 4)
})
