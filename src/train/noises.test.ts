// Every noise, and blocks, through a whole run: trained, stopped and gone on with, saved, loaded, scored, written with.
import { describe, expect, test } from 'vitest'
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
import { states } from '../denoise/index.ts'
import { halfKnown, type Noise, noises, paceName, warpName, warpOf } from '../noise/index.ts'
import { memoryStore } from '../store/index.ts'
import { checkOptions } from './check-options.ts'
import type { RunOptions } from './plan.ts'

describe.each(Object.values<Noise>(noises))('$name noise', (noise) => {
  test('trains, goes on to the same weights, scores and writes', async () => {
    const { whole, events } = await wholeAndResumed({ ...shortRun, noise: noise.name })
    const phases = ofType(events, 'phase').map(({ phase }) => phase)
    expect(phases).toEqual(noise.causal ? ['left to right'] : ['left to right', 'denoising'])
    // bytes at random cost log 260
    expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)

    const model = new Model(await openModel(whole, sharedDevice))
    expect(model.config.noise.process).toBe(noise.name)
    const score = await model.score('the cat sat.', { precision: 0.1 })
    expect(score).toMatchObject({ exact: noise.causal, noise: noise.name })
    expect(score.nats).toBeGreaterThan(0)
    await goesOnTheSame(model)
    if (!noise.causal) {
      const filled = await model.complete({ infill: 'the [3] sat.', seed: 1 })
      expect(filled.text).toMatch(/^the.*sat\.$/s)
    }
    await model.dispose()
  })
})

/** After a prompt, alone as among others. */
async function goesOnTheSame(model: Model): Promise<void> {
  const asked = { prompt: 'the', seed: 3 }
  const alone = await model.complete(asked)
  expect(alone.text.startsWith('the')).toBe(true)
  const [among] = await model.complete([asked, { seed: 4 }])
  expect(among.text).toBe(alone.text)
}

const masking = { masking: [0.3, 0.8], batchTokens: 100 } as const

describe.each<Partial<RunOptions> & { recipe?: typeof masking }>([
  { block: 4, schedule: 'cosine' },
  { block: 4, recipe: masking },
  { block: 1 },
  { block: [4, 1, 2] },
])('%j', (how) => {
  test('trains, goes on to the same weights, scores and writes', async () => {
    const { whole, events } = await wholeAndResumed({ ...shortRun, ...how })
    const single = how.block === 1
    const phases = ofType(events, 'phase').map(({ phase }) => phase)
    expect(phases).toEqual(single ? ['left to right'] : ['left to right', 'denoising'])
    const { heldOut } = ofType(events, 'done')[0]
    expect(heldOut.exact).toBe(single)
    // bytes at random cost log 260
    expect(heldOut.natsPerToken).toBeLessThan(5)

    const model = new Model(await openModel(whole, sharedDevice))
    expect(model.config.training?.masking).toEqual(how.recipe?.masking)
    const score = await model.score('the cat sat.', { precision: 0.1 })
    expect(score).toMatchObject({ exact: single, noise: 'masked', block: [how.block].flat()[0] })
    expect(score.nats).toBeGreaterThan(0)
    await goesOnTheSame(model)
    await model.dispose()
  })
})

test.each(['masked', 'uniform'])('score entropy trains %s noise, to a bound', async (noise) => {
  const out = memoryStore()
  const options = {
    ...shortRun,
    noise,
    recipe: { ...shortRun.recipe, loss: 'score-entropy' },
  } as const
  const [{ heldOut }] = ofType(await eventsOf(settingsOf({ out, options })), 'done')
  // bytes at random cost log 260
  expect(heldOut.natsPerToken).toBeLessThan(5)
  const { config } = await openModel(out, sharedDevice)
  expect(config.training?.loss).toBe('score-entropy')
})

test('squared error trains noise on embeddings, to a bound', async () => {
  const out = memoryStore()
  const recipe = { ...shortRun.recipe, loss: 'squared-error', warmStart: 0 } as const
  const options = { ...shortRun, noise: 'gaussian', recipe }
  const events = await eventsOf(settingsOf({ out, options }))
  const bounds = ofType(events, 'report').flatMap(({ heldOut }) => heldOut ?? [])
  expect(bounds[0] - bounds[bounds.length - 1]).toBeGreaterThan(1)
  // bytes at random cost log 260
  expect(bounds[bounds.length - 1]).toBeLessThan(5.5)
  const { config } = await openModel(out, sharedDevice)
  expect(config.training?.loss).toBe('squared-error')
})

