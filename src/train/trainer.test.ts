import { expect, test } from 'vitest'
import { settingsOf, sharedDevice } from '../../test/support/training.ts'
import type { Device } from '../runtime/index.ts'
import { open } from './open.ts'

test('a trainer holds on to the memory of one phase at a time', async () => {
  const held = new Set<string>()
  const counting: Device = {
    ...sharedDevice,
    async session(graph, options) {
      const session = await sharedDevice.session(graph, options)
      if (!graph.outputs.some(({ name }) => name === 'loss')) return session
      const name = `session ${graph.bytes.length}`
      held.add(name)
      // its inputs are of another shape every time
      expect(options?.planned).toBe(false)
      return {
        ...session,
        dispose: async () => {
          held.delete(name)
        },
      }
    },
  }
  const { trainer } = await open(settingsOf({ device: counting }))
  const seen: string[][] = []
  for (const [step, phase] of trainer.phases.entries()) {
    await trainer.measure(step, phase)
    seen.push([...held])
  }
  expect(seen.map((sessions) => sessions.length)).toEqual([1, 1])
  expect(seen[0]).not.toEqual(seen[1])
  await trainer.dispose()
  expect([...held]).toEqual([])
})
