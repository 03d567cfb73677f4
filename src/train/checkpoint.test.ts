import { describe, expect, test } from 'vitest'
import { memoryStore, type Store } from '../store/index.ts'
import {
  checkpointFile,
  checkpointProgress,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from './checkpoint.ts'
import type { Buffers } from './optimiser.ts'

const progress: Progress = {
  step: 7,
  tokens: 4099,
  seconds: 12.75,
  metrics: 801,
  best: { step: 5, tokens: 3000, metrics: 700, heldOut: 2.5, heldOutPerChar: 1 / 3 },
  watch: { steps: 3, first: 4, mean: 0.1 + 0.2, variance: 1e-300, above: 0 },
  recoveries: [{ text: 'back', failed: 6, step: 5, rate: 0.001 }],
}
const filled = (): Buffers => ({
  parameters: Float32Array.of(1.5, -0, 3e-39),
  first: Float32Array.of(4, 5, 6),
  second: Float32Array.of(7, 8, 9),
  average: Float32Array.of(-1, -2, 1e30),
  best: Float32Array.of(10, 11, 12),
})
const empty = (size = 3): Buffers => ({
  parameters: new Float32Array(size),
  first: new Float32Array(size),
  second: new Float32Array(size),
  average: new Float32Array(size),
  best: new Float32Array(size),
})

async function saved(): Promise<Store> {
  const store = memoryStore()
  await saveCheckpoint(store, filled(), progress)
  return store
}

describe('a checkpoint', () => {
  test('gives back what was saved, bit for bit', async () => {
    const store = await saved()
    expect(await checkpointProgress(store)).toEqual(progress)
    const buffers = empty()
    await loadCheckpoint(store, buffers)
    expect(buffers).toEqual(filled())
    expect(Object.is(buffers.parameters[1], -0)).toBe(true)
  })

  test('that is not there is no error', async () => {
    expect(await checkpointProgress(memoryStore())).toBeUndefined()
  })

  test('of another network is refused', async () => {
    await expect(loadCheckpoint(await saved(), empty(4))).rejects.toMatchObject({
      code: 'bad_run',
      message: expect.stringContaining('parameters has another size'),
    })
  })

  test('in which any bit has flipped is refused, or is the same', async () => {
    const store = await saved()
    const bytes = await store.read(checkpointFile)
    let refused = 0
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at] ^= 1 << (at % 8)
      await store.write(checkpointFile, changed)
      const buffers = empty()
      try {
        const found = await checkpointProgress(store)
        await loadCheckpoint(store, buffers)
        expect(found, `byte ${at}`).toEqual(progress)
        expect(buffers, `byte ${at}`).toEqual(filled())
      } catch (error) {
        expect(error).toMatchObject({
          code: 'bad_run',
          message: expect.stringMatching(
            /^the checkpoint of memory is damaged \(.*start this run again$/,
          ),
        })
        refused++
      }
    }
    // a hash under a name that is not known any more protects nothing, and hurts nothing
    expect(bytes.length - refused).toBeLessThan(16)
  })

  test('that was cut off is refused', async () => {
    const store = await saved()
    const bytes = await store.read(checkpointFile)
    for (const length of [0, 7, 8, 100, bytes.length - 1]) {
      await store.write(checkpointFile, bytes.slice(0, length))
      const both = async () => {
        await checkpointProgress(store)
        await loadCheckpoint(store, empty())
      }
      await expect(both()).rejects.toMatchObject({ code: 'bad_run' })
    }
  })
})