test('words that are shown softly first train uniform noise, and go on to the same weights', async () => {
  const recipe = { ...shortRun.recipe, curriculum: 0.5 }
  const { whole, events } = await wholeAndResumed({ ...shortRun, noise: 'uniform', recipe })
  const phases = ofType(events, 'phase').map(({ phase }) => phase)
  expect(phases).toEqual(['left to right', 'soft words', 'denoising'])
  // bytes at random cost log 260
  expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)
  const { config } = await openModel(whole, sharedDevice)
  expect(config.training?.curriculum).toBe(0.5)
})

test('a learnt schedule trains, goes on to the same weights, scores and writes', async () => {
  const { whole, events } = await wholeAndResumed({ ...shortRun, schedule: 'learnt' })
  const phases = ofType(events, 'phase').map(({ phase }) => phase)
  expect(phases).toEqual(['left to right', 'denoising'])
  const { heldOut, tokens } = ofType(events, 'done')[0]
  expect(tokens).toBeGreaterThanOrEqual(shortRun.tokens)
  // bytes at random cost log 260
  expect(heldOut.natsPerToken).toBeLessThan(5)

  const sources = await openModel(whole, sharedDevice)
  const paces = sources.weights.get(paceName) as Float32Array
  expect(paces.length).toBe(sources.config.architecture.vocabSize)
  // what can stand in a text has moved, what cannot has not
  const { tokenizer } = sources
  for (const id of tokenizer.encode('the cat sat on a mat.'))
    expect(Math.abs(paces[id])).toBeGreaterThan(1e-4)
  for (const id of tokenizer.banned) expect(paces[id]).toBe(0)

  const model = new Model(sources)
  expect(model.config.noise).toMatchObject({ process: 'masked', schedule: 'learnt' })
  const score = await model.score('the cat sat.', { precision: 0.1 })
  expect(score).toMatchObject({ exact: false, noise: 'masked' })
  expect(score.nats).toBeGreaterThan(0)
  for (const policy of ['confidence', 'posterior'] as const) {
    const asked = { prompt: 'the', seed: 3, policy }
    const alone = await model.complete(asked)
    expect(alone.text.startsWith('the')).toBe(true)
    const [among] = await model.complete([asked, { seed: 4 }])
    expect(among.text).toBe(alone.text)
  }
  await expect(model.complete({ policy: 'ancestral' })).rejects.toThrow(
    'reveals all words at one pace',
  )
  const saved = memoryStore()
  await model.saveTo(saved)
  expect((await openModel(saved, sharedDevice)).weights.get(paceName)).toEqual(paces)
  await model.dispose()
})

test('noise on embeddings begins from an autoregressive model, which has no vectors', async () => {
  const [first, out] = [memoryStore(), memoryStore()]
  await eventsOf(settingsOf({ out: first, options: { ...shortRun, ar: true } }))
  const start = await openFloats(first, sharedDevice)
  expect(start.weights.has('vectors')).toBe(false)
  const options = { ...shortRun, noise: 'gaussian', sigma: [0.1, 10] as const, from: 'first' }
  const events = await eventsOf(settingsOf({ out, options, start }))
  expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['denoising'])
  expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)
  const { config, weights } = await openModel(out, sharedDevice)
  expect(config.noise).toMatchObject({ process: 'gaussian', sigma: [0.1, 10] })
  expect(weights.get('vectors')).toHaveLength(32 * config.architecture.vocabSize)
})

test('a network learns to be shown what it predicted, goes on to the same weights, and from one that did not', async () => {
  const options = { ...shortRun, noise: 'gaussian', selfConditioning: true }
  const { whole, events } = await wholeAndResumed(options)
  expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)
  const model = new Model(await openModel(whole, sharedDevice))
  expect(model.config.noise).toMatchObject({ process: 'gaussian', selfConditioning: true })
  await goesOnTheSame(model)
  for (const policy of ['euler', 'heun', 'posterior'] as const)
    await model.complete({ policy, steps: 4, seed: 1 })
  await model.dispose()

  const [plain, out] = [memoryStore(), memoryStore()]
  const before = { ...shortRun, noise: 'gaussian', recipe: { ...shortRun.recipe, warmStart: 0 } }
  await eventsOf(settingsOf({ out: plain, options: before }))
  const started = { ...options, recipe: before.recipe, from: 'plain' }
  const start = await openFloats(plain, sharedDevice)
  const [first, last] = ofType(
    await eventsOf(settingsOf({ out, options: started, start })),
    'report',
  )
    .flatMap(({ heldOut }) => heldOut ?? [])
    .filter((_, i, all) => i === 0 || i === all.length - 1)
  expect(first).toBeLessThan(5)
  expect(last).toBeLessThan(first + 0.2)
  const known = await openFloats(out, sharedDevice)
  await expect(
    eventsOf(settingsOf({ out: memoryStore(), options: before, start: known })),
  ).rejects.toThrow('is shown what it last predicted: go on with --self-conditioning')
})

