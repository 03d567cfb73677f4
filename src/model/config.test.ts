import { describe, expect, test } from 'vitest'
import { halfKnown, noises, wordNoises } from '../noise/index.ts'
import type { ModelConfig } from './config.ts'
import { parseConfig } from './config.ts'

const config: ModelConfig = {
  unfog: 1,
  name: 'tales',
  architecture: {
    vocabSize: 700,
    width: 96,
    layers: 4,
    heads: 6,
    kvHeads: 2,
    headSize: 16,
    hidden: 256,
    activation: 'swiglu',
    norm: 'rms',
    normWeight: true,
    normEps: 1e-5,
    qkNorm: 'gain',
    ropeTheta: 10000,
    biases: false,
    tiedHead: true,
    attention: 'full',
    context: 128,
  },
  shift: true,
  noise: { process: 'masked', schedule: 'linear' },
  text: {
    documents: 'line',
    exactLength: true,
    lengths: { counts: { 20: 3, 41: 1 } },
    labels: [{ name: 'style', values: ['plain', 'dialogue'] }],
    world: 'full',
  },
  weights: { dtype: 'bf16' },
  training: { tokens: 3e7 },
}

/** The config with one field replaced, or taken away by undefined. */
const changed = (path: string, value: unknown): unknown => {
  const copy = JSON.parse(JSON.stringify(config))
  const keys = path.split('.')
  const last = keys.pop()!
  const parent = keys.reduce((at, key) => at[key], copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}

test('a good config passes unchanged', () => {
  expect(parseConfig(config, 'config.json')).toEqual(config)
})

test('what a newer version added is kept and ignored', () => {
  const newer = changed('architecture.experts', 8) as ModelConfig
  expect(parseConfig({ ...newer, licence: 'x' }, 'config.json')).toEqual({ ...newer, licence: 'x' })
})

test('a noise process is known by its row', () => {
  for (const process of Object.keys(wordNoises)) {
    expect(parseConfig(changed('noise.process', process), 'c').noise.process).toBe(process)
  }
  const fog = changed('noise.process', 'fog')
  expect(() => parseConfig(fog, 'c')).toThrow(
    'c: noise.process is "fog", but it must be one of masked, autoregressive, uniform, hybrid, gaussian',
  )
  const known = { processes: ['fog'], schedules: ['linear'] }
  expect(parseConfig(fog, 'c', known).noise.process).toBe('fog')
})

test('noise on embeddings needs vectors, and has a range that makes sense', () => {
  const vectors = { width: 8, shown: noises.gaussian.vectors.shownWidth(8) }
  const gaussian = (sigma: unknown, more: object = { vectors }) => ({
    ...config,
    architecture: { ...config.architecture, ...more },
    noise: { process: 'gaussian', schedule: 'linear', sigma },
  })
  expect(parseConfig(gaussian([0.1, 10]), 'c').noise.sigma).toEqual([0.1, 10])
  expect(parseConfig(gaussian(undefined), 'c').architecture.vectors).toEqual(vectors)
  expect(() => parseConfig(gaussian([10, 0.1]), 'c')).toThrow(
    'c: noise.sigma is [10,0.1], but it must be two numbers above 0 and up to 1000, the smaller first',
  )
  expect(() => parseConfig(gaussian(undefined, {}), 'c')).toThrow(
    'architecture.vectors is missing, but it must be there as noise on embeddings needs them',
  )
  expect(() => parseConfig(gaussian(undefined, { vectors: { width: 8, shown: 9 } }), 'c')).toThrow(
    'architecture.vectors',
  )
  const recalling = { process: 'gaussian', schedule: 'linear', selfConditioning: true }
  const wider = { width: 8, shown: vectors.shown + 8 }
  const shown = (vectors: object, noise: object) =>
    parseConfig({ ...gaussian(undefined, { vectors }), noise }, 'c')
  expect(shown(wider, recalling).noise.selfConditioning).toBe(true)
  expect(() => shown(vectors, recalling)).toThrow('architecture.vectors')
  expect(() => shown(vectors, { ...recalling, process: 'masked' })).toThrow(
    'noise.selfConditioning is true, but it must be true for gaussian noise alone',
  )
  const warped = { process: 'gaussian', schedule: 'linear', timeWarping: true }
  expect(shown(vectors, warped).noise.timeWarping).toBe(true)
  expect(() => shown(vectors, { ...warped, schedule: 'cosine' })).toThrow('noise.timeWarping')
  const noise = { process: 'masked', schedule: 'linear', sigma: [0.1, 10] }
  expect(() => parseConfig({ ...config, noise }, 'c')).toThrow('there for gaussian noise alone')
})

test('ids of what is half known belong to words in pieces', () => {
  const pieces = { count: 2, of: config.architecture.vocabSize }
  const vocabSize = pieces.of + halfKnown(pieces)
  const cut = (noise: object, architecture: object = { vocabSize }) =>
    parseConfig(
      {
        ...config,
        architecture: { ...config.architecture, ...architecture },
        noise: { process: 'masked', schedule: 'linear', pieces, ...noise },
      },
      'c',
    )
  expect(cut({}).noise.pieces).toEqual(pieces)
  expect(() => cut({}, {})).toThrow('noise.pieces')
  expect(() => cut({ process: 'uniform' })).toThrow('there for masked noise alone')
  expect(() => cut({ schedule: 'learnt' })).toThrow('noise.pieces')
  expect(() => cut({ pieces: { ...pieces, count: 9 } })).toThrow('noise.pieces.count is 9')
})

test('a share of replaced words belongs to a process that has one, and is a share', () => {
  const noise = (process: string, replaced: number) => ({ process, schedule: 'linear', replaced })
  const hybrid = changed('noise', noise('hybrid', 0.2))
  expect(parseConfig(hybrid, 'c').noise.replaced).toBe(0.2)
  expect(() => parseConfig(changed('noise', noise('masked', 0.2)), 'c')).toThrow(
    'c: noise.replaced is 0.2, but it must be there for hybrid noise alone',
  )
  for (const share of [0, 1]) {
    expect(() => parseConfig(changed('noise', noise('hybrid', share)), 'c')).toThrow(
      `c: noise.replaced is ${share}, but it must be a number`,
    )
  }
})

test('masks that become two are for masked noise on whole texts whose lengths are known', () => {
  const text = { ...config.text, exactLength: true, lengths: { counts: { 3: 1 } } }
  const growing = (expands: number, more: object = {}) => ({
    ...config,
    noise: { process: 'masked', schedule: 'linear', expands },
    text,
    ...more,
  })
  expect(parseConfig(growing(0.2), 'c').noise.expands).toBe(0.2)
  for (const share of [0, 0.5])
    expect(() => parseConfig(growing(share), 'c')).toThrow(
      `c: noise.expands is ${share}, but it must be a number`,
    )
  const says = 'there for masked noise alone, on whole texts whose lengths are known'
  const { lengths: _, ...windows } = config.text
  const uniform = { process: 'uniform', schedule: 'linear', expands: 0.2 }
  for (const more of [{ noise: uniform }, { text: { ...windows, exactLength: false } }])
    expect(() => parseConfig(growing(0.2, more), 'c')).toThrow(says)
})

test('a learnt schedule is for noise whose words have paces, and not in blocks', () => {
  const learnt = (process: string) => changed('noise', { process, schedule: 'learnt' })
  expect(parseConfig(learnt('masked'), 'c').noise.schedule).toBe('learnt')
  const refusal =
    'c: noise.schedule is "learnt", but it must be learnt for masked noise alone, and not in blocks'
  for (const process of ['autoregressive', 'uniform', 'hybrid'])
    expect(() => parseConfig(learnt(process), 'c')).toThrow(refusal)
  const { architecture } = config
  const inBlocks = {
    ...config,
    noise: { process: 'masked', schedule: 'learnt' },
    architecture: { ...architecture, attention: 'block', blocks: { length: 4, from: 1 } },
  }
  expect(() => parseConfig(inBlocks, 'c')).toThrow(refusal)
})

test('blocks are for noise in which words settle, in any order', () => {
  const inBlocks = (process: string) => ({
    ...config,
    architecture: { ...config.architecture, attention: 'block', blocks: { length: 4, from: 1 } },
    noise: { process, schedule: 'linear' },
  })
  expect(parseConfig(inBlocks('masked'), 'c').architecture.blocks?.length).toBe(4)
  for (const process of ['autoregressive', 'uniform', 'hybrid']) {
    expect(() => parseConfig(inBlocks(process), 'c')).toThrow(
      `c: noise.process is "${process}", but it must be masked with attention block`,
    )
  }
})

test('the prototype of what is returned stays as it is', () => {
  const hostile = JSON.parse(JSON.stringify(config).replace('{', '{"__proto__":{"shift":false},'))
  const parsed = parseConfig(hostile, 'c')
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
  expect(parsed.shift).toBe(true)
})

describe('what is wrong is named', () => {
  const cases: [path: string, value: unknown, sentence: RegExp][] = [
    ['unfog', 2, /^c: unfog is 2, but it must be the format version 1: update unfog/],
    ['unfog', undefined, /^c: unfog is missing, but it must be the format version 1/],
    ['name', '', /^c: name is "", but it must be a text that is not empty$/],
    ['sampling', { topP: 0 }, /^c: sampling\.topP is 0, .* above 0/],
    ['sampling', { topP: 1.1 }, /^c: sampling\.topP is 1\.1, .* up to 1/],
    ['sampling', { minP: -0.1 }, /^c: sampling\.minP is -0\.1, .* at least 0/],
    ['sampling', { temperature: -1 }, /^c: sampling\.temperature is -1, .* at least 0/],
    ['architecture', undefined, /^c: architecture is missing, but it must be an object$/],
    ['architecture', [], /^c: architecture is \[\], but it must be an object$/],
    ['architecture.width', undefined, /^c: architecture\.width is missing, but it must be a whole/],
    ['architecture.width', 0, /^c: architecture\.width is 0, .* whole number from 1 to 65536$/],
    ['architecture.width', -96, /width is -96/],
    ['architecture.width', 96.5, /width is 96\.5, .* whole number/],
    ['architecture.width', '96', /width is "96", .* whole number/],
    ['architecture.width', 1e9, /width is 1000000000, .* to 65536/],
    ['architecture.width', null, /width is null, .* whole number/],
    ['architecture.layers', 5000, /layers is 5000, .* to 1024/],
    ['architecture.vocabSize', 2 ** 25, /vocabSize is 33554432, .* to 16777216/],
    ['architecture.kvHeads', 4, /kvHeads is 4, but it must be a divisor of heads/],
    ['architecture.headSize', 15, /headSize is 15, but it must be an even number/],
    ['architecture.heads', 8192, /headSize is 16, but it must be at most 65536 when multiplied/],
    ['architecture.normEps', 0, /normEps is 0, but it must be a number above 0/],
    ['architecture.ropeTheta', 1e300, /ropeTheta is 1e\+300, .* at most 1000000000000/],
    ['architecture.activation', 'tanh', /activation is "tanh", .* one of swiglu, relu2, gelu/],
    ['architecture.tiedHead', 1, /tiedHead is 1, but it must be true or false/],
    ['architecture.attention', ['full'], /attention is \["full"\], .* one of full, causal/],
    ['noise.schedule', 'constructor', /schedule is "constructor", .* one of linear, cosine/],
    ['shift', undefined, /shift is missing, but it must be true or false/],
    ['text.documents', 'page', /documents is "page", .* one of line, blank-line, file/],
    ['text.lengths', undefined, /text\.lengths is missing, .* there when exactLength is true/],
    ['text.lengths.counts', {}, /counts is \{\}, .* at least one length/],
    ['text.lengths.counts', { 0: 1 }, /counts\.0 .* lengths in tokens/],
    ['text.lengths.counts', { 20: -1 }, /counts\.20 is -1, .* whole number from 1/],
    ['text.lengths.counts', { 129: 1 }, /text\.lengths is .* within the context/],
    ['text.labels', 'style', /labels is "style", but it must be a list/],
    ['text.labels.0.values', [], /labels\.0\.values is \[\], .* at least one value/],
    ['text.labels.0.values', ['a', 'a'], /labels\.0\.values is .* without repeats/],
    ['text.labels.1', { name: 'style', values: ['x'] }, /text\.labels is .* labels of one name/],
    ['text.world', 'huge', /world is "huge", .* one of small, full/],
    ['weights.dtype', 'int2', /dtype is "int2", .* one of bf16, f32, int8, int4/],
    ['weights.fingerprint', 'abc', /fingerprint is "abc", but it must be a SHA-256/],
    ['training', 'long', /training is "long", but it must be an object/],
    ['name', 'x'.repeat(1e6), /^.{0,150}$/],
  ]
  for (const [path, value, sentence] of cases) {
    const title = `${path} = ${JSON.stringify(value)?.slice(0, 40)}`
    test(title, () => {
      expect(() => parseConfig(changed(path, value), 'c')).toThrow(
        expect.objectContaining({ code: 'bad_model', message: expect.stringMatching(sentence) }),
      )
    })
  }
  test('something that is no object at all', () => {
    for (const json of [null, 7, 'x', []]) {
      expect(() => parseConfig(json, 'c')).toThrow(
        /^c: config\.json is .*, but it must be an object/,
      )
    }
  })
})
