// Texts on their way out of the fog: how they begin, what is lifted, and that a run which learns from them can stop.
import { describe, expect, test } from 'vitest'
import { framed } from '../../test/support/framed.ts'
import { eventsOf, ofType, sentences, settingsOf } from '../../test/support/training.ts'
import { sha256 } from '../model/safetensors.ts'
import { noises, schedules, times } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { memoryStore, type Store } from '../store/index.ts'
import { type Batch, trainTokenizer } from '../text/index.ts'
import { checkOptions } from './check-options.ts'
import { corruptBatch } from './corrupt.ts'
import { textData } from './data.ts'
import { open } from './open.ts'
import { Chain } from './progressive.ts'
import { run } from './run.ts'

const tokenizer = await trainTokenizer('bytes', [], { labels: [] })
const { mask } = tokenizer.special
const frame = framed(tokenizer)
const [texts, length, given, steps] = [8, 12, 2, 5]
const batch: Batch = {
  tokens: Int32Array.from({ length: texts * length }, (_, i) => 65 + i),
  labels: new Int32Array(),
  given: new Int32Array(texts).fill(given),
  rows: texts,
  length,
}
const begun = () => new Chain(batch, frame, steps, seeded(3), 40)
const corruption = {
  noise: noises.masked,
  schedule: schedules.cosine,
  times: times.bell,
  dropAll: 0,
  dropEach: 0,
}
const feedsOf = (chain: Chain) => corruptBatch(batch, frame, corruption, seeded(3), 41, chain.at)
const fogOf = (chain: Chain, b: number) =>
  [...chain.at(b).noisy.keys()].filter((i) => chain.at(b).noisy[i] === mask)
/** one step in which words further right are surer */
const further = (chain: Chain) => {
  const { places } = feedsOf(chain)
  chain.advance(
    places.data,
    Float32Array.from(places.data, (place) => -place),
  )
}

describe('a chain', () => {
  test('begins at every level of noise, and hides neither what is given nor the end', () => {
    const hidden = Array.from({ length: texts }, (_, b) => fogOf(begun(), b))
    for (const positions of hidden)
      for (const position of positions) {
        expect(position).toBeGreaterThanOrEqual(given)
        expect(position).toBeLessThan(length)
      }
    const counts = hidden.map((positions) => positions.length)
    expect(Math.min(...counts)).toBeLessThan(3)
    expect(Math.max(...counts)).toBeGreaterThan(7)
  })

  test('shows every text as it stands, at the time at which so much is hidden', () => {
    const chain = begun()
    const { ids, targets, time, importance, places } = feedsOf(chain)
    const canvas = 1 + length + 1
    let row = 0
    for (let b = 0; b < texts; b++) {
      const fog = fogOf(chain, b)
      expect([...ids.data.slice(b * canvas + 1, (b + 1) * canvas)]).toEqual([...chain.at(b).noisy])
      for (const position of fog) {
        expect(places.data[row]).toBe(b * canvas + 1 + position)
        expect(targets.data[row]).toBe(batch.tokens[b * length + position])
        expect(1 - schedules.cosine.survival(time.data[row])).toBeCloseTo(fog.length / 10, 5)
        expect(importance.data[row]).toBeCloseTo(1 / (texts * 10), 9)
        row++
      }
    }
    expect(row).toBe(targets.data.length)
  })

  test('lifts the surest words of each text, with what truly stands there, and begins again when none is hidden', () => {
    const chain = begun()
    for (let step = 0; step < 3 * steps; step++) {
      const before = Array.from({ length: texts }, (_, b) => fogOf(chain, b))
      further(chain)
      before.forEach((fog, b) => {
        // two of ten a step
        const left = fog.slice(0, -2)
        const all = Array.from({ length: length - given }, (_, i) => given + i)
        expect(fogOf(chain, b)).toEqual(left.length > 0 ? left : all)
        chain.at(b).noisy.forEach((token, i) => {
          const true_ = i < length ? batch.tokens[b * length + i] : tokenizer.special.eos
          if (token !== mask) expect(token).toBe(true_)
        })
      })
    }
  })

  test('in which nothing is hidden begins again', () => {
    const chain = begun()
    for (let b = 0; b < texts; b++)
      chain.at(b).noisy.set(batch.tokens.subarray(b * length, (b + 1) * length))
    expect(feedsOf(chain).rows.data.length).toBe(0)
    chain.advance([], [])
    for (let b = 0; b < texts; b++) expect(fogOf(chain, b).length).toBe(length - given)
  })

  test('lifts the left one of words that are equally sure', () => {
    const chain = begun()
    const fog = fogOf(chain, 5)
    expect(fog.length).toBeGreaterThan(2)
    const { places } = feedsOf(chain)
    chain.advance(places.data, new Float32Array(places.data.length))
    expect(fogOf(chain, 5)).toEqual(fog.slice(2))
  })
})

