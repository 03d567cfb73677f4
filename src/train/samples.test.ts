import { expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import { appendSample, readSamples, samplesFile } from './samples.ts'

test('samples come back by tokens, of those written twice the later', async () => {
  const store = memoryStore()
  expect(await readSamples(store, 100)).toEqual([])
  for (const sample of [
    { tokens: 20, text: 'two lines\nof it' },
    { tokens: 40, text: 'taken back' },
    { tokens: 20, text: 'again' },
    { tokens: 10, text: 'first' },
  ]) {
    await appendSample(store, sample)
  }
  expect(await readSamples(store, 30)).toEqual([
    { tokens: 10, text: 'first' },
    { tokens: 20, text: 'again' },
  ])
})

test('what is no sample is left out', async () => {
  const store = memoryStore()
  await appendSample(store, { tokens: 1, text: 'a' })
  const broken = '{"tokens":2}\nnull\n{"tokens":"3","text":"c"}\n{"tokens":4,"te'
  await store.append(samplesFile, new TextEncoder().encode(broken))
  expect(await readSamples(store, 9)).toEqual([{ tokens: 1, text: 'a' }])
})
