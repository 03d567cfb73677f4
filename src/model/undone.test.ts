// Vectors in a network: what is shown at a place is one more embedding there, and the loss under noise on embeddings has
// the gradients that differences give, down to the vectors of the words.
import { afterAll, expect, test } from 'vitest'
import { tinyArchitecture } from '../../test/support/tiny-models.ts'
import { emit, gradients, input, mul, named, sum, type Tensor } from '../graph/index.ts'
import { initialise, parameterShapes, type TransformerConfig, transformer } from '../nn/index.ts'
import { noises, type Pricing, schedules } from '../noise/index.ts'
import { normals, seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { HostTensor, Session } from '../runtime/index.ts'
import { epsilonOf, undone } from './undone.ts'

const { gaussian } = noises
if (!gaussian.recalling) throw new Error('gaussian noise can be recalled')
const noise = gaussian.recalling()
if (!noise.vectors) throw new Error('gaussian noise is on vectors')
const width = 4
const shown = noise.vectors.shownWidth(width)
const config: TransformerConfig = { ...tinyArchitecture, vectors: { width, shown } }
const maskId = 30
const pricing: Pricing = {
  maskId,
  words: Int32Array.from({ length: 30 }, (_, id) => id),
  schedule: schedules.cosine,
}

const weights = () => {
  const named: Record<string, { data: Float64Array; dims: number[] }> = {}
  const floats = Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
    ]),
  )
  initialise(config, seeded(2), floats)
  for (const [name, dims] of Object.entries(parameterShapes(config)))
    named[name] = { data: Float64Array.from(floats[name].data), dims }
  return named
}

const ints = (data: number[], dims = [data.length]): HostTensor => ({
  data: Int32Array.from(data),
  dims,
})
const doubles = (data: ArrayLike<number>, dims: number[]): HostTensor => ({
  data: Float64Array.from(data),
  dims,
})

const sessions: Session[] = []
afterAll(() => Promise.all(sessions.map((session) => session.dispose())))
async function open(outputs: Record<string, Tensor>): Promise<Session> {
  const session = await cpu({ threads: 1 }).session(emit(outputs, { precision: 'float64' }))
  sessions.push(session)
  return session
}

test('a vector that is shown is an embedding more', async () => {
  const network = transformer(config)
  const [ids, rows] = [input('ids', 'int32', ['B', 'L']), input('rows', 'int32', ['R'])]
  const vectors = {
    places: input('places', 'int32', ['P']),
    values: input('values', 'float', ['P', shown]),
  }
  const showing = await open({ logits: network.logits(ids, rows, undefined, vectors) })
  const plain = await open({ logits: network.logits(ids, rows) })
  const known = weights()
  const values = Float64Array.from(normals(0.3, 2 * shown))
  const asked = { rows: ints([0, 3, 4]) }
  const seen = await showing.run({
    ...known,
    ...asked,
    ids: ints([4, maskId, 6, maskId, 8], [1, 5]),
    places: ints([1, 3]),
    values: doubles(values, [2, shown]),
  })
  // two ids that stand nowhere else, with the same embeddings
  const { data } = known.embed
  const { width: stream } = config
  for (const [i, id] of [20, 21].entries()) {
    for (let d = 0; d < stream; d++) {
      let added = 0
      for (let k = 0; k < shown; k++)
        added += values[i * shown + k] * known['vectors.in'].data[k * stream + d]
      data[id * stream + d] = data[maskId * stream + d] + added
    }
  }
  const spelt = await plain.run({ ...known, ...asked, ids: ints([4, 20, 6, 21, 8], [1, 5]) })
  seen.logits.data.forEach((logit, i) => {
    expect(Math.abs(Number(logit) - Number(spelt.logits.data[i]))).toBeLessThan(1e-10)
  })
})

test('all words have vectors of length 1', async () => {
  const session = await open({ words: transformer(config).words! })
  const { words } = await session.run({ vectors: weights().vectors })
  for (let id = 0; id < config.vocabSize; id++) {
    const own = (words.data as Float64Array).subarray(id * width, (id + 1) * width)
    expect(Math.hypot(...own)).toBeCloseTo(1, 9)
  }
})

