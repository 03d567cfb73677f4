// A model as its own reader: the same weights, another mask, and no habits that only a writer of both sides has.
import { expect, test } from 'vitest'
import { tinyModel } from '../../test/support/tiny-models.ts'
import { parseConfig } from './config.ts'
import { asReader } from './reader.ts'
import { modelShapes } from './shapes.ts'

test('a reader is a causal model of the same weights, without the policy and the steps of the writer', async () => {
  const { config } = await tinyModel({ shift: true })
  const sampling = { policy: 'proofread', temperature: 0.9, topP: 0.8, steps: 20 }
  const both = { ...config, reads: true, sampling }
  const reader = asReader(both)
  expect(parseConfig(reader, 'config')).toEqual(reader)
  expect(reader).toMatchObject({
    architecture: { ...config.architecture, attention: 'causal' },
    noise: { process: 'autoregressive' },
    sampling: { temperature: 0.9, topP: 0.8 },
  })
  expect(reader.sampling).toEqual({ temperature: 0.9, topP: 0.8 })
  expect(reader.reads).toBe(undefined)
  expect(modelShapes(reader)).toEqual(modelShapes(both))
  expect(asReader(config).sampling).toBe(config.sampling)
})

test.each([
  ['without a shifted head', { shift: false }],
  [
    'whose masks may become two',
    { noise: { process: 'masked', schedule: 'linear', expands: 0.2 } },
  ],
  ['of words that others replace', { noise: { process: 'uniform', schedule: 'linear' } }],
])('a config that reads is refused %s', async (_, change) => {
  const { config } = await tinyModel({ shift: true })
  expect(parseConfig({ ...config, reads: true }, 'config')).toMatchObject({ reads: true })
  expect(() => parseConfig({ ...config, reads: true, ...change }, 'config')).toThrow(
    'reads is true, but it must be true for masked noise alone',
  )
})
