// A model that writes in blocks, as people hold it: what it is paid for is what it is asked when it writes, blocks settle
// from left to right, and a text is the same in any batch.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomText, type TinyModel, tinyModel } from '../../test/support/tiny-models.ts'
import { type Canvas, denoiseBatch, makeCanvas, makePlan, states } from '../denoise/index.ts'
import { type ModelConfig, parseConfig } from '../model/config.ts'
import { inBlocks } from '../model/in-blocks.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { Model, type ModelSources } from './model.ts'

const block = 4
let model: TinyModel
let network: Network
beforeAll(async () => {
  model = await tinyModel({
    shift: false,
    architecture: { attention: 'block', blocks: { length: block, from: 1 } },
  })
  network = openNetwork(cpu({ threads: 1 }), model.config, model.tokenizer, model.weights)
})
afterAll(() => network.dispose())

const words = { encode: (text: string) => model.tokenizer.encode(text), decode: () => '' }

describe('losses of a block model', () => {
  test('are those of the logits it is asked for when it writes', async () => {
    const text = network.ended(randomText(model, 9, 3))
    // the end fills its block
    expect(text.length).toBe(12)
    const { mask } = model.tokenizer.special
    const rows = Int32Array.of(1, 2, 5, 8, 9, 11)
    const tokens = text.slice()
    for (const row of rows) tokens[row] = mask
    const targets = rows.map((row) => text[row])
    const [losses] = await network.losses([{ tokens, rows, targets }])
    for (let from = 0; from < text.length; from += block) {
      const own = rows.filter((row) => row >= from && row < from + block)
      const canvas = text.map((id, i) => (i < from ? id : i < from + block ? tokens[i] : mask))
      const [logits] = await network.logits([{ tokens: canvas, rows: own }])
      own.forEach((row, i) => {
        const line = logits.subarray(i * network.vocabSize, (i + 1) * network.vocabSize)
        const all = Math.log(line.reduce((sum, logit) => sum + Math.exp(logit), 0))
        // float32 sums of some dozens of terms
        expect(losses[rows.indexOf(row)]).toBeCloseTo(all - line[text[row]], 4)
      })
    }
  })
})

describe('texts in blocks', () => {
  const policies = ['confidence', 'ancestral', 'threshold', 'revise', 'remdm-cap'] as const

  async function write(seeds: readonly number[], policy: (typeof policies)[number]) {
    const tasks = seeds.map((seed) => {
      const plan = makePlan({ seed, policy, prompt: 'ab' }, network)
      return { plan, from: makeCanvas(plan, network, words) as Canvas }
    })
    const texts = seeds.map(() => [] as number[])
    for await (const { task, frame } of denoiseBatch(network, tasks)) {
      const fog = frame.state.indexOf(states.fog)
      if (fog >= 0) {
        const end = (Math.floor(fog / block) + 1) * block
        expect(frame.state.subarray(end).every((state) => state === states.fog)).toBe(true)
      }
      if (frame.done) {
        expect(frame.state.includes(states.fog)).toBe(false)
        texts[task] = [...frame.tokens]
      }
    }
    return texts
  }

  test.each(policies)('settle block after block, the same in any batch: %s', async (policy) => {
    const together = await write([1, 2, 3], policy)
    expect(await write([2], policy)).toEqual([together[1]])
    expect(new Set(together.map(String)).size).toBe(3)
  })

  test('cannot be asked to meet what stands behind their block', () => {
    const plan = makePlan({ infill: 'a[2]b' }, network)
    expect(makeCanvas(plan, network, words).tokens.length).toBe(4)
    const far = makePlan({ infill: 'a[4]b' }, network)
    expect(() => makeCanvas(far, network, words)).toThrow('sees nothing behind a block')
    expect(() => makePlan({ blockLength: 2, policy: 'threshold' }, network)).toThrow(
      '--block-length 2 cannot be chosen: this model has learnt to write in blocks of 4 tokens',
    )
    for (const cache of ['prefix', 'dual'] as const) {
      expect(() => makePlan({ cache }, network)).toThrow(
        `--cache ${cache} is for models that see both sides, and this one sees nothing behind a block that it writes`,
      )
    }
  })
})

describe('a model of blocks of several lengths', () => {
  const learnt = [4, 1, 2]
  const sourcesOf = (changed: Partial<ModelConfig> = {}): ModelSources => ({
    device: cpu({ threads: 1 }),
    config: { ...model.config, blockLengths: learnt, ...changed },
    tokenizer: model.tokenizer,
    weights: new Map(Object.entries(model.weights).map(([name, { data }]) => [name, data])),
    now: () => 0,
  })

  test('writes and scores in each as one that has learnt but that', async () => {
    const several = new Model(sourcesOf())
    for (const blockLength of [undefined, ...learnt]) {
      const alone = new Model(sourcesOf(inBlocks(model.config, blockLength ?? 4)))
      const asked = [{ prompt: 'ab', seed: 3 }, { seed: 4 }]
      const [texts, expected] = [
        await several.complete(asked.map((one) => ({ ...one, blockLength }))),
        await alone.complete(asked),
      ]
      expect(texts.map(({ text }) => text)).toEqual(expected.map(({ text }) => text))
      expect(await several.score('abcde', { blockLength, precision: 0.1 })).toEqual(
        await alone.score('abcde', { precision: 0.1 }),
      )
      await alone.dispose()
    }
    await several.dispose()
  })

  test('refuses lengths that it has not learnt, and several in one batch', async () => {
    const several = new Model(sourcesOf())
    const message = '--block-length 3 cannot be chosen: this model has learnt to write in blocks of'
    await expect(several.complete({ blockLength: 3 })).rejects.toThrow(`${message} 4 or 1 or 2`)
    await expect(several.score('abc', { blockLength: 3 })).rejects.toThrow(message)
    await expect(several.complete([{ blockLength: 2 }, { blockLength: 4 }])).rejects.toMatchObject({
      code: 'usage',
      param: 'blockLength',
      message: 'the texts of one batch need the same blockLength, or none: write the others apart',
    })
    await several.dispose()
    const one = new Model(sourcesOf({ blockLengths: undefined }))
    await expect(one.score('abc', { blockLength: 2 })).rejects.toThrow('in blocks of 4 tokens')
    await one.dispose()
  })

  test.each([
    [[4], 'two lengths or more'],
    [[2, 1], 'that of architecture.blocks among them'],
    [[4, 4], 'different lengths'],
    [[4, 4000], 'within the context'],
  ])('cannot have the lengths %j', (blockLengths, message) => {
    expect(() => parseConfig({ ...model.config, blockLengths }, 'c')).toThrow(message)
  })
})
