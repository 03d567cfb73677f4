import { describe, expect, test } from 'vitest'
import { randomWeights, tinyArchitecture } from '../../test/support/tiny-models.ts'
import { UnfogError } from '../error/index.ts'
import { seeded } from '../random/index.ts'
import { flat, layoutOf } from '../runtime/index.ts'
import {
  checkConfig,
  initialise,
  parameterCount,
  parameterShapes,
  type TransformerConfig,
  transformer,
} from './index.ts'

const wide: TransformerConfig = {
  ...tinyArchitecture,
  width: 64,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  hidden: 96,
  vocabSize: 200,
  layers: 3,
  normWeight: true,
  norm: 'layer',
  biases: true,
}

function begun(config: TransformerConfig, seed: number) {
  const { data, tensors } = flat(layoutOf(parameterShapes(config)))
  initialise(config, seeded(seed), tensors)
  return { data, tensors }
}

describe('initial values', () => {
  test('are a function of config and seed', () => {
    expect(begun(wide, 5).data).toEqual(begun(wide, 5).data)
    expect(begun(wide, 5).data).not.toEqual(begun(wide, 6).data)
  })

  test('have the documented deviations, mean 0, and differ from tensor to tensor', () => {
    for (const tiedHead of [false, true]) {
      const config = { ...wide, tiedHead }
      const deviations: Record<string, number> = {
        embed: tiedHead ? 1 / Math.sqrt(64) : 0.5,
        'attn.qkv': 1 / Math.sqrt(64),
        'attn.out': 1 / Math.sqrt(4 * 8) / Math.sqrt(2 * 3),
        'mlp.gate': 1 / Math.sqrt(64),
        'mlp.up': 1 / Math.sqrt(64),
        'mlp.down': 1 / Math.sqrt(96) / Math.sqrt(2 * 3),
        head: 1 / Math.sqrt(64),
      }
      const firsts = new Set<number>()
      let matrices = 0
      for (const [name, { data, dims }] of Object.entries(begun(config, 1).tensors)) {
        if (dims.length < 2) {
          expect(new Set(data)).toEqual(new Set([name.endsWith('.bias') ? 0 : 1]))
          continue
        }
        matrices++
        firsts.add(data[0])
        const expected = deviations[name.replace(/^block\.\d\./, '')]
        const mean = data.reduce((sum, v) => sum + v, 0) / data.length
        const deviation = Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length)
        // five standard errors of a normal sample of this size
        expect(Math.abs(mean)).toBeLessThan((5 * expected) / Math.sqrt(data.length))
        expect(Math.abs(deviation / expected - 1)).toBeLessThan(5 / Math.sqrt(2 * data.length))
      }
      expect(firsts.size).toBe(matrices)
    }
  })

  test('need a place for every parameter', () => {
    const { head: _, ...rest } = begun(wide, 1).tensors
    expect(() => initialise(wide, seeded(1), rest)).toThrow('no place for parameter head')
  })
})

describe('parameters', () => {
  test('are counted: a network written out by hand', () => {
    const config = { ...tinyArchitecture, layers: 1 }
    const { width: w, vocabSize: v, hidden: h, headSize } = config
    const attention = w * 3 * w + 2 * headSize + w * w
    expect(parameterCount(config)).toBe(2 * v * w + attention + 3 * w * h)
    expect(parameterCount({ ...config, tiedHead: true })).toBe(v * w + attention + 3 * w * h)
  })

  test('are the same in number for a model and its autoregressive twin', () => {
    expect(parameterShapes({ ...wide, attention: 'causal' })).toEqual(parameterShapes(wide))
  })

  test('of the network are those of parameterShapes, in order', () => {
    const { parameters } = transformer(wide)
    expect(parameters.map(({ name, shape }) => [name, shape])).toEqual(
      Object.entries(parameterShapes(wide)),
    )
    expect(Object.keys(randomWeights(wide, 1))).toEqual(parameters.map(({ name }) => name))
  })
})

describe('a config that contradicts itself is refused', () => {
  const cases: [Partial<TransformerConfig>, string, string][] = [
    [{ heads: 4, kvHeads: 3 }, 'kvHeads', 'kvHeads 3 does not divide heads 4'],
    [{ headSize: 7 }, 'headSize', 'headSize 7 is odd'],
    [{ context: 0 }, 'context', 'context 0 holds no text'],
    [{ attention: 'block' }, 'blocks', 'attention block needs blocks'],
    [{ blocks: { length: 2, from: 1 } }, 'blocks', 'attention full has no blocks'],
    [
      { attention: 'block', blocks: { length: 0, from: 1 } },
      'blocks',
      'blocks of 0 positions from 1 on do not fit a context of 48',
    ],
  ]
  for (const [change, param, message] of cases) {
    test(message, () => {
      const config = { ...tinyArchitecture, ...change }
      const refusal = expect.objectContaining({ code: 'bad_model', param })
      const caught = (work: () => unknown) => {
        try {
          work()
        } catch (error) {
          return error as UnfogError
        }
      }
      expect(caught(() => checkConfig(config))).toEqual(refusal)
      const error = caught(() => transformer(config))
      expect(error).toBeInstanceOf(UnfogError)
      expect(error?.message).toContain(message)
    })
  }
})
