// Runs that learn their text by heart: the model is the best one measured, also when they are stopped and go on, and
// patience ends them.
import { beforeAll, describe, expect, test } from 'vitest'
import { eventsOf, ofType, sentences, settingsOf } from '../../test/support/training.ts'
import { parseConfig } from '../model/config.ts'
import { sha256 } from '../model/safetensors.ts'
import { memoryStore, readText, type Store } from '../store/index.ts'
import { textData } from './data.ts'
import { readHistory } from './history.ts'
import type { Ending, RunSettings } from './run.ts'

/** few sentences, many times over, at a rate that does not fall */
const settings = (changes: Partial<RunSettings> = {}) =>
  settingsOf({
    data: textData('few', sentences(8)),
    options: {
      tokens: 6000,
      params: 10_000,
      ar: true,
      recipe: { batchTokens: 100, rate: 0.03, decay: 0, average: 0.5 },
    },
    ...changes,
  })
const impatient = { options: { ...settings().options, patience: 3 } }

const weightsOf = async (store: Store) => sha256(await store.read('model.safetensors'))

let out: Store
let done: Ending
beforeAll(async () => {
  out = memoryStore()
  ;[done] = ofType(await eventsOf(settings({ out })), 'done')
})

describe('a run that gets worse on held-out text', () => {
  test('keeps the best weights measured, and says of which step they are', async () => {
    const { metrics = [] } = (await readHistory(out)) ?? {}
    const best = metrics.reduce((a, b) => ((b.heldOut ?? 9) < (a.heldOut ?? 9) ? b : a))
    expect(best.step).toBeLessThan(metrics[metrics.length - 3].step)
    expect(done.kept).toEqual({ step: best.step, tokens: best.tokens })
    expect(done.tokens).toBeGreaterThan(best.tokens)
    // measured again, with the weights that were saved
    expect(done.heldOut.natsPerToken).toBeCloseTo(best.heldOut as number, 5)
    const { training } = parseConfig(JSON.parse(await readText(out, 'config.json')), 'config.json')
    expect(training).toMatchObject({ tokens: best.tokens, heldOut: done.heldOut })
    const steps = metrics[metrics.length - 1].step
    expect(await readText(out, 'README.md')).toContain(
      `| step whose weights these are | ${best.step} of ${steps}, the best on held-out text |`,
    )
  })

  test('stopped after its best and gone on with, keeps the same', async () => {
    const store = memoryStore()
    const controller = new AbortController()
    await eventsOf(settings({ out: store, signal: controller.signal }), (event) => {
      if (event.type === 'report' && event.tokens > done.kept.tokens) controller.abort()
    })
    expect(await weightsOf(store)).toBe(await weightsOf(out))
    await eventsOf(settings({ out: store }))
    expect(await weightsOf(store)).toBe(await weightsOf(out))
  })

  test('with patience ends soon after its best, and then has nothing left to do', async () => {
    const store = memoryStore()
    const [ended] = ofType(await eventsOf(settings({ ...impatient, out: store })), 'done')
    expect(ended).toMatchObject({ aborted: false, early: expect.stringContaining('in a row') })
    expect(ended.tokens).toBeLessThan(done.tokens)
    expect(ended.early).toContain(
      `3 measurements in a row none was better than that at ${ended.kept.tokens}`,
    )
    const again = await eventsOf(settings({ ...impatient, out: store }))
    expect(ofType(again, 'report')).toEqual([])
    expect(ofType(again, 'done')[0]).toMatchObject({ kept: ended.kept, early: ended.early })
    // without, it goes on as if it had never ended
    await eventsOf(settings({ out: store }))
    expect(await weightsOf(store)).toBe(await weightsOf(out))
  })
})

test('patience is a whole number', async () => {
  const options = { ...settings().options, patience: 0 }
  await expect(eventsOf(settings({ options }))).rejects.toMatchObject({
    code: 'usage',
    message: '--patience 0 is not a whole number of at least 1',
  })
})
