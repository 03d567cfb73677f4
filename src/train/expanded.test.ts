// Models that choose how long their texts are, through a whole run: what a batch holds; trained, stopped and gone on
// with, saved, scored; and gaps of unknown length that come out as long as what stands around them says.
import { expect, test } from 'vitest'
import {
  eventsOf,
  ofType,
  settingsOf,
  sharedDevice,
  shortRun,
  wholeAndResumed,
} from '../../test/support/training.ts'
import { Model } from '../api/model.ts'
import { openFloats, openModel } from '../api/open-model.ts'
import type { ModelConfig } from '../model/config.ts'
import { framing } from '../model/framing.ts'
import { schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { memoryStore } from '../store/index.ts'
import { trainTokenizer } from '../text/index.ts'
import { checkOptions } from './check-options.ts'
import { textData } from './data.ts'
import { expandedBatches } from './expanded.ts'
import type { RunOptions } from './plan.ts'

test('a batch is canvases of several lengths, each with its end, and padding that nobody sees', async () => {
  const tokenizer = await trainTokenizer('bytes', [], { growth: true })
  const config = {
    shift: true,
    noise: { process: 'masked', schedule: 'linear', expands: 0.2 },
    architecture: { context: 64, attention: 'full' },
    text: { exactLength: true },
  } as ModelConfig
  const frame = framing(config, tokenizer, false)
  const { mask, eos, pad, bos } = tokenizer.special
  const { growth } = tokenizer
  expect(frame.banned).not.toContain(growth!.expand)
  expect(frame.words).not.toContain(growth!.expand)
  expect(framing(config, tokenizer, true).banned).toContain(growth!.expand)

  const batch = {
    tokens: Int32Array.from({ length: 8 * 10 }, (_, i) => i % 200),
    labels: new Int32Array(),
    // the first two only answer
    given: Int32Array.of(3, 4, 0, 0, 0, 0, 0, 0),
    rows: 8,
    length: 10,
  }
  const batches = expandedBatches(frame, frame.expansion!)
  const corruption = { schedule: schedules.linear, times: times.uniform, dropAll: 0, dropEach: 0 }
  const feeds = batches(batch, corruption, seeded(4), 2)
  expect(batches(batch, corruption, seeded(4), 2)).toEqual(feeds)
  const [count, stride] = feeds.ids.dims
  expect(count).toBe(8)
  const lengths = new Set<number>()
  const asked = new Map([...feeds.rows.data].map((row, r) => [row + 1, feeds.targets.data[r]]))
  let specials = 0
  for (let b = 0; b < 8; b++) {
    const ids = [...feeds.ids.data.slice(b * stride, (b + 1) * stride)]
    const end = ids.indexOf(eos)
    lengths.add(end)
    expect(ids[0]).toBe(bos)
    expect(ids.slice(1, 1 + batch.given[b])).toEqual([
      ...batch.tokens.slice(b * 10, b * 10 + batch.given[b]),
    ])
    expect(ids.slice(end + 1).every((id) => id === pad)).toBe(true)
    const seen = [...feeds.visible!.data.slice(b * stride, (b + 1) * stride)]
    expect(seen).toEqual(ids.map((_, at) => Number(at <= end)))
    // what masks are to become, one that becomes two hiding more: the words are those of the text, in order
    const words = ids
      .slice(1, end)
      .map((id, at) => (id === mask ? asked.get(b * stride + 1 + at) : id))
    specials += words.filter((id) => id === growth!.expand || id === growth!.delete).length
    const text = [...batch.tokens.slice(b * 10, (b + 1) * 10)]
    let from = 0
    for (const word of words.filter((id) => id! < 256)) {
      const at = text.indexOf(word!, from)
      expect(at).toBeGreaterThanOrEqual(from)
      from = at + 1
    }
    expect(ids.slice(1, end).filter((id) => id === mask).length).toBe(
      [...asked.keys()].filter((row) => Math.floor(row / stride) === b).length,
    )
  }
  expect(lengths.size).toBeGreaterThan(2)
  expect(specials).toBeGreaterThan(3)
})

const numbers = ['one', 'two', 'three', 'four']
const counted = (n: number) => `${numbers[n - 1]} ${'go '.repeat(n)}home.`

test('a gap of unknown length becomes as long as the text says, an open text as long as texts are', async () => {
  const out = memoryStore()
  const options: RunOptions = {
    tokens: 80_000,
    params: 40_000,
    tokenizer: 'words',
    expand: 0.2,
    recipe: { batchTokens: 512, times: 'uniform', warmStart: 0, rate: 4e-3 },
  }
  const texts = Array.from({ length: 600 }, (_, i) => counted(1 + (i % numbers.length)))
  const events = await eventsOf(settingsOf({ out, options, data: textData('counts', texts) }))
  const model = new Model(await openModel(out, sharedDevice))

  // each text costs log 4, whatever its length
  const [{ heldOut }] = ofType(events, 'done')
  expect(heldOut.natsPerText).toBeGreaterThan(1.2)
  expect(heldOut.natsPerText).toBeLessThan(3)
  const score = await model.score(
    numbers.map((_, i) => counted(i + 1)),
    { precision: 0.05 },
  )
  expect(score.exact).toBe(false)
  expect(score.nats + 3 * score.stderr).toBeGreaterThan(4 * Math.log(4))
  expect(score.nats).toBeLessThan(4 * 4)

  const asked = numbers.flatMap((number, i) =>
    Array.from({ length: 10 }, (_, seed) => ({
      infill: `${number} [*] home.`,
      seed: 10 * i + seed,
    })),
  )
  const filled = await model.complete(asked)
  const right = filled.filter(({ text }, i) => text === counted(1 + Math.floor(i / 10))).length
  // by chance a quarter
  expect(right / filled.length).toBeGreaterThan(0.45)

  const open = await model.complete(Array.from({ length: 30 }, (_, seed) => ({ seed })))
  const known = open.filter(({ text }) => texts.includes(text))
  // four texts among all of so many words: by chance none
  expect(known.length).toBeGreaterThan(8)
  expect(new Set(known.map(({ text }) => text)).size).toBeGreaterThan(2)
  await expect(model.complete({ length: 5 })).rejects.toThrow('chooses itself how long')
  await expect(model.score('two go go home.', { steps: 4 })).rejects.toThrow('--steps cannot')
  await expect(model.scoreAnswer('two', ' go go home.')).rejects.toThrow('score whole texts')
  await model.dispose()
})

test('goes on to the same weights, and explains words that have moved', async () => {
  const { whole } = await wholeAndResumed({ ...shortRun, expand: 0.2 })
  const model = new Model(await openModel(whole, sharedDevice))
  expect(model.config.noise).toMatchObject({ process: 'masked', expands: 0.2 })
  const { words, tokens } = await model.explain({ infill: 'the [*] sat.', seed: 1 })
  expect(words).toHaveLength(tokens)
  for (const { given, settled, before } of words) {
    expect(settled === undefined).toBe(given)
    // what became two masks was another position
    for (const { text } of before) expect(text).not.toBe('')
  }
  await model.dispose()
})

test('begins from a model that has learnt words alone', async () => {
  const [first, out] = [memoryStore(), memoryStore()]
  await eventsOf(settingsOf({ out: first, options: shortRun }))
  const start = await openFloats(first, sharedDevice)
  expect(start.tokenizer.growth).toBeUndefined()
  const options = { ...shortRun, expand: 0.1, from: 'first' }
  await eventsOf(settingsOf({ out, options, start }))
  const { config, tokenizer } = await openModel(out, sharedDevice)
  expect(config.architecture.vocabSize).toBe(start.config.architecture.vocabSize + 2)
  expect(tokenizer.growth).toEqual({
    expand: start.tokenizer.size,
    delete: start.tokenizer.size + 1,
  })
})

test.each<[RunOptions, string]>([
  [{ expand: 0.5 }, '--expand 0.5 is not a number above 0 and up to 0.3'],
  [{ expand: 0.2, noise: 'uniform' }, 'under uniform noise'],
  [{ expand: 0.2, ar: true }, 'under autoregressive noise'],
  [{ expand: 0.2, block: 4 }, 'a block has a length'],
  [{ expand: 0.2, schedule: 'learnt' }, 'words with a pace of their own'],
  [{ expand: 0.2, recipe: { complementary: true } }, 'leave --complementary out'],
  [{ expand: 0.2, recipe: { loss: 'score-entropy' } }, 'leave --loss out'],
])('%j is refused before anything runs', (options, says) => {
  expect(() => checkOptions(options)).toThrow(says)
})

test('texts that are cut into windows have no length to choose', async () => {
  const long = textData('long', ['the cat sat on a mat. '.repeat(200)])
  const settings = settingsOf({ data: long, options: { ...shortRun, expand: 0.2 } })
  await expect(eventsOf(settings)).rejects.toThrow('cut into windows')
})
