// Laws of a mixture: parts as the weights say, over any stretch; every batch a batch of one of the sets, each set's in
// its own order; nothing depends on what was asked before.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeDocuments,
  type FormName,
  makeDataset,
  mixDatasets,
  trainTokenizer,
} from './index.ts'
import { turns } from './mixture.ts'

const tokenizer = await trainTokenizer('bytes', [])
const texts = (letter: string, count: number) =>
  Array.from({ length: count }, (_, i) => letter.repeat(5 + ((i * i) % 23)))

async function mixed(weights: readonly number[], form: FormName, seed = 1) {
  const sets = await Promise.all(
    weights.map(async (weight, i) => {
      const encoded = await encodeDocuments(tokenizer, texts('abc'[i], 40 + 400 * i))
      return { dataset: makeDataset(encoded, { seed: 5, context: 64, form }), weight }
    }),
  )
  const options = { tokensPerBatch: 100, length: 32, seed }
  return { sets, options, dataset: mixDatasets(sets, 64) }
}

/** Whose text a batch is. */
const sourceOf = (tokens: Int32Array) => 'abc'.indexOf(tokenizer.decode(tokens.subarray(0, 1)))

test('turns are taken evenly over any stretch, and each source in its own order', () => {
  const rates = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(rates, fc.nat(1e6), (rates, from) => {
      const turn = turns(rates)
      const sum = rates.reduce((a, b) => a + b)
      const counts = rates.map(() => 0)
      const next: number[] = []
      for (let i = 0; i < 300; i++) {
        const { source, index } = turn(from + i)
        expect(index).toBe(next[source] ?? index)
        next[source] = index + 1
        counts[source]++
        const due = ((i + 1) * rates[source]) / sum
        expect(Math.abs(counts[source] - due)).toBeLessThan(rates.length + 1)
      }
    }),
  )
})

describe.each<FormName>(['exact-length', 'windows'])('form %s', (form) => {
  test('each set gives the part of the tokens that its weight says', async () => {
    for (const weights of [
      [3, 1],
      [1, 1, 6],
      [0.2, 0.1],
    ]) {
      const { dataset, options } = await mixed(weights, form)
      const { batch } = dataset.train.training(options)
      const seen = weights.map(() => 0)
      for (let step = 0; step < 3000; step++) {
        const { tokens } = batch(step)
        // where documents are joined, a window of one set holds its letters and ends
        seen[sourceOf(tokens.filter((id) => id !== tokenizer.special.eos))] += tokens.length
      }
      const all = seen.reduce((a, b) => a + b)
      const sum = weights.reduce((a, b) => a + b)
      // the last pass over a set may be cut off: batches differ in size
      weights.forEach((weight, i) => {
        expect(seen[i] / all).toBeCloseTo(weight / sum, 2)
      })
    }
  })

  test('a batch depends on seed and step only, and is one of its set', async () => {
    const { dataset, sets, options } = await mixed([2, 1], form)
    const { batch } = dataset.train.training(options)
    const steps = [0, 1, 2, 3, 400, 401]
    const first = steps.map(batch)
    expect([...steps].reverse().map(batch).reverse()).toEqual(first)
    const again = await mixed([2, 1], form)
    expect(again.dataset.train.training(options).batch(400)).toEqual(first[4])
    expect(batch(0)).not.toEqual(dataset.train.training({ ...options, seed: 2 }).batch(0))
    const own = sets.map(({ dataset }) => dataset.train.training(options))
    const counts = [0, 0]
    for (let step = 0; step < 20; step++) {
      const found = batch(step)
      const source = sourceOf(found.tokens.filter((id) => id !== tokenizer.special.eos))
      expect(found).toEqual(own[source].batch(counts[source]++))
    }
  })

  test('evaluation holds everything of every set once', async () => {
    const { dataset, options } = await mixed([5, 1], form)
    const { steps, batch } = dataset.heldOut.evaluation(options)
    const tokens = Array.from({ length: steps }, (_, step) => batch(step).tokens.length)
    expect(tokens.reduce((a, b) => a + b)).toBe(dataset.heldOut.tokens)
  })
})

test('other weights are other data, and one set alone is itself', async () => {
  const { dataset, sets } = await mixed([2, 1], 'exact-length')
  expect((await mixed([2, 1], 'exact-length')).dataset.hash).toBe(dataset.hash)
  expect((await mixed([1, 2], 'exact-length')).dataset.hash).not.toBe(dataset.hash)
  expect(mixDatasets(sets.slice(0, 1), 64)).toBe(sets[0].dataset)
})

test('lengths are those that are seen', async () => {
  const all = await Promise.all(
    [3, 9].map(async (length) => {
      const texts = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(length, '.'))
      const encoded = await encodeDocuments(tokenizer, texts)
      return makeDataset(encoded, { seed: 1, context: 20, form: 'exact-length' })
    }),
  )
  const lengthsOf = (weights: number[]) =>
    mixDatasets(
      all.map((dataset, i) => ({ dataset, weight: weights[i] })),
      20,
    ).train.lengths!.counts
  // by size: as they are
  expect(lengthsOf(all.map(({ train }) => train.tokens))).toEqual([
    [3, 95],
    [9, 95],
  ])
  // as many tokens of either: three short texts for each long one
  const [[, short], [, long]] = lengthsOf([1, 1])
  expect(short / long).toBeCloseTo(3, 1)
})
