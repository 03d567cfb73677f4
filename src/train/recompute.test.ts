// Training that computes activations again: in less memory, to the same weights, whether it began so or not.
import { expect, test } from 'vitest'
import { eventsOf, ofType, settingsOf, shortRun } from '../../test/support/training.ts'
import { memoryStore } from '../store/index.ts'
import { architectureOf, memoryOf } from './sizes.ts'

const recipe = { ...shortRun.recipe, reading: 0.2 }

test('a run ends with the same weights, and may change its mind', async () => {
  const stores = { kept: memoryStore(), again: memoryStore(), both: memoryStore() }
  const run = (out: keyof typeof stores, recompute: boolean, signal?: AbortSignal) =>
    settingsOf({ out: stores[out], options: { ...shortRun, recipe, recompute }, signal })
  await eventsOf(run('kept', false))
  const events = await eventsOf(run('again', true))
  expect(ofType(events, 'done')[0].aborted).toBe(false)
  const stop = new AbortController()
  await eventsOf(run('both', true, stop.signal), (event) => {
    if (event.type === 'report' && event.tokens > 1000) stop.abort()
  })
  await eventsOf(run('both', false))
  const weights = async (out: keyof typeof stores) => [
    ...(await stores[out].read('model.safetensors')),
  ]
  expect(await weights('again')).toEqual(await weights('kept'))
  expect(await weights('both')).toEqual(await weights('kept'))
})

test('a plan says that it takes less memory, the deeper the network the less', () => {
  const saved = (layers: number) => {
    const config = architectureOf(256, layers, { vocabSize: 300, context: 130 })
    return 1 - memoryOf(config, 8192, { recompute: true }) / memoryOf(config, 8192)
  }
  expect(saved(1)).toBeLessThan(0)
  expect(saved(4)).toBeGreaterThan(0.2)
  expect(saved(12)).toBeGreaterThan(saved(4))
})
