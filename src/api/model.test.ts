// The model as people hold it: what it refuses, that a text is the same alone and in any batch, what its figures mean.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TinyOptions, tinyModel } from '../../test/support/tiny-models.ts'
import { sharedDevice } from '../../test/support/training.ts'
import { referenceLogits } from '../../test/support/transformer-reference.ts'
import { type Frame, states } from '../denoise/index.ts'
import type { ModelConfig } from '../model/config.ts'
import { memberSeed } from '../random/index.ts'
import { memoryStore } from '../store/index.ts'
import { labelValues } from '../tales/index.ts'
import { type GenerateOptions, Model } from './model.ts'
import { openModel } from './open-model.ts'

const values = labelValues('small')
const labels = (['style', 'words', 'who', 'what'] as const).map((name) => ({
  name,
  values: values[name],
}))

const opened: Model[] = []
async function made(
  options: TinyOptions = {},
  world?: 'small',
  sampling?: ModelConfig['sampling'],
): Promise<Model> {
  const { config, tokenizer, weights } = await tinyModel(options)
  let now = 0
  const model = new Model({
    device: sharedDevice,
    config: { ...config, text: { ...config.text, world }, sampling },
    tokenizer,
    weights: new Map(Object.entries(weights).map(([name, { data }]) => [name, data])),
    now: () => (now += 10),
  })
  opened.push(model)
  return model
}
let masked: Model
let causal: Model
let labelled: Model
beforeAll(async () => {
  masked = await made()
  causal = await made({ causal: true })
  labelled = await made({ labels, architecture: { context: 64 } }, 'small')
})
afterAll(async () => {
  for (const model of opened) await model.dispose()
})

async function framesOf(model: Model, options: GenerateOptions): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of model.generate(options)) frames.push(frame)
  return frames
}

describe('a wrong request is refused in one sentence that names the option', () => {
  const refused: [GenerateOptions, string, RegExp][] = [
    [{ length: 0 }, 'length', /^--length 0 is not a whole number of at least 1$/],
    [{ length: 47 }, 'length', /^--length 47 exceeds the context of 46/],
    [{ length: 2.5 }, 'length', /^--length 2.5 is not/],
    [{ maximum: 0 }, 'maximum', /^--maximum 0 is not/],
    [{ maximum: 5, length: 5 }, 'maximum', /^--maximum and --length cannot go together/],
    [{ steps: 0 }, 'steps', /^--steps 0 is not/],
    [
      { temperature: Number.NaN },
      'temperature',
      /^--temperature NaN is not a number of at least 0$/,
    ],
    [{ temperature: -1 }, 'temperature', /^--temperature -1 is not/],
    [{ topP: 0 }, 'topP', /^--top-p 0 is not a number above 0 and up to 1$/],
    [{ topP: 1.1 }, 'topP', /^--top-p 1.1 is not/],
    [{ topK: -1 }, 'topK', /^--top-k -1 is not/],
    [{ orderTemperature: -1 }, 'orderTemperature', /^--order-temperature -1 is not/],
    [{ seed: -1 }, 'seed', /^--seed -1 is not a whole number from 0 to 2\^53-1$/],
    [{ seed: 2 ** 53 }, 'seed', /^--seed 9007199254740992 is not/],
    [{ seed: '7' as never }, 'seed', /^--seed 7 is not/],
    [{ policy: 'best' as never }, 'policy', /^there is no --policy best: choose one of ancestral/],
    [{ policy: 'first-hitting', steps: 3 }, 'steps', /^--policy first-hitting takes no --steps/],
    [{ prompt: 'abc', length: 2 }, 'length', /^the prompt of 3 tokens cannot fit/],
    [{ prompt: 'x'.repeat(46) }, 'prompt', /^the given text of 46 tokens leaves no room to write/],
    [{ infill: 'a [1' }, 'infill', /^--infill has a bracket that is not closed/],
    [{ infill: 'a [0]' }, 'infill', /^--infill has \[0\], a gap of no tokens/],
    [{ infill: 'a [2]', prompt: 'b' }, 'prompt', /^--prompt and --infill cannot go together/],
    [{ infill: 'a [60]' }, 'infill', /^--infill makes a text of 6\d tokens/],
    [{ style: 'plain' }, 'style', /^--style plain: this model has no label style$/],
  ]
  for (const [options, param, message] of refused) {
    test(String(message), async () => {
      const error = await masked
        .generate(options)
        .next()
        .catch((error) => error)
      expect(error).toMatchObject({ param, message: expect.stringMatching(message) })
      expect(['usage', 'context_length']).toContain(error.code)
      // the same in a batch with good ones, before anything is written
      await expect(masked.complete([{ seed: 1 }, options])).rejects.toMatchObject({ param })
    })
  }

  test('a causal model fills no gaps before given text, and knows one policy', async () => {
    for (const options of [{ infill: 'a[2]b' }, { suffix: 'end', length: 9 }]) {
      await expect(causal.complete(options)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('sees only what stands to the left'),
      })
    }
    await expect(causal.complete({ policy: 'confidence' })).rejects.toMatchObject({
      param: 'policy',
    })
  })

  const wrongLabels: [GenerateOptions, string, RegExp][] = [
    [{ style: 'verse' }, 'style', /^--style verse is none of plain$/],
    [{ who: 'Zorro' }, 'who', /^--who Zorro is none of .*Lily/],
    [{ what: '' }, 'what', /^--what {2}is none of/],
    [{ words: 'few' }, 'words', /^--words few is not a range such as 40-60$/],
    [{ words: '50-40' }, 'words', /^--words 50-40 is not a range/],
    [{ words: '0-9' }, 'words', /^--words 0-9 is not a range/],
    [{ words: '500' }, 'words', /^--words 500 is none of 31-40, 41-50, 51-60$/],
  ]
  for (const [options, param, message] of wrongLabels) {
    test(String(message), async () => {
      await expect(labelled.complete(options)).rejects.toMatchObject({
        code: 'usage',
        param,
        message: expect.stringMatching(message),
      })
    })
  }
})

