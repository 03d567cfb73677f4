// Runs that begin small: which sizes when, what a trainer makes of them, and that stopping changes nothing.
import { describe, expect, test } from 'vitest'
import { eventsOf, ofType, sentences, settingsOf } from '../../test/support/training.ts'
import { sha256 } from '../model/safetensors.ts'
import { memoryStore, readText, type Store } from '../store/index.ts'
import { textData } from './data.ts'
import { open } from './open.ts'
import type { RunOptions } from './plan.ts'
import { stageAt, stagesOf, whole } from './ramps.ts'

describe('stages', () => {
  test('double three times within their share of the budget', () => {
    expect(stagesOf({ batchRamp: 0.3, lengthRamp: 0 }, 1000)).toEqual([
      { until: 100, batch: 1 / 8, length: 1 },
      { until: 200, batch: 1 / 4, length: 1 },
      { until: 300, batch: 1 / 2, length: 1 },
    ])
    expect(stagesOf({ batchRamp: 0, lengthRamp: 0.6 }, 1000).map(({ length }) => length)).toEqual([
      1 / 8,
      1 / 4,
      1 / 2,
    ])
  })

  test('of two ramps go their own ways', () => {
    expect(stagesOf({ batchRamp: 0.3, lengthRamp: 0.6 }, 1000)).toEqual([
      { until: 100, batch: 1 / 8, length: 1 / 8 },
      { until: 200, batch: 1 / 4, length: 1 / 8 },
      { until: 300, batch: 1 / 2, length: 1 / 4 },
      { until: 400, batch: 1, length: 1 / 4 },
      { until: 600, batch: 1, length: 1 / 2 },
    ])
  })

  test('are none without a ramp, and over after the last', () => {
    expect(stagesOf({ batchRamp: 0, lengthRamp: 0 }, 1000)).toEqual([])
    const stages = stagesOf({ batchRamp: 0.3, lengthRamp: 0 }, 1000)
    expect([0, 99, 100, 299, 300, 5000].map((at) => stageAt(stages, at).batch)).toEqual([
      1 / 8,
      1 / 8,
      1 / 4,
      1 / 2,
      1,
      1,
    ])
    expect(stageAt([], 0)).toBe(whole)
  })
})

/** several sentences of every length */
const data = textData('sentences', sentences(600))
const ramped = (out: Store, recipe: RunOptions['recipe'], tokens = 2000) =>
  settingsOf({ data, out, options: { tokens, recipe: { batchTokens: 400, ...recipe } } })
const weightsOf = async (store: Store) => sha256(await store.read('model.safetensors'))
const planOf = async (store: Store) => JSON.parse(await readText(store, 'run.json'))

const kinds: [string, RunOptions['recipe']][] = [
  ['batches that grow', { batchRamp: 0.9 }],
  ['texts that grow, each seen twice', { lengthRamp: 0.9, complementary: true }],
]

describe.each(kinds)('a run of %s', (_, recipe) => {
  test('stopped in several stages ends bit-identical to one that never was, and extends', async () => {
    const never = memoryStore()
    await eventsOf(ramped(never, recipe))
    const store = memoryStore()
    for (const stop of [300, 1300]) {
      const controller = new AbortController()
      await eventsOf({ ...ramped(store, recipe), signal: controller.signal }, (event) => {
        if (event.type === 'report' && event.tokens >= stop) controller.abort()
      })
    }
    const events = await eventsOf(ramped(store, recipe))
    expect(ofType(events, 'plan')[0].resumed).toBe(true)
    expect(await weightsOf(store)).toBe(await weightsOf(never))
    // a larger budget moves no stage
    const { stages } = await planOf(store)
    expect(stages.map(({ until }: { until: number }) => until)).toEqual([600, 1200, 1800])
    await eventsOf(ramped(store, recipe, 2400))
    expect(await planOf(store)).toMatchObject({ stages, budget: 2400 })
  })
})

describe('a trainer', () => {
  /** Texts and tokens of the steps of a run. */
  async function stepsOf(recipe: RunOptions['recipe']) {
    const { plan, prepared, trainer } = await open(ramped(memoryStore(), recipe))
    const steps: { from: number; tokens: number }[] = []
    let seen = 0
    for (let step = 0; seen < plan.budget; step++) {
      const { tokens } = await trainer.step(step, seen)
      steps.push({ from: seen, tokens })
      seen += tokens
    }
    await trainer.dispose()
    const { longest = 0 } = prepared.dataset.train
    return { steps, longest }
  }
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length

  test('takes batches of the size of their stage', async () => {
    const { steps, longest } = await stepsOf({ batchRamp: 0.9 })
    const sizes = [0, 600, 1200].map((begin) =>
      steps.filter(({ from }) => from >= begin && from < begin + 600).map(({ tokens }) => tokens),
    )
    // a batch of about 50, 100 and 200 tokens holds whole texts, at least one
    for (const [i, some] of sizes.entries()) {
      expect(Math.max(...some)).toBeLessThan(50 * 2 ** i + longest)
      if (i > 0) expect(mean(some)).toBeGreaterThan(1.3 * mean(sizes[i - 1]))
    }
  })
})
