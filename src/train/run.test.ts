// Whole runs, in memory and on a clock of their own: the same twice, stopped and resumed, extended, refused, and what
// they leave behind.
import { beforeAll, describe, expect, test } from 'vitest'
import {
  eventsOf,
  ofType,
  sentences,
  settingsOf,
  sharedDevice,
  shortRun,
  tickingClock,
} from '../../test/support/training.ts'
import { Model } from '../api/model.ts'
import { openFloats, openModel } from '../api/open-model.ts'
import { sha256 } from '../model/safetensors.ts'
import { parameterShapes } from '../nn/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { type Device, flat, layoutOf } from '../runtime/index.ts'
import { memoryStore, readText, type Store } from '../store/index.ts'
import { checkpointFile, checkpointProgress, loadCheckpoint } from './checkpoint.ts'
import { taleData, textData } from './data.ts'
import { type Metric, metricsFile } from './metrics.ts'
import { Optimiser } from './optimiser.ts'
import { type RunOptions, tokensIn } from './plan.ts'
import { type RunSettings, run } from './run.ts'

/** What a file holds, as something that compares fast and shows briefly. */
const hashOf = async (store: Store, path: string) => sha256(await store.read(path))
const weightsOf = (store: Store) => hashOf(store, 'model.safetensors')
const warmStartOf = (store: Store) => hashOf(store, 'warm-start/model.safetensors')
const metricsOf = async (store: Store): Promise<Metric[]> =>
  (await readText(store, metricsFile))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const inFolder = (store: Store, folder: string): Store => ({
  ...store,
  name: folder,
  read: (path) => store.read(`${folder}/${path}`),
  readRange: (path, ...rest) => store.readRange(`${folder}/${path}`, ...rest),
  stat: (path) => store.stat(`${folder}/${path}`),
})
const device = sharedDevice

/** A run that was never stopped. */
let whole: { store: Store; events: Awaited<ReturnType<typeof eventsOf>> }
beforeAll(async () => {
  const store = memoryStore()
  whole = { store, events: await eventsOf(settingsOf({ out: store })) }
})

describe('a run', () => {
  test('says its plan, its phases, what it saved and how it ended', () => {
    const { events } = whole
    expect(events[0]).toMatchObject({ type: 'plan', resumed: false })
    expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual([
      'left to right',
      'denoising',
    ])
    const [done] = ofType(events, 'done')
    expect(events[events.length - 1]).toBe(done)
    expect(done).toMatchObject({ aborted: false, heldOut: { exact: false } })
    expect(done.tokens).toBeGreaterThanOrEqual(2000)
    expect(done.tokens).toBeLessThan(2100)
    expect(ofType(events, 'saved').length).toBeGreaterThan(0)
    // its loss jumps where the phases meet, and that is no divergence
    expect(ofType(events, 'recovery')).toEqual([])
  })

  test('reports every step once, with what a report holds', async () => {
    const metrics = await metricsOf(whole.store)
    const reports = ofType(whole.events, 'report')
    expect(reports.map(({ step }) => step)).toEqual(metrics.map(({ step }) => step))
    metrics.slice(1).forEach(({ step, tokens, seconds }, i) => {
      expect(step).toBeGreaterThan(metrics[i].step)
      expect(tokens).toBeGreaterThan(metrics[i].tokens)
      expect(seconds).toBeGreaterThan(metrics[i].seconds)
    })
    // held-out text is measured twenty times, and on this clock only then is a report due
    expect(metrics.length).toBeGreaterThan(15)
    for (const metric of metrics) {
      for (const name of ['loss', 'rate', 'gradient', 'tokensPerSecond', 'heldOut'] as const) {
        expect(metric[name]).toBeGreaterThan(0)
      }
    }
    expect(ofType(whole.events, 'sample').length).toBeGreaterThanOrEqual(3)
    expect(reports[reports.length - 1].secondsLeft).toBeLessThan(1)
  })

  test('learns', async () => {
    const metrics = await metricsOf(whole.store)
    // bytes at random cost log 260; twenty steps are enough to see which letters there are
    expect(metrics[0].heldOut).toBeGreaterThan(4.5)
    expect(ofType(whole.events, 'done')[0].heldOut.natsPerToken).toBeLessThan(4)
  })

  test('is bit-identical when done again, and not with another seed', async () => {
    const again = memoryStore()
    await eventsOf(settingsOf({ out: again, clock: tickingClock(70) }))
    expect(await weightsOf(again)).toBe(await weightsOf(whole.store))
    const other = memoryStore()
    await eventsOf(settingsOf({ out: other, options: { ...shortRun, seed: 1 } }))
    expect(await weightsOf(other)).not.toBe(await weightsOf(whole.store))
  })

  test('leaves a model that loads, writes, scores and knows its recipe', async () => {
    const model = new Model(await openModel(whole.store, device))
    const { text, done } = await model.complete({ seed: 3 })
    expect(done).toBe('complete')
    expect([...text].length).toBeGreaterThan(0)
    const { nats, exact } = await model.score('the cat sat.', { precision: 0.2 })
    expect(exact).toBe(false)
    expect(nats).toBeGreaterThan(0)
    expect(model.config).toMatchObject({
      shift: true,
      noise: { process: 'masked' },
      text: { exactLength: true, documents: 'line' },
      training: { data: 'sentences', batchTokens: 100, tokens: expect.any(Number) },
    })
    expect(await readText(whole.store, 'README.md')).toContain('≤')
    await model.dispose()
  })

  test('leaves its warm start as an autoregressive model', async () => {
    const model = new Model(await openModel(inFolder(whole.store, 'warm-start'), device))
    expect(model.config).toMatchObject({
      architecture: { attention: 'causal' },
      noise: { process: 'autoregressive' },
    })
    const { text, tokens } = await model.complete({ seed: 1 })
    expect(tokens).toBeGreaterThan(0)
    expect(typeof text).toBe('string')
    expect((await model.score('the cat sat.')).exact).toBe(true)
    const seen = model.config.training?.tokens as number
    expect(seen).toBeGreaterThanOrEqual(500)
    expect(seen).toBeLessThan(600)
    // learnt, not just begun: its weights are others than the final ones
    const { weights } = await openModel(whole.store, device)
    const warm = (await openModel(inFolder(whole.store, 'warm-start'), device)).weights
    expect(warm.get('embed')).not.toEqual(weights.get('embed'))
    await model.dispose()
  })
})

