// Long documents learnt in windows: what one holds changes nothing of what another costs, to the bit.
import { expect, test } from 'vitest'
import { tinyModel } from '../../test/support/tiny-models.ts'
import { sentences, sharedDevice } from '../../test/support/training.ts'
import { framing } from '../model/framing.ts'
import { openNetwork } from '../model/network.ts'
import { noises, schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { encodeDocuments, makeDataset } from '../text/index.ts'
import { corruptBatch } from './corrupt.ts'

const all = sentences(24)
const documents = [0, 1, 2, 3].map((i) => all.slice(6 * i, 6 * i + 6).join(' '))
/** another text of the same length */
const changed = documents.with(1, [...documents[1]].reverse().join(''))

/** Costs of the hidden words of every row, by the row's clean text. */
async function costs(texts: readonly string[]): Promise<Map<string, number[]>> {
  const { config, tokenizer, weights } = await tinyModel({ exactLength: false })
  const encoded = await encodeDocuments(tokenizer, texts)
  const heldOut = await encodeDocuments(tokenizer, ['this is held out from all of it'])
  const dataset = makeDataset(encoded, { seed: 1, context: 40, heldOut, form: 'windows' })
  const network = openNetwork(sharedDevice, config, tokenizer, weights)
  const { batch } = dataset.train.training({ tokensPerBatch: 200, length: 40, seed: 3 })
  const found = new Map<string, number[]>()
  for (let step = 0; step < 12; step++) {
    const rows = batch(step)
    const { ids } = corruptBatch(
      rows,
      framing(config, tokenizer, false),
      {
        noise: noises.masked,
        schedule: schedules.linear,
        times: times.uniform,
        dropAll: 0,
        dropEach: 0,
      },
      seeded(2),
      step,
    )
    const queries = Array.from({ length: rows.rows }, (_, row) => {
      const clean = rows.tokens.slice(row * rows.length, (row + 1) * rows.length)
      const from = row * ids.dims[1] + 1
      const tokens = Int32Array.from(ids.data.slice(from, from + rows.length))
      const hidden = Int32Array.from([...tokens.keys()].filter((i) => tokens[i] !== clean[i]))
      return { clean, tokens, rows: hidden, targets: hidden.map((i) => clean[i]) }
    })
    const losses = await network.losses(queries)
    queries.forEach(({ clean }, row) => {
      found.set(`${step} ${row} ${tokenizer.decode(clean)}`, [...losses[row]])
    })
  }
  await network.dispose()
  return found
}

test('the text of one document changes nothing of what another costs', async () => {
  const [before, after] = [await costs(documents), await costs(changed)]
  const of = (document: string) =>
    [...before.keys()].filter((key) => document.includes(key.replace(/^\d+ \d+ /, '')))
  const same = documents.flatMap((document, i) => (i === 1 ? [] : of(document)))
  // every row is of one document, and the others' rows are as many and cost the same
  expect(same.length + of(documents[1]).length).toBe(before.size)
  expect(same.length).toBeGreaterThan(20)
  for (const key of same) expect(after.get(key)).toEqual(before.get(key))
  expect(of(documents[1]).length).toBeGreaterThan(0)
  for (const key of of(documents[1])) expect(after.has(key)).toBe(false)
})
