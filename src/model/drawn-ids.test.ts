// What the graph draws is what float64 draws from the same logits and uniform, or nothing.
import { afterAll, expect, test } from 'vitest'
import { emit, input, named, slice, topValues } from '../graph/index.ts'
import { categorical, seeded } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { Session } from '../runtime/index.ts'
import { drawInputs, drawnIds, drawnOf } from './drawn-ids.ts'

const sessions: Session[] = []
afterAll(async () => {
  for (const session of sessions) await session.dispose()
})

const count = 200

async function drawer(vocabSize: number) {
  const allowed = input('allowed', 'float', ['R', vocabSize])
  const most = named('most', () =>
    slice(topValues(allowed, input('ranks', 'int32', ['K'])), { axis: -1, start: 0, end: 1 }),
  )
  const session = await cpu({ threads: 1 }).session(emit(drawnIds(allowed, most, vocabSize)))
  sessions.push(session)
  const rows = Array.from({ length: count }, (_, row) => row)
  return async (logits: Float32Array, uniforms: number[], temperature: number) => {
    const inverse = uniforms.map(() => 1 / temperature)
    const result = await session.run({
      allowed: { data: logits, dims: [count, vocabSize] },
      ranks: { data: new Int32Array(1), dims: [1] },
      ...drawInputs(rows, uniforms, inverse, vocabSize),
    })
    return rows.map((row) => drawnOf(result, row))
  }
}

function weightsOf(row: Float32Array, temperature: number): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b))
  return Float64Array.from(row, (logit) => Math.exp((logit - most) / temperature))
}

test.each([
  [7, 0],
  [128, 2],
  [1123, 6],
  [3000, 1],
])('of %i ids whose logits spread by %d', async (vocabSize, spread) => {
  const draw = await drawer(vocabSize)
  const random = seeded(vocabSize)
  const logits = Float32Array.from({ length: count * vocabSize }, (_, i) =>
    // every seventh is banned
    i % 7 === 0 ? -1e9 : spread * 2 * (random.uniform(0, i, 'token') - 0.5),
  )
  const uniforms = Array.from({ length: count }, (_, row) => random.uniform(1, row, 'token'))
  for (const temperature of [0.3, 1, 2]) {
    const drawn = await draw(logits, uniforms, temperature)
    let decided = 0
    for (const [row, found] of drawn.entries()) {
      if (!found) continue
      decided++
      const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize)
      const id = categorical(weightsOf(own, temperature), uniforms[row])
      expect(found).toEqual({ id, logit: own[id] })
    }
    // a boundary between ids is within the doubt of a uniform, so many times of all
    expect(decided / count).toBeGreaterThan(vocabSize > 2000 ? 0.5 : 0.93)
  }
})

test('nothing is said where the uniform lies on a boundary, and what has all the weight is drawn', async () => {
  const vocabSize = 300
  const draw = await drawer(vocabSize)
  const logits = Float32Array.from({ length: count * vocabSize }, (_, i) =>
    Math.sin(i * i) > 0 ? 1 : -1,
  )
  const row = logits.subarray(0, vocabSize)
  const weights = weightsOf(row, 1)
  const total = weights.reduce((a, b) => a + b)
  const boundary = weights.subarray(0, 150).reduce((a, b) => a + b) / total
  const uniforms = new Array(count).fill(boundary)
  expect((await draw(logits, uniforms, 1))[0]).toBeUndefined()
  const sure = logits.map((_, i) => (i % vocabSize === 42 ? 60 : -60))
  for (const found of await draw(sure, new Array(count).fill(0.999), 1))
    expect(found).toEqual({ id: 42, logit: 60 })
})