/** Stops a run by its signal once it has seen so many tokens; 0 is before the first step. */
async function stopped(settings: RunSettings, tokens: number): Promise<void> {
  const controller = new AbortController()
  const events = await eventsOf({ ...settings, signal: controller.signal }, (event) => {
    if (tokens === 0 || (event.type === 'report' && event.tokens >= tokens)) controller.abort()
  })
  expect(ofType(events, 'done')[0].aborted).toBe(true)
}

describe('a run that is stopped and goes on', () => {
  const stops: [string, number[]][] = [
    ['before its first step', [0]],
    ['in its warm start', [200]],
    ['where the phases meet', [500]],
    ['in its second phase', [900]],
    ['five times', [0, 300, 500, 600, 1400]],
  ]
  for (const [name, ends] of stops) {
    test(`${name} ends bit-identical to one that never was`, async () => {
      const store = memoryStore()
      for (const end of ends) await stopped(settingsOf({ out: store }), end)
      const events = await eventsOf(settingsOf({ out: store }))
      expect(events[0]).toMatchObject({ type: 'plan', resumed: true })
      expect(await weightsOf(store)).toBe(await weightsOf(whole.store))
      expect(await warmStartOf(store)).toBe(await warmStartOf(whole.store))
      const measured = (metrics: Metric[]) => metrics.map(({ step, heldOut }) => [step, heldOut])
      expect(measured(await metricsOf(store))).toEqual(measured(await metricsOf(whole.store)))
    })
  }

  test('is a usable model while it rests', async () => {
    const store = memoryStore()
    await stopped(settingsOf({ out: store }), 200)
    const early = new Model(await openModel(store, device))
    // the warm start is not over: what there is writes from left to right
    expect(early.config.architecture.attention).toBe('causal')
    expect((await early.complete({ seed: 1 })).done).toBe('complete')
    await early.dispose()
    await stopped(settingsOf({ out: store }), 1200)
    const later = new Model(await openModel(store, device))
    expect(later.config.architecture.attention).toBe('full')
    await later.dispose()
  })

  test('after its last step has nothing left to do', async () => {
    const before = await weightsOf(whole.store)
    const events = await eventsOf(settingsOf({ out: whole.store }))
    expect(ofType(events, 'report')).toEqual([])
    expect(ofType(events, 'done')[0].aborted).toBe(false)
    expect(await weightsOf(whole.store)).toEqual(before)
  })
})

/** A store that dies: from some write on, nothing is written any more, as after SIGKILL. */
function dying(store: Store, writes: number): Store {
  let left = writes
  const alive = () => {
    if (left-- <= 0) throw new Error('killed')
  }
  return {
    ...store,
    write: async (path, data) => {
      alive()
      await store.write(path, data)
    },
    append: async (path, data) => {
      alive()
      await store.append(path, data)
    },
  }
}