test.each(['loss', 'cost'] as const)('gradients of the %s are differences', async (which) => {
  const network = transformer(config, [maskId, 31])
  const terms = undone(network, noise, pricing, input('ids', 'int32', ['B', 'L']))
  const importance = input('importance', 'float', ['R'])
  const loss = named('loss', () => sum(mul(noise[which](terms, pricing), importance)))
  const slopes = gradients(loss, network.parameters)
  const session = await open({
    loss,
    ...Object.fromEntries(slopes.map((slope, i) => [`grad.${network.parameters[i].name}`, slope])),
  })
  const known = weights()
  const epsilon = epsilonOf([0.2, 0.6, 0.9], width)
  const feeds = {
    ...known,
    ids: ints([4, maskId, 6, maskId, maskId], [1, 5]),
    // a shifted head: the row before a place predicts it
    rows: ints([0, 2, 3]),
    places: ints([1, 3, 4]),
    targets: ints([7, 9, 7]),
    time: doubles([0.2, 0.4, 0.7], [3]),
    epsilon: doubles(epsilon.data as Float32Array, epsilon.dims as number[]),
    recalled: doubles(normals(0.8, 3 * width), [3, width]),
    importance: doubles([1, 0.5, 2], [3]),
  }
  const result = await session.run(feeds)
  const next = stream(seeded(6), 'data')
  for (const name of ['vectors', 'vectors.in', 'embed', 'block.0.attn.qkv', 'head']) {
    const { data } = known[name]
    const kept = data.slice()
    const direction = Float64Array.from(data, () => next() - 0.5)
    const at = async (step: number) => {
      for (let i = 0; i < data.length; i++) data[i] = kept[i] + step * direction[i]
      return Number((await session.run(feeds)).loss.data[0])
    }
    const h = 1e-5
    const difference = ((await at(h)) - (await at(-h))) / (2 * h)
    data.set(kept)
    const slope = result[`grad.${name}`].data as Float64Array
    const along = slope.reduce((total, g, i) => total + g * direction[i], 0)
    expect(Math.abs(along)).toBeGreaterThan(1e-4)
    expect(Math.abs(along - difference)).toBeLessThan(1e-6 * Math.max(1, Math.abs(along)))
  }
})

test('what was predicted is the mean of the words; shown again it counts, and zeros are as if nothing were shown', async () => {
  const network = transformer(config, [maskId, 31])
  const terms = undone(network, noise, pricing, input('ids', 'int32', ['B', 'L']))
  const recalling = await open({ mean: noise.vectors.mean(terms, pricing), logits: terms.logits })
  // the same network before it learnt to be shown that
  const before = { ...config, vectors: { width, shown: gaussian.vectors.shownWidth(width) } }
  const plain = undone(
    transformer(before, [maskId, 31]),
    gaussian,
    pricing,
    input('ids', 'int32', ['B', 'L']),
  )
  const forgetful = await open({ logits: plain.logits })
  const known = weights()
  const epsilon = epsilonOf([0.2, 0.6], width)
  const feeds = {
    ...known,
    ids: ints([4, maskId, 6, maskId, 8], [1, 5]),
    rows: ints([0, 2]),
    places: ints([1, 3]),
    targets: ints([7, 9]),
    time: doubles([0.4, 0.4], [2]),
    epsilon: doubles(epsilon.data as Float32Array, epsilon.dims as number[]),
  }
  const nothing = doubles(new Float64Array(2 * width), [2, width])
  const first = await recalling.run({ ...feeds, recalled: nothing })
  const again = await recalling.run({ ...feeds, recalled: first.mean as HostTensor })
  expect(distance(again.logits, first.logits)).toBeGreaterThan(1e-3)
  const [rows, columns] = known['vectors.in'].dims
  const part = doubles(known['vectors.in'].data.slice(0, (rows - width) * columns), [
    rows - width,
    columns,
  ])
  const { logits } = await forgetful.run({ ...feeds, 'vectors.in': part })
  expect(distance(logits, first.logits)).toBeLessThan(1e-10)
  // a mean of vectors of length 1 lies within
  const mean = first.mean.data as Float64Array
  for (const row of [0, 1])
    expect(Math.hypot(...mean.subarray(row * width, (row + 1) * width))).toBeLessThan(1)
})

const distance = (a: { data: ArrayLike<number | bigint> }, b: typeof a): number =>
  Math.max(...Array.from(a.data, (x, i) => Math.abs(Number(x) - Number(b.data[i]))))
