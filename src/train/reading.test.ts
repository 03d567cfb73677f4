// Reading from left to right learnt beside denoising: which steps it takes, what becomes of it, what is refused.
import { describe, expect, test } from 'vitest'
import {
  eventsOf,
  ofType,
  sentences,
  settingsOf,
  sharedDevice,
} from '../../test/support/training.ts'
import { Model } from '../api/model.ts'
import { openModel } from '../api/open-model.ts'
import { sha256 } from '../model/safetensors.ts'
import { memoryStore, readText, type Store } from '../store/index.ts'
import { checkOptions } from './check-options.ts'
import { textData } from './data.ts'
import { readMetrics } from './metrics.ts'
import { open } from './open.ts'

const opened = async (out: Store) => new Model(await openModel(out, sharedDevice))
const data = textData('sentences', sentences(300))
const reading = (out: Store, share = 0.4, tokens = 2400) =>
  settingsOf({
    data,
    out,
    options: { tokens, recipe: { batchTokens: 100, reading: share } },
    every: { report: 0, checkpoint: 0 },
  })

describe('steps', () => {
  test('are readings as often as asked, evenly spread, behind the warm start alone', async () => {
    const { trainer } = await open(reading(memoryStore()))
    trainer.begin()
    const [warm, denoising] = trainer.phases
    const lessons: string[] = []
    for (let step = 0; step < 20; step++) {
      const { phase, lesson } = await trainer.step(step, warm.until)
      expect(phase).toBe(denoising)
      lessons.push(lesson.name)
    }
    expect(lessons.map((name) => (name === 'reading' ? 'r' : 'd')).join('')).toBe(
      'ddrdrddrdrddrdrddrdr',
    )
    for (let step = 0; step < 5; step++)
      expect((await trainer.step(step, 0)).lesson.name).toBe('left to right')
    await trainer.dispose()
  })

  test('learn blocks of every length in turn, each at what it costs alone', async () => {
    const settings = settingsOf({
      data,
      out: memoryStore(),
      options: { tokens: 2400, block: [4, 1, 8], recipe: { batchTokens: 100 } },
      every: { report: 0, checkpoint: 0 },
    })
    const { trainer } = await open(settings)
    trainer.begin()
    const [warm, denoising] = trainer.phases
    const blocks: unknown[] = []
    for (let step = 0; step < 6; step++)
      blocks.push((await trainer.step(step, warm.until)).lesson.block ?? 'usual')
    expect(blocks).toEqual(['usual', 1, 8, 'usual', 1, 8])
    await trainer.measure(7, denoising.beside![0])
    const single = trainer.loss.data[0]
    await trainer.measure(7, warm)
    expect(trainer.loss.data[0]).toBe(single)
    await trainer.dispose()
  })

  test('of reading cost what the text costs from left to right', async () => {
    const { trainer } = await open(reading(memoryStore(), 0.5))
    trainer.begin()
    const [warm, { beside }] = trainer.phases
    await trainer.measure(7, beside![0])
    const beside_ = trainer.loss.data[0]
    await trainer.measure(7, warm)
    expect(beside_).toBe(trainer.loss.data[0])
    expect(beside_).toBeGreaterThan(1)
    await trainer.dispose()
  })
})

describe('a run', () => {
  test('makes a model that proofreads, and tells of both losses', async () => {
    const out = memoryStore()
    await eventsOf(reading(out))
    const metrics = await readMetrics(out)
    expect(metrics.some(({ reading: nats }) => nats !== undefined && nats > 0)).toBe(true)
    expect(metrics.every(({ loss, gradient }) => loss > 0 && gradient > 0)).toBe(true)
    expect(new Set(metrics.map(({ phase }) => phase))).toEqual(
      new Set(['left to right', 'denoising']),
    )
    const config = JSON.parse(await readText(out, 'config.json'))
    expect(config).toMatchObject({ reads: true, training: { reading: 0.4 } })
    const model = await opened(out)
    expect(model.policies).toContain('proofread')
    const [one, two] = [3, 4].map((seed) => ({ seed, policy: 'proofread', length: 12 }) as const)
    const alone = await model.complete(one)
    expect(alone.forwards).toBeGreaterThan(12)
    expect((await model.complete([two, one])).map(({ text }) => text)[1]).toBe(alone.text)
    // what it drafts for itself it writes word for word as from left to right alone
    const verified = await model.complete({ seed: 5, verifier: model })
    const itself = await model.reader!.complete({ seed: 5 })
    expect(verified.text).toBe(itself.text)
    expect(verified.text).not.toBe((await model.complete({ seed: 5 })).text)
    await model.dispose()
  })

  test('without it makes a model that refuses to', async () => {
    const out = memoryStore()
    await eventsOf(reading(out, 0, 600))
    const model = await opened(out)
    expect(model.policies).not.toContain('proofread')
    await expect(model.complete({ policy: 'proofread' })).rejects.toThrow(
      'train one with --reading',
    )
    await model.dispose()
  })

  test('that was stopped goes on bit for bit', async () => {
    const weightsOf = async (store: Store) => sha256(await store.read('model.safetensors'))
    const never = memoryStore()
    await eventsOf(reading(never))
    const store = memoryStore()
    const controller = new AbortController()
    const events = await eventsOf({ ...reading(store), signal: controller.signal }, (event) => {
      if (event.type === 'report' && event.tokens >= 1300) controller.abort()
    })
    expect(ofType(events, 'done')[0].aborted).toBe(true)
    await eventsOf(reading(store))
    expect(await weightsOf(store)).toBe(await weightsOf(never))
  })

  test.each([
    [{ noise: 'uniform' }, 'under uniform noise nobody asks a second time'],
    [{ ar: true }, 'under autoregressive noise nobody asks a second time'],
    [{ block: 4 }, 'leave --block out'],
    [{ expand: 0.2 }, 'leave --expand out'],
    [{ recipe: { progressive: 8 } }, 'leave --progressive out'],
    [{ recipe: { reading: 1 } }, '--reading 1 is not a number from 0 to below 1'],
  ] as const)('is refused with %j', (options, message) => {
    const { recipe, ...rest } = options as { recipe?: object }
    expect(() => checkOptions({ ...rest, recipe: { reading: 0.5, ...recipe } })).toThrow(message)
  })
})