test('a run killed before any of its writes ends bit-identical, metrics included', async () => {
  const every = { checkpoint: 0.5 }
  const counting = memoryStore()
  let writes = 0
  const counted: Store = {
    ...counting,
    write: (path, data) => {
      writes++
      return counting.write(path, data)
    },
    append: (path, data) => {
      writes++
      return counting.append(path, data)
    },
  }
  await eventsOf(settingsOf({ out: counted, every }))
  expect(writes).toBeGreaterThan(35)
  const steps = (metrics: Metric[]) => metrics.map(({ step, heldOut }) => [step, heldOut])
  // every write that follows the start, in runs that are killed again and again; the odd step meets each kind of write
  for (let at = 1; at < writes; at += 7) {
    const store = memoryStore()
    await expect(eventsOf(settingsOf({ out: dying(store, at), every }))).rejects.toThrow('killed')
    await eventsOf(settingsOf({ out: store, every }))
    expect(await weightsOf(store)).toBe(await weightsOf(whole.store))
    expect(await warmStartOf(store)).toBe(await warmStartOf(whole.store))
    expect(steps(await metricsOf(store))).toEqual(steps(await metricsOf(whole.store)))
  }
}, 120_000)

describe('a finished run', () => {
  test('is extended by a larger budget, and then learns more', async () => {
    const store = memoryStore()
    await eventsOf(settingsOf({ out: store }))
    const events = await eventsOf(
      settingsOf({ out: store, options: { ...shortRun, tokens: 2600 } }),
    )
    const [done] = ofType(events, 'done')
    expect(done.tokens).toBeGreaterThanOrEqual(2600)
    expect(ofType(events, 'report')[0].tokens).toBeGreaterThan(2000)
    expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['denoising'])
    const model = await openModel(store, device)
    expect(model.config.training?.tokens).toBe(done.tokens)
  })
})