const data = textData('sentences', sentences(300))
const progressing = (out: Store, tokens = 2400) =>
  settingsOf({
    data,
    out,
    options: { tokens, recipe: { batchTokens: 100, progressive: 6 } },
    every: { report: 0, checkpoint: 0 },
  })
const weightsOf = async (store: Store) => sha256(await store.read('model.safetensors'))

describe('a run of texts that come out of the fog', () => {
  test('stopped anywhere, or killed after any checkpoint, ends bit-identical to one that never was', async () => {
    const never = memoryStore()
    await eventsOf(progressing(never))
    const store = memoryStore()
    for (const stop of [900, 1500]) {
      const controller = new AbortController()
      const events = await eventsOf(
        { ...progressing(store), signal: controller.signal },
        (event) => {
          if (event.type === 'report' && event.tokens >= stop) controller.abort()
        },
      )
      expect(ofType(events, 'done')[0].aborted).toBe(true)
    }
    // somebody who stops listening ends a run where it is: what counts is the last checkpoint
    for (const checkpoints of [1, 2]) {
      let saved = 0
      for await (const event of run(progressing(store)))
        if (event.type === 'saved' && ++saved === checkpoints) break
    }
    await eventsOf(progressing(store))
    expect(await weightsOf(store)).toBe(await weightsOf(never))
  })

  test('shows the same texts until they have come out, which no checkpoint interrupts', async () => {
    const { trainer, plan } = await open(progressing(memoryStore()))
    trainer.begin()
    const from = trainer.phases[0].until
    expect(trainer.phases.map(({ name }) => name)).toEqual(['left to right', 'denoising'])
    const sizes: number[] = []
    let tokens = from
    for (let step = 0; step < 18; step++) {
      expect(trainer.goesOn(step)).toBe(step % 6 !== 0)
      const result = await trainer.step(step, tokens)
      tokens += result.tokens
      sizes.push(result.tokens)
    }
    expect(tokens).toBeLessThan(plan.budget)
    for (let step = 0; step < 18; step++) expect(sizes[step]).toBe(sizes[step - (step % 6)])
    expect(new Set(sizes).size).toBeGreaterThan(1)
    await trainer.dispose()
  })

  test.each([
    [{ noise: 'uniform' }, 'uniform noise cannot go together'],
    [{ ar: true }, 'a model that writes word by word cannot go together'],
    [{ block: 4 }, '--progressive cannot be used: a block comes out of the fog by itself'],
    [{ expand: 0.2 }, '--progressive cannot be used: masks that stand for any number of words'],
    [{ schedule: 'learnt' }, '--progressive cannot be used: '],
    [{ recipe: { complementary: true } }, 'leave --complementary out'],
    [{ recipe: { times: 'uniform' } }, 'leave --times out'],
    [{ recipe: { masking: [0.2, 0.8] } }, 'leave --masking out'],
    [{ recipe: { progressive: 1 } }, '--progressive 1 is not 0, or a whole number from 2'],
  ] as const)('is refused with %j', (options, message) => {
    const { recipe, ...rest } = options as { recipe?: object }
    expect(() => checkOptions({ ...rest, recipe: { progressive: 8, ...recipe } })).toThrow(message)
  })
})