test('times are warped as words cost, and go on to the same weights', async () => {
  const options = { ...shortRun, noise: 'gaussian', timeWarping: true, tokens: 4000 }
  const { whole, events } = await wholeAndResumed(options)
  // bytes at random cost log 260
  expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)
  const sources = await openModel(whole, sharedDevice)
  const values = sources.weights.get(warpName) as Float32Array
  const warp = warpOf(values, [0.05, 20])
  // at the least noise words are known, at the most they cost what they do on average
  const [clean, lost] = [0.1, 19].map((sigma) => warp.heightAt(Math.log(sigma)))
  expect(clean).toBeLessThan(0.7)
  expect(lost).toBeGreaterThan(2)
  expect(lost).toBeLessThan(6)
  const model = new Model(sources)
  expect(model.config.noise).toMatchObject({ process: 'gaussian', timeWarping: true })
  await goesOnTheSame(model)
  expect((await model.score('the cat sat.', { precision: 0.1 })).nats).toBeGreaterThan(0)
  await model.dispose()
})

test('words are learnt piece by piece, from an autoregressive model too, and written so', async () => {
  const options = { ...shortRun, pieces: 2 }
  const { whole, events } = await wholeAndResumed(options)
  expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['left to right', 'denoising'])
  // bytes at random cost log 260
  expect(ofType(events, 'done')[0].heldOut.natsPerToken).toBeLessThan(5)
  const sources = await openModel(whole, sharedDevice)
  const { size } = sources.tokenizer
  const pieces = { count: 2, of: size }
  expect(sources.config).toMatchObject({
    noise: { process: 'masked', pieces },
    architecture: { vocabSize: size + halfKnown(pieces) },
  })
  const model = new Model(sources)
  const score = await model.score('the cat sat.', { precision: 0.1 })
  expect(score).toMatchObject({ exact: false, noise: 'masked' })
  await goesOnTheSame(model)
  expect(model.policies).toContain('posterior')
  const halves: number[] = []
  for await (const frame of model.generate({ seed: 3, length: 12, steps: 6 })) {
    for (const [i, id] of frame.tokens.entries()) {
      if (id < size) continue
      halves.push(id)
      expect(frame.state[i]).toBe(states.fog)
    }
    if (frame.done) expect([...frame.tokens].every((id) => id < size)).toBe(true)
  }
  expect(halves.length).toBeGreaterThan(0)
  expect((await model.complete({ seed: 3, length: 8, policy: 'psi-constant' })).tokens).toBe(8)
  for (const policy of ['confidence', 'renoise'] as const)
    await expect(model.complete({ policy })).rejects.toThrow('has learnt to reveal their pieces')
  await model.dispose()

  const [first, out] = [memoryStore(), memoryStore()]
  await eventsOf(settingsOf({ out: first, options: { ...shortRun, ar: true } }))
  const start = await openFloats(first, sharedDevice)
  await eventsOf(settingsOf({ out, options: { ...options, from: 'first' }, start }))
  const known = await openFloats(out, sharedDevice)
  expect(known.config.noise.pieces).toEqual(pieces)
  await expect(
    eventsOf(settingsOf({ out: memoryStore(), options: shortRun, start: known })),
  ).rejects.toThrow('has learnt words of 2 pieces: go on with --pieces 2')
})

