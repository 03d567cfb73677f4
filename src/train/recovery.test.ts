// Runs that diverge: they go back and learn more slowly, the same way wherever they are killed, or end in one sentence.
import { beforeAll, describe, expect, test } from 'vitest'
import { eventsOf, ofType, settingsOf, tickingClock } from '../../test/support/training.ts'
import { sha256 } from '../model/safetensors.ts'
import { memoryStore, type Store } from '../store/index.ts'
import { beginning } from './checkpoint.ts'
import { eventFile, openEventFile } from './event-file.ts'
import { readHistory } from './history.ts'
import { goneBack, slowed } from './recovery.ts'
import type { RunSettings, TrainEvent } from './run.ts'

/** a rate at which the loss explodes from the first step */
const absurd: RunSettings['options'] = {
  tokens: 3300,
  params: 10_000,
  ar: true,
  recipe: { batchTokens: 100, rate: 1, optimiser: 'adamw' },
}
const settings = (changes: Partial<RunSettings>) =>
  settingsOf({ options: absurd, every: { checkpoint: 0.5 }, ...changes })

const weightsOf = async (store: Store) => sha256(await store.read('model.safetensors'))
/** what reports say, without the time */
const told = async (store: Store) =>
  (await readHistory(store))?.metrics.map(({ step, heldOut, rate, recoveries }) => ({
    step,
    heldOut,
    rate,
    recoveries,
  }))

/** A store that counts what changes it, and after so many changes does nothing any more. */
function counted(store: Store, most = Infinity) {
  let changes = 0
  const count = <A extends unknown[]>(change: (...args: A) => Promise<void>) => {
    return async (...args: A) => {
      if (changes >= most) throw new Error('killed')
      changes++
      await change(...args)
    }
  }
  return {
    changes: () => changes,
    store: {
      ...store,
      write: count(store.write),
      append: count(store.append),
      truncate: count(store.truncate),
    },
  }
}

let whole: Store
let events: TrainEvent[]
/** changes of the store before each recovery */
const changesBefore: number[] = []
beforeAll(async () => {
  whole = memoryStore()
  const { store, changes } = counted(whole)
  events = await eventsOf(settings({ out: store }), ({ type }) => {
    if (type === 'recovery') changesBefore.push(changes())
  })
})

describe('a run with an absurd rate', () => {
  test('goes back at half the rate, says so, and gets to its end', async () => {
    const recoveries = ofType(events, 'recovery')
    expect(recoveries.length).toBeGreaterThan(0)
    recoveries.forEach(({ text, failed, step, rate }, i) => {
      expect(failed).toBeGreaterThan(step)
      expect(rate).toBe(0.5 ** (i + 1))
      expect(text).toMatch(
        /^the training loss rose from .* until step \d+: back to step \d+, and on at half the learning rate/,
      )
    })
    expect(ofType(events, 'done')[0]).toMatchObject({ aborted: false })
  })

  test('leaves reports that rise step by step and tell of every time it went back', async () => {
    const metrics = (await readHistory(whole))?.metrics ?? []
    const steps = metrics.map(({ step }) => step)
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
    const { recoveries = [] } = metrics[metrics.length - 1]
    expect(recoveries.map(({ failed }) => failed)).toEqual(
      ofType(events, 'recovery').map(({ failed }) => failed),
    )
    for (const { rate, recoveries = [] } of metrics) {
      expect(rate).toBeLessThanOrEqual(0.5 ** recoveries.length)
    }
  })

  test('leaves an event file that tells the same as its reports', async () => {
    const events = await whole.read(eventFile)
    await (await openEventFile(whole, tickingClock())).rewrite()
    expect(await whole.read(eventFile)).toEqual(events)
  })

  test('killed anywhere around it ends bit-identical', async () => {
    const [first] = changesBefore
    for (const most of [first - 2, first - 1, first + 3]) {
      const store = memoryStore()
      const killed = settings({ out: counted(store, most).store })
      await expect(eventsOf(killed)).rejects.toThrow('killed')
      await eventsOf(settings({ out: store }))
      expect(await weightsOf(store)).toBe(await weightsOf(whole))
      expect(await told(store)).toEqual(await told(whole))
    }
  }, 60_000)

  test('stopped while the loss is too high, or just after it went back, ends bit-identical', async () => {
    const [{ failed }] = ofType(events, 'recovery')
    const stops: ((event: TrainEvent) => boolean)[] = [
      (event) => event.type === 'report' && event.step > failed / 2,
      (event) => event.type === 'recovery',
    ]
    for (const stop of stops) {
      const out = memoryStore()
      const controller = new AbortController()
      const asked = settings({ out, signal: controller.signal })
      await eventsOf(asked, (event) => stop(event) && controller.abort())
      await eventsOf(settings({ out }))
      expect(await weightsOf(out)).toBe(await weightsOf(whole))
      expect(await told(out)).toEqual(await told(whole))
    }
  }, 60_000)
})

test('after three halvings a run is given up, and says which rate was too high', () => {
  let progress = { ...beginning, step: 40, tokens: 400 }
  for (const rate of [0.5, 0.25, 0.125]) {
    progress = { ...goneBack(progress, 'it exploded', 1), step: 40 }
    expect(progress.recoveries.at(-1)).toMatchObject({ failed: 40, step: 0, rate })
    expect(slowed(progress)).toBe(rate)
  }
  expect(() => goneBack(progress, 'it exploded', 1)).toThrow(
    'it exploded, though the learning rate was halved 3 times: run again with a lower --rate than 0.125',
  )
})
