import { afterAll, expect, test } from 'vitest'
import { randomText, tinyModel } from '../../test/support/tiny-models.ts'
import { referenceLogits } from '../../test/support/transformer-reference.ts'
import { readOnnx } from '../graph/testing/read-onnx.ts'
import { parameterShapes, transformer } from '../nn/index.ts'
import { noises, schedules } from '../noise/index.ts'
import { normals, seeded } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { Session } from '../runtime/index.ts'
import { gradientName, trainingGraph } from './graph.ts'

const model = await tinyModel()
const { config, weights } = model
const { banned, special } = model.tokenizer
const words = Int32Array.from({ length: model.tokenizer.size }, (_, id) => id).filter(
  (id) => !banned.includes(id),
)
const emitted = (cap?: number) =>
  trainingGraph(transformer(config.architecture, banned), noises.masked, {
    maskId: special.mask,
    words,
    schedule: schedules.linear,
    cap,
  })

let session: Session | undefined
afterAll(() => session?.dispose())

test('the loss is what each row costs, weighed by 1/t up to a cap, times its importance', async () => {
  const graph = emitted(5)
  session = await cpu({ threads: 1 }).session(graph)
  const ids = [...randomText(model, 6, 1), ...randomText(model, 6, 2)]
  const rows = [1, 4, 7, 10]
  const targets = [70, 80, 90, 100]
  const time = [0.5, 0.5, 0.1, 0.1]
  const importance = [0.1, 0.1, 0.2, 0.3]
  const ints = (data: number[]) => ({ data: Int32Array.from(data), dims: [data.length] })
  const floats = (data: number[]) => ({ data: Float32Array.from(data), dims: [data.length] })
  const { loss } = await session.run({
    ...weights,
    ids: { data: Int32Array.from(ids), dims: [2, 6] },
    rows: ints(rows),
    targets: ints(targets),
    noisy: ints(targets),
    time: floats(time),
    importance: floats(importance),
  })
  const logits = [0, 1].flatMap((b) =>
    referenceLogits(config.architecture, weights, ids.slice(6 * b, 6 * b + 6)),
  )
  const no = new Set(banned)
  let expected = 0
  rows.forEach((row, r) => {
    const total = logits[row].reduce((sum, v, id) => (no.has(id) ? sum : sum + Math.exp(v)), 0)
    const nats = Math.log(total) - logits[row][targets[r]]
    expected += importance[r] * Math.min(5, 1 / time[r]) * nats
  })
  // float32 through two blocks
  expect(Math.abs(loss.data[0] - expected)).toBeLessThan(1e-4 * expected)
})

test('there is a gradient for every parameter, in its shape, and every node has a place', () => {
  const { outputs, bytes } = emitted()
  const shapes = Object.entries(parameterShapes(config.architecture))
  expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['loss', []],
    // the last first: see trainingGraph
    ...shapes.reverse().map(([name, shape]) => [gradientName(name), shape]),
  ])
  const place = /^(grad\()*(embed|norm|head|loss|shared|block\.[01])[./)]/
  const names = readOnnx(bytes).nodes.map(({ name }) => name)
  expect(names.filter((name) => !place.test(name) && !/^(loss|grad\.)/.test(name))).toEqual([])
})

test('soft words that have hardened cost what the words cost; soft ones do not', async () => {
  const { uniform } = noises
  const relaxed = { ...uniform.relaxed!, vocabSize: config.architecture.vocabSize }
  const pricing = { maskId: special.mask, words, schedule: schedules.linear }
  const network = transformer(config.architecture, banned)
  const clean = randomText(model, 6, 1)
  const rows = [1, 2, 4]
  const targets = Int32Array.from(rows, (row) => clean[row])
  const draws = rows.map((row) => seeded(1).uniform(0, row, 'mask'))
  const t = 0.8
  const noisy = relaxed.noise.corrupt(targets, t, pricing, (i) => draws[i])
  expect(noisy).not.toEqual(targets)
  const ids = Int32Array.from(clean)
  rows.forEach((row, r) => {
    ids[row] = noisy[r]
  })
  const all = (value: number) => ({
    data: new Float32Array(rows.length).fill(value),
    dims: [rows.length],
  })
  const ints = (data: Int32Array) => ({ data, dims: [data.length] })
  const epsilon = Float32Array.from(draws.flatMap((u) => [...normals(u, relaxed.vocabSize)]))
  const lossOf = async (sharpness?: number) => {
    const soft = sharpness === undefined ? {} : { relaxed }
    const made = await cpu({ threads: 1 }).session(trainingGraph(network, uniform, pricing, soft))
    const { loss } = await made.run({
      ...weights,
      ids: { data: ids, dims: [1, 6] },
      rows: ints(Int32Array.from(rows)),
      places: ints(Int32Array.from(rows)),
      targets: ints(targets),
      noisy: ints(noisy),
      time: all(t),
      importance: all(1),
      epsilon: { data: epsilon, dims: [rows.length, relaxed.vocabSize] },
      ratio: all(relaxed.ratio(1 - t, words.length)),
      sharpness: all(sharpness ?? 0),
    })
    const [value] = Array.from(loss.data)
    await made.dispose()
    return value
  }
  const hard = await lossOf()
  // float32 through two blocks
  expect(Math.abs((await lossOf(1e6)) - hard)).toBeLessThan(1e-4 * hard)
  expect(Math.abs((await lossOf(1)) - hard)).toBeGreaterThan(1e-3 * hard)
})

test('the same graph is the same bytes', () => {
  expect(emitted(5).bytes).toEqual(emitted(5).bytes)
  expect(emitted(5).bytes).not.toEqual(emitted(4).bytes)
})