test.each<[RunOptions, string]>([
  [{ timeWarping: true }, 'under masked noise a word is lost at once'],
  [{ noise: 'gaussian', timeWarping: true, schedule: 'cosine' }, 'leave --schedule out'],
  [{ noise: 'gaussian', timeWarping: true, recipe: { times: 'bell' } }, 'leave --times out'],
  [{ pieces: 1 }, '--pieces 1 is not a whole number from 2 to 4'],
  [{ pieces: 2, noise: 'uniform' }, 'under uniform noise words have no pieces'],
  [{ pieces: 2, block: 4 }, 'in whole words; leave --block out'],
  [{ pieces: 2, expand: 0.2 }, 'is no word yet; leave --expand out'],
  [{ pieces: 2, schedule: 'learnt' }, 'paces are of words and not of their pieces'],
  [{ pieces: 2, recipe: { focal: 1 } }, 'hidden as a whole; leave --focal out'],
  [{ pieces: 2, recipe: { loss: 'score-entropy' } }, 'hidden as a whole; leave --loss out'],
  [{ selfConditioning: true }, 'masked noise has no --self-conditioning'],
  [{ noise: 'hybrid', replaced: 1 }, '--replaced 1 is not a number above 0 and below 1'],
  [{ noise: 'uniform', replaced: 0.2 }, 'uniform noise has no --replaced share'],
  [{ ar: true, noise: 'uniform' }, '--ar is --noise autoregressive and cannot go with --noise'],
  [{ ar: true, schedule: 'cosine' }, 'autoregressive noise has no --schedule'],
  [{ block: 0 }, '--block 0 is not a whole number of at least 1'],
  [{ ar: true, block: 4 }, '--ar and --block cannot go together'],
  [{ noise: 'autoregressive', block: 4 }, '--noise autoregressive and --block cannot go together'],
  [{ noise: 'uniform', block: 4 }, 'under uniform noise no word settles'],
  [{ noise: 'hybrid', block: 4 }, 'under hybrid noise no word settles'],
  [{ block: 1, schedule: 'cosine' }, 'blocks of one word have no --schedule'],
  [{ noise: 'gaussian', block: 4 }, 'under gaussian noise no word settles'],
  [{ noise: 'gaussian', replaced: 0.2 }, 'gaussian noise has no --replaced share'],
  [{ noise: 'gaussian', sigma: [20, 0.05] }, '--sigma 20,0.05 is not two numbers above 0'],
  [{ noise: 'gaussian', sigma: [0, 5] }, '--sigma 0,5 is not two numbers above 0'],
  [{ noise: 'masked', sigma: [0.1, 5] }, 'masked noise has no --sigma range to choose'],
  [{ noise: 'fog' }, '--noise fog is not one of masked'],
  [{ recipe: { masking: [0.8, 0.3] } }, '--masking 0.8,0.3 is not two shares from 0 to 1'],
  [{ recipe: { masking: [0.3, 1.2] } }, '--masking 0.3,1.2 is not two shares from 0 to 1'],
  [{ ar: true, recipe: masking }, 'autoregressive noise has no share of hidden words'],
  [{ noise: 'hybrid', recipe: masking }, 'hybrid noise has no share of hidden words'],
  [{ block: 1, recipe: masking }, 'a block of one word is hidden as a whole'],
  [{ recipe: { ...masking, times: 'uniform' } }, 'and so does --times uniform'],
  [{ noise: 'hybrid', schedule: 'learnt' }, 'under hybrid noise words have no pace of their own'],
  [{ block: 4, schedule: 'learnt' }, 'the blocks of a text are looked at together'],
  [{ schedule: 'learnt', recipe: { times: 'bell' } }, 'in its own way: leave --times out'],
  [{ schedule: 'learnt', recipe: masking }, 'in its own way: leave --masking out'],
  [
    { noise: 'gaussian', schedule: 'learnt' },
    'under gaussian noise words have no pace of their own',
  ],
  [{ schedule: 'learnt', recipe: { loss: 'score-entropy' } }, 'a divergence already'],
  [
    { recipe: { loss: 'squared-error' } },
    'masked noise cannot go together: it is for --noise gaussian',
  ],
  [{ noise: 'gaussian', recipe: { loss: 'score-entropy' } }, 'gaussian noise cannot go together'],
  [{ recipe: { curriculum: 0.5 } }, 'masked noise has no --curriculum'],
  [{ noise: 'hybrid', recipe: { curriculum: 0.5 } }, 'under uniform noise alone'],
  [{ noise: 'uniform', recipe: { curriculum: 1 } }, '--curriculum 1 is not a number from 0'],
  [{ recipe: { loss: 'mse' as 'cross-entropy' } }, '--loss mse is not one of cross-entropy'],
])('%j is refused before anything runs', (options, says) => {
  expect(() => checkOptions(options)).toThrow(says)
})