describe('a run refuses', () => {
  let store: Store
  beforeAll(async () => {
    store = memoryStore()
    await stopped(settingsOf({ out: store }), 600)
  })
  const refused: [string, Partial<RunSettings>, { param: string; says: string }][] = [
    [
      'another seed',
      { options: { ...shortRun, seed: 2 } },
      { param: 'seed', says: '--seed its default and not 2' },
    ],
    [
      'another objective',
      { options: { ...shortRun, ar: true } },
      { param: 'ar', says: '--ar its default and not true' },
    ],
    [
      'another rate',
      { options: { ...shortRun, recipe: { ...shortRun.recipe, rate: 0.1 } } },
      { param: 'rate', says: '--rate its default and not 0.1' },
    ],
    [
      'other data',
      { data: textData('sentences', sentences(60, 2)) },
      { param: 'data', says: 'other data than sentences holds now' },
    ],
    [
      'a smaller budget',
      { options: { ...shortRun, tokens: 1999 } },
      { param: 'tokens', says: 'planned for 2000 tokens, more than the 1999 asked for' },
    ],
  ]
  for (const [name, changes, { param, says }] of refused) {
    test(name, async () => {
      await expect(eventsOf(settingsOf({ out: store, ...changes }))).rejects.toMatchObject({
        code: 'bad_run',
        param,
        message: expect.stringContaining(says),
      })
    })
  }

  test('a damaged checkpoint', async () => {
    const bytes = await store.read(checkpointFile)
    for (const damage of [
      (copy: Uint8Array) => copy.subarray(0, copy.length - 1),
      (copy: Uint8Array) => {
        copy[copy.length - 1000] ^= 1
        return copy
      },
    ]) {
      const damaged = await copyOf(store)
      await damaged.write(checkpointFile, damage(bytes.slice()))
      expect(await refusalOf(settingsOf({ out: damaged }))).toMatchObject({
        code: 'bad_run',
        message: expect.stringMatching(
          /^the checkpoint of memory is damaged \(.*remove checkpoint/,
        ),
      })
    }
  })
})

async function copyOf(store: Store): Promise<Store> {
  const copy = memoryStore()
  for (const path of await store.list('')) await copy.write(path, await store.read(path))
  return copy
}

/** Why a run does not open; undefined when it does. */
async function refusalOf(settings: RunSettings): Promise<unknown> {
  try {
    for await (const _ of run(settings)) return undefined
  } catch (error) {
    return error
  }
}

test('numbers that are not finite end a run, and the last checkpoint is intact', async () => {
  const store = memoryStore()
  // the first steps are short: the rate warms up
  const options = { ...shortRun, recipe: { ...shortRun.recipe, rate: 1e9, clip: 1e30 } }
  const error = await eventsOf(settingsOf({ out: store, options, every: { checkpoint: 0 } })).catch(
    (error) => error,
  )
  expect(error).toMatchObject({
    code: 'diverged',
    message: expect.stringMatching(
      /^training left the finite numbers at step \d+ \(loss .*halved 3 times: .*lower --rate than 125000000$/,
    ),
  })
  expect(await refusalOf(settingsOf({ out: store, options }))).toBeUndefined()
  expect((await checkpointProgress(store))!.step).toBeGreaterThan(0)
})

test('a run stops at the held-out loss it was asked for, and is finished', async () => {
  const out = memoryStore()
  const all = ofType(await eventsOf(settingsOf({ out })), 'report').flatMap(
    ({ heldOutPerChar, phase, tokens }) =>
      heldOutPerChar && phase === 'denoising' ? [{ heldOutPerChar, tokens }] : [],
  )
  const goal = all[2]
  const store = memoryStore()
  const options = { ...shortRun, until: goal.heldOutPerChar }
  const [done] = ofType(await eventsOf(settingsOf({ out: store, options })), 'done')
  const first = all.find(({ heldOutPerChar }) => heldOutPerChar <= goal.heldOutPerChar)
  expect(done).toMatchObject({ aborted: false, tokens: first?.tokens })
  // and goes on when the goal is moved or taken away
  const [further] = ofType(await eventsOf(settingsOf({ out: store })), 'done')
  expect(further.tokens).toBeGreaterThan(done.tokens)
})

describe('an autoregressive run', () => {
  test('has one phase and leaves a model whose scores are exact', async () => {
    const store = memoryStore()
    const events = await eventsOf(settingsOf({ out: store, options: { ...shortRun, ar: true } }))
    expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['left to right'])
    expect(ofType(events, 'done')[0].heldOut.exact).toBe(true)
    expect(await store.stat('warm-start/config.json')).toBeUndefined()
    const model = new Model(await openModel(store, device))
    expect((await model.score('the cat sat.')).exact).toBe(true)
    await model.dispose()
  })
})

describe('a run from a model', () => {
  const from = async (changes: Partial<RunSettings>, options: RunOptions = {}) => {
    const out = memoryStore()
    const start = await openFloats(whole.store, device)
    const settings = settingsOf({
      out,
      start,
      options: { ...shortRun, tokens: 300, from: 'whole', ...options },
      ...changes,
    })
    return { out, start, events: await eventsOf(settings) }
  }

  test('begins with its weights, and their tokens add up', async () => {
    // a rate of zero leaves the weights as they were
    const { out, start, events } = await from({}, { recipe: { ...shortRun.recipe, rate: 0 } })
    const { weights, config, tokenizer } = await openModel(out, device)
    for (const [name, values] of start.weights) {
      const kept = weights.get(name)!
      // the running average of equal numbers rounds in float32
      values.forEach((value, i) => {
        expect(Math.abs(kept[i] - value)).toBeLessThan(1e-6)
      })
    }
    expect(tokenizer.toJSON()).toEqual(start.tokenizer.toJSON())
    const [done] = ofType(events, 'done')
    expect(config.training?.tokens).toBe((start.config.training?.tokens as number) + done.tokens)
    // it knows how to write already: no warm start
    expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['denoising'])
  })

  test('learns other texts: how long texts are is learnt anew', async () => {
    const data = textData(
      'short',
      sentences(40, 5).map((text) => text.slice(0, 12)),
    )
    const { out } = await from({ data })
    const { config } = await openModel(out, device)
    expect(Object.keys(config.text.lengths!.counts)).toEqual(['12'])
  })

  test('may have long texts where the model had short ones, and the other way round', async () => {
    const long = textData('long', [sentences(300).join(' ')])
    const { out } = await from({ data: long })
    const windows = await openFloats(out, device)
    expect(windows.config.text).toMatchObject({ exactLength: false })
    const room = windows.config.architecture.context
    // texts of up to what a window holds, all of them learnt once: the longest leaves no room for an end token
    const most = room - 1
    const text = sentences(50).join(' ')
    const lengths = Array.from({ length: 200 }, (_, i) => (i % 100 ? 20 + (i % 20) : most))
    const short = textData(
      'short',
      lengths.map((length, i) => text.slice(i, i + length)),
    )
    for (const ar of [false, true]) {
      const back = memoryStore()
      const options = { ...shortRun, tokens: 7000, from: 'windows', ...(ar ? { ar } : {}) }
      await eventsOf(settingsOf({ out: back, data: short, start: windows, options }))
      expect((await openModel(back, device)).config.text.exactLength).toBe(true)
    }
  })
})