describe('a model that was measured to write best in some way', () => {
  const habits = { policy: 'revise', temperature: 0.5, topP: 0.6, minP: 0.01 }
  const asked = { seed: 3, length: 30 }
  const textOf = async (model: Model, options: GenerateOptions) =>
    (await framesOf(model, options)).at(-1)?.text

  test('writes so unless told', async () => {
    const model = await made({}, undefined, habits)
    const said = { ...asked, policy: 'revise', temperature: 0.5, topP: 0.6, minP: 0.01 } as const
    expect(await textOf(model, asked)).toBe(await textOf(masked, said))
    const warm = await textOf(model, { ...asked, topP: 1 })
    expect(warm).toBe(await textOf(masked, { ...said, topP: 1 }))
    expect(warm).not.toBe(await textOf(model, asked))
  })

  test('follows the law of a policy that is asked for by name', async () => {
    const model = await made({}, undefined, habits)
    const said = { ...asked, policy: 'ancestral' } as const
    expect(await textOf(model, said)).toBe(await textOf(masked, said))
  })
})

/** A frame whose floats are the same, not about the same, if they are equal; and quicker to compare. */
const bitsOf = (frame: Frame) =>
  Object.entries(frame).map(([name, value]) =>
    ArrayBuffer.isView(value)
      ? [name, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')]
      : [name, value],
  )

describe('the same seed is the same text, bit for bit', () => {
  // every policy with some of them in turn, lengths from 1 to the context, prompts, gaps
  const requests = (model: Model): GenerateOptions[] => {
    const common: GenerateOptions[] = [
      { seed: 1 },
      { seed: 2, length: 1 },
      { seed: 3, length: 2, temperature: 0 },
      { seed: 4, length: 17, temperature: 0.7, topP: 0.9 },
      { seed: 5, length: 40, topK: 5 },
      { seed: 6, prompt: 'abc', length: 8 },
      { seed: 7, prompt: 'Once upon', maximum: 30 },
      { seed: 8 },
    ]
    if (model === causal) return common.map((one) => ({ ...one, policy: 'left-to-right' }))
    return [
      ...common,
      ...model.policies.flatMap((policy, p) =>
        [0, 3, 5].map((i) => ({ ...common[(p + i) % common.length], policy })),
      ),
      { seed: 9, policy: 'ancestral', steps: 5, length: 21 },
      { seed: 10, policy: 'confidence', steps: 3, orderTemperature: 1, length: 33 },
      { seed: 11, infill: 'ab [3] cd [2].' },
      { seed: 12, suffix: 'the end', length: 12 },
    ]
  }

  for (const [name, model] of [
    ['masked', () => masked],
    ['causal', () => causal],
  ] as const) {
    test(`${name}: alone, in pairs, and all at once, every frame`, async () => {
      const all = requests(model())
      const together = all.map((): Frame[] => [])
      for await (const { task, frame } of model().generateBatch(all)) together[task].push(frame)
      for (const [i, options] of all.entries()) {
        const alone = await framesOf(model(), options)
        expect(together[i].map(bitsOf)).toEqual(alone.map(bitsOf))
        expect(alone[alone.length - 1].done).toBe('complete')
      }
      for (const [i, j] of [
        [0, 4],
        [1, 3],
        [2, 1],
      ]) {
        const pair = [i, j].map((): Frame[] => [])
        for await (const { task, frame } of model().generateBatch([all[i], all[j]])) {
          pair[task].push(frame)
        }
        expect(pair.map((own) => own.map(bitsOf))).toEqual(
          [together[i], together[j]].map((own) => own.map(bitsOf)),
        )
      }
    })
  }

  test('with labels too, and they are part of the text', async () => {
    const all = ['Lily', 'Max', undefined].map((who) => ({ seed: 1, length: 20, who }))
    const batch = await labelled.complete(all)
    for (const [i, options] of all.entries()) {
      expect((await labelled.complete(options)).text).toBe(batch[i].text)
    }
    expect(new Set(batch.map(({ text }) => text)).size).toBe(3)
  })

  test('another seed is another text', async () => {
    const texts = await masked.complete([1, 2, 3, 4].map((seed) => ({ seed, length: 30 })))
    expect(new Set(texts.map(({ text }) => text)).size).toBe(4)
  })

  test('item i of many is the text of its own seed', async () => {
    const seeds = Array.from({ length: 5 }, (_, i) => memberSeed(7, i))
    expect(seeds[0]).toBe(7)
    expect(new Set(seeds).size).toBe(5)
    const many = await masked.complete(seeds.map((seed) => ({ seed, length: 12 })))
    for (const [i, { seed, text }] of many.entries()) {
      expect(seed).toBe(seeds[i])
      expect((await masked.complete({ seed, length: 12 })).text).toBe(text)
    }
  })
})

describe('complete', () => {
  test('gives what the last frame says', async () => {
    const frames = await framesOf(masked, { seed: 3, length: 9, policy: 'first-hitting' })
    const last = frames[frames.length - 1]
    expect(await masked.complete({ seed: 3, length: 9, policy: 'first-hitting' })).toEqual({
      text: last.text,
      seed: 3,
      forwards: 9,
      tokens: 9,
      ms: 10,
      done: 'complete',
      disobeyed: [],
    })
    expect(await masked.complete([])).toEqual([])
  })

  test('of given text alone spends nothing', async () => {
    const done = await masked.complete({ infill: 'abc' })
    expect(done).toMatchObject({ text: 'abc', forwards: 0, done: 'complete' })
  })

  test('is stopped by a signal within one step, each text by its own', async () => {
    const stop = new AbortController()
    const ends: Record<number, string | undefined> = {}
    const requests = [
      { seed: 1, length: 20, signal: stop.signal },
      { seed: 1, length: 20 },
    ]
    let last: Frame | undefined
    for await (const { task, frame } of masked.generateBatch(requests)) {
      if (frame.forwards === 4) stop.abort()
      if (task === 0) last = frame
      ends[task] = frame.done
    }
    expect(ends).toEqual({ 0: 'abort', 1: 'complete' })
    expect(last!.forwards).toBe(4)
    expect([...last!.state].filter((state) => state === states.fog).length).toBe(16)
    const { done, text } = await masked.complete({ signal: AbortSignal.abort(), length: 5 })
    expect(done).toBe('abort')
    expect(text).toBe('░░░░░')
  })

  test('never writes mask, begin, padding, labels, nor an end where lengths are exact', async () => {
    const texts = await labelled.complete(
      Array.from({ length: 8 }, (_, seed) => ({ seed, length: 40, temperature: 3 })),
    )
    expect(texts.every(({ tokens }) => tokens === 40)).toBe(true)
    const frames = await framesOf(labelled, { seed: 1, length: 40, temperature: 9 })
    const { special, banned } = labelled.tokenizer
    const written = new Set(frames[frames.length - 1].tokens)
    for (const id of [...banned, special.eos]) expect(written.has(id)).toBe(false)
  })

  test('a causal model decides itself where its text ends', async () => {
    const texts = await causal.complete(Array.from({ length: 20 }, (_, seed) => ({ seed })))
    const lengths = texts.map(({ tokens }) => tokens)
    expect(new Set(lengths).size).toBeGreaterThan(3)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(causal.context)
  })
})

describe('labels', () => {
  test('a range of words takes the label that shares most with it', async () => {
    const { tokenizer } = labelled
    const slot = tokenizer.labels.findIndex(({ name }) => name === 'words')
    const { labelValuesOf } = await import('./labels.ts')
    for (const [asked, bucket] of [
      ['40-60', '41-50'],
      ['35', '31-40'],
      ['41-50', '41-50'],
      ['38-45', '41-50'],
      ['1-1000', '51-60'],
      [' 31-40 ', '31-40'],
    ]) {
      expect([asked, labelValuesOf(tokenizer, { words: asked }).words]).toEqual([asked, bucket])
      expect(tokenizer.labels[slot].values).toContain(bucket)
    }
  })

  test('obedience is told in sentences', () => {
    const text = 'one two three.'
    expect(masked.obeys(text, {})).toEqual([])
    expect(masked.obeys(text, { words: '3' })).toEqual([])
    expect(masked.obeys(text, { words: '40-60' })).toEqual([expect.stringMatching(/words/)])
    expect(labelled.obeys(text, { who: 'Lily' }).length).toBe(1)
  })
})

describe('score', () => {
  test('of an autoregressive model is exact: the sum of its losses, the end included', async () => {
    const text = 'a small tale.'
    const { nats, stderr, exact, tokens } = await causal.score(text)
    const { special } = causal.tokenizer
    const ids = [...causal.tokenizer.encode(text), special.eos]
    const { config } = causal
    const { weights } = await tinyModel({ causal: true })
    const rows = referenceLogits(config.architecture, weights, [special.bos, ...ids])
    const banned = new Set<number>(causal.tokenizer.banned)
    let expected = 0
    // shifted: the row before a token predicts it
    ids.forEach((id, i) => {
      const sum = rows[i].reduce(
        (all, logit, v) => (banned.has(v) ? all : all + Math.exp(logit)),
        0,
      )
      expected += Math.log(sum) - rows[i][id]
    })
    expect({ stderr, exact, tokens }).toEqual({ stderr: 0, exact: true, tokens: ids.length })
    // float32 logits of a dozen rows
    expect(Math.abs(nats - expected)).toBeLessThan(1e-3)
    const two = await causal.score([text, text])
    expect(two.nats).toBe(2 * nats)
  })

  test('of a masked model is a bound that holds the length, and says so', async () => {
    const one = await masked.score('ab', { precision: 0.02, seconds: 20 })
    expect(one).toMatchObject({ exact: false, noise: 'masked', block: 48, tokens: 2 })
    expect(one.stderr).toBeGreaterThan(0)
    // two letters: the mean over both orders, from the logits themselves, and the price of length 2
    const [a, b] = masked.tokenizer.encode('ab')
    const mask = masked.tokenizer.special.mask
    const cost = async (ids: number[], position: number, id: number) => {
      const { data, dims } = await masked.logits({ ids: [ids] })
      const row = data.subarray(position * dims[2], (position + 1) * dims[2])
      return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[id]
    }
    const both = (await cost([mask, mask], 0, a)) + (await cost([mask, mask], 1, b))
    const single = (await cost([mask, b], 0, a)) + (await cost([a, mask], 1, b))
    const { counts } = masked.config.text.lengths!
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
    const length = -Math.log((counts['2'] + 1 / masked.context) / (total + 1))
    const bound = (both + single) / 2 + length
    expect(Math.abs(one.nats - bound)).toBeLessThan(5 * one.stderr + 1e-4)
  })

  test('in steps is the bound of their chain, which one step makes exact', async () => {
    // all words at once, each from the fog alone: there is nothing left to chance
    const one = await masked.score('abc', { steps: 1, precision: 0.001, seconds: 20 })
    expect(one).toMatchObject({ exact: false, steps: 1 })
    const ids = masked.tokenizer.encode('abc')
    const { mask } = masked.tokenizer.special
    const { data, dims } = await masked.logits({ ids: [ids.map(() => mask)] })
    const alone = ids.reduce((sum, id, position) => {
      const row = data.subarray(position * dims[2], (position + 1) * dims[2])
      return sum + Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0)) - row[id]
    }, 0)
    const { counts } = masked.config.text.lengths!
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
    const length = -Math.log(((counts['3'] ?? 0) + 1 / masked.context) / (total + 1))
    expect(Math.abs(one.nats - alone - length)).toBeLessThan(5 * one.stderr + 1e-3)
    const many = await masked.score('abc', { steps: 10_000, precision: 0.02, seconds: 20 })
    const finest = await masked.score('abc', { precision: 0.02, seconds: 20 })
    expect(Math.abs(many.nats - finest.nats)).toBeLessThan(5 * (many.stderr + finest.stderr))
    await expect(masked.score('abc', { steps: 0 })).rejects.toThrow('--steps 0 is not')
    await expect(causal.score('abc', { steps: 3 })).rejects.toThrow('writes word by word')
  })

  test('of nothing, or after a stop, is refused', async () => {
    await expect(masked.score('')).rejects.toMatchObject({ code: 'bad_input' })
    await expect(masked.score([])).rejects.toMatchObject({ code: 'bad_input' })
    await expect(masked.score('abc', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})

describe('logits', () => {
  test('are those of the plain loops, for whole canvases', async () => {
    const { special } = masked.tokenizer
    const ids = [
      [65, special.mask, 67],
      [special.mask, 70, 71],
    ]
    const { data, dims } = await masked.logits({ ids })
    expect(dims).toEqual([2, 3, masked.tokenizer.size])
    expect(data.length).toBe(2 * 3 * masked.tokenizer.size)
    const { weights } = await tinyModel()
    ids.forEach((row, b) => {
      const rows = referenceLogits(masked.config.architecture, weights, [
        special.bos,
        ...row,
        special.eos,
      ])
      for (let position = 0; position < 3; position++) {
        for (const id of [65, 70, 200]) {
          const got = data[(b * 3 + position) * dims[2] + id]
          // the end is given; shifted by one: the begin token's row predicts position 0
          expect(Math.abs(got - rows[position][id])).toBeLessThan(1e-4)
        }
      }
    })
  })

  test('depend on labels', async () => {
    const [plain, lily] = await Promise.all([
      labelled.logits({ ids: [[65, 66]] }),
      labelled.logits({ ids: [[65, 66]], labels: { who: 'Lily' } }),
    ])
    expect(plain.data).not.toEqual(lily.data)
  })

  test('of what is no canvas are refused', async () => {
    for (const ids of [[], [[]], [[1, 2], [3]]]) {
      await expect(masked.logits({ ids })).rejects.toMatchObject({
        code: 'bad_shape',
        param: 'ids',
      })
    }
    for (const wrong of [-1, masked.tokenizer.size, 1.5, Number.NaN]) {
      await expect(masked.logits({ ids: [[65, wrong]] })).rejects.toMatchObject({
        code: 'bad_input',
        param: 'ids',
        message: expect.stringContaining(`ids holds ${wrong}`),
      })
    }
    await expect(
      masked.logits({ ids: [Array.from({ length: 47 }, () => 65)] }),
    ).rejects.toMatchObject({ code: 'context_length' })
  })
})

test('a model is saved and loaded as it is, its card made when there is none', async () => {
  const store = memoryStore()
  await labelled.saveTo(store)
  const copy = new Model(await openModel(store, sharedDevice))
  opened.push(copy)
  expect(copy.parameters).toBe(labelled.parameters)
  expect(copy.context).toBe(labelled.context)
  const request = { seed: 4, who: 'Lily', length: 20 }
  const { ms: _, ...again } = await copy.complete(request)
  expect(await labelled.complete(request)).toMatchObject(again)
  expect(new TextDecoder().decode(await store.read('README.md'))).toContain('tiny')
})

test('visitors share a model: each reads the frames it would read alone, to the bit', async () => {
  const model = await made()
  const requests = model.policies.map((policy, seed): GenerateOptions => {
    return { seed, policy, length: 3 + ((7 * seed) % 40), guidance: seed % 3 === 0 ? 1 : 0 }
  })
  const together = await Promise.all(requests.map((options) => framesOf(model, options)))
  for (const [i, options] of requests.entries())
    expect(together[i]).toEqual(await framesOf(model, options))
  expect(model.load).toEqual({ busy: 0, waiting: 0 })
})

describe('a verifier', () => {
  const requests: GenerateOptions[] = [
    { seed: 1 },
    { seed: 2, temperature: 0 },
    { seed: 3, length: 20, prompt: 'The' },
    { seed: 4, maximum: 9, topK: 5 },
    { seed: 5, guidance: 1, length: 12, drafts: 3 },
  ]
  const plainOf = ({ drafts: _, ...options }: GenerateOptions) => options

  test('writes its own text, whoever drafts, alone and in a batch', async () => {
    const alone = await causal.complete(requests.map(plainOf))
    const asked = requests.map((options) => ({ ...options, verifier: causal }))
    const together = await masked.complete(asked)
    for (const [i, { text, tokens, done }] of alone.entries()) {
      expect(together[i]).toMatchObject({ text, tokens, done })
      expect(await masked.complete(asked[i])).toMatchObject({
        text,
        forwards: together[i].forwards,
      })
    }
    const other = await made({ seed: 9 })
    expect((await other.complete(asked)).map(({ text }) => text)).toEqual(
      alone.map(({ text }) => text),
    )
  })

  test('of a temperature that is its habit', async () => {
    const cold = await made({ causal: true }, undefined, {
      temperature: 0,
      policy: 'left-to-right',
    })
    const [{ text, tokens }] = await cold.complete([{ seed: 6 }])
    const both = await masked.complete({ seed: 6, verifier: cold })
    expect(both).toMatchObject({ text, tokens })
    // it drafts all the same
    expect(both.forwards).not.toBe(tokens)
  })

  test.each([
    ['that sees both sides', () => masked.complete({ verifier: labelled }), 'sees both sides'],
    ['that is to check itself', () => causal.complete({ verifier: causal }), 'let a masked model'],
    ['of other words', () => labelled.complete({ verifier: causal }), 'has another tokenizer'],
    [
      'of half a batch',
      () => masked.complete([{ verifier: causal }, {}]),
      'need the same verifier, or none',
    ],
    [
      'with an order of its own',
      () => masked.complete({ verifier: causal, policy: 'confidence' }),
      'use --policy speculative',
    ],
    ['that is not there', () => masked.complete({ policy: 'speculative' }), 'with --verifier'],
    ['that has none itself', () => causal.complete({ policy: 'speculative' }), 'with --model'],
    ['when nothing is drafted', () => masked.complete({ drafts: 4 }), 'takes no --drafts'],
  ])('is refused %s', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    })
  })
})