describe('what is stored is what was learnt', () => {
  test('the running average of the weights, not the last ones', async () => {
    const { config, weights } = await openModel(whole.store, device)
    const layout = layoutOf(parameterShapes(config.architecture))
    const { buffers } = new Optimiser(layout, cpu())
    await loadCheckpoint(whole.store, buffers)
    const { embed } = flat(layout, buffers.average).tensors
    expect(weights.get('embed')).toEqual(embed.data)
    expect(weights.get('embed')).not.toEqual(flat(layout, buffers.parameters).tensors.embed.data)
  })

  for (const dtype of ['f32', 'bf16'] as const) {
    test(`${dtype}: saved, loaded, saved again, bit for bit`, async () => {
      const out = memoryStore()
      await eventsOf(settingsOf({ out, options: { ...shortRun, tokens: 300, dtype } }))
      const again = memoryStore()
      const model = new Model(await openModel(out, device))
      await model.saveTo(again)
      for (const file of ['model.safetensors', 'config.json', 'tokenizer.json', 'README.md']) {
        expect(await hashOf(again, file)).toBe(await hashOf(out, file))
      }
      const copy = new Model(await openModel(again, device))
      const ids = [[65, 66, 67, 68]]
      expect(await copy.logits({ ids })).toEqual(await model.logits({ ids }))
      await model.dispose()
      await copy.dispose()
    })
  }
})

test('a run on few tales measures answers, though other tales are longer than any it has seen', async () => {
  const out = memoryStore()
  const events = await eventsOf(
    settingsOf({
      out,
      data: taleData('small', 40),
      options: { tokens: 3000, recipe: { batchTokens: 600 } },
    }),
  )
  const [{ answers }] = ofType(events, 'report').filter(({ answers }) => answers)
  expect(Object.keys(answers!).sort()).toEqual(['holder', 'place', 'who'])
  const { config } = await openModel(out, device)
  expect(config.text).toMatchObject({ world: 'small' })
  expect(config.text.labels.map(({ name }) => name)).toEqual(['style', 'words', 'who', 'what'])
  expect(Object.keys(config.text.lengths!.by!)).toContain('words')
})

describe('a budget of time', () => {
  /** counts the sessions that measure the machine */
  const watched = () => {
    let measured = 0
    const device: Device = {
      ...sharedDevice,
      session(graph, options) {
        if (graph.outputs.some(({ name }) => name === 'product')) measured++
        return sharedDevice.session(graph, options)
      },
    }
    return { device, times: () => measured }
  }

  test('is turned into tokens once, by the speed of the steps themselves', async () => {
    const out = memoryStore()
    const { device: first, times } = watched()
    const options = { time: 8, recipe: shortRun.recipe }
    const settings = { out, device: first, options, clock: tickingClock(100) }
    const controller = new AbortController()
    const [begun] = ofType(
      await eventsOf(settingsOf({ ...settings, signal: controller.signal }), ({ type }) => {
        if (type === 'report') controller.abort()
      }),
      'plan',
    )
    expect(times()).toBe(1)
    const { tokensPerSecond, budget } = begun.plan
    // a step of one or two sentences takes a tenth of a second on this clock
    expect(tokensPerSecond).toBeGreaterThan(200)
    expect(tokensPerSecond).toBeLessThan(900)
    // the looks at the clock before the first step are paid, and 6 % are for measuring and saving
    expect(budget).toBeLessThan(tokensIn(8, tokensPerSecond!))
    expect(budget).toBeGreaterThan(tokensIn(3, tokensPerSecond!))
    expect(begun.reasons.join(' ')).toMatch(/Measured \d+ tokens\/s: 8 s are/)
    // on a machine that has become slower the plan is still the same
    const slow = { ...settings, clock: tickingClock(400) }
    const [resumed] = ofType(await eventsOf(settingsOf(slow)), 'plan')
    expect(times()).toBe(1)
    expect(resumed.plan).toEqual(begun.plan)
    expect((await metricsOf(out)).pop()!.tokens).toBeGreaterThanOrEqual(budget)
    // twice the time is twice the tokens, by the old speed
    const longer = { ...slow, options: { ...options, time: 16 } }
    const [extended] = ofType(await eventsOf(settingsOf(longer)), 'plan')
    expect(extended.plan.budget).toBe(tokensIn(16, tokensPerSecond!))
  })
})
