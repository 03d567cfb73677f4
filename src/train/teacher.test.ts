// What a teacher tells: on average over its draws exactly what its chain writes, enumerated.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomWeights, tinyArchitecture } from '../../test/support/tiny-models.ts'
import { type Framing, framing } from '../model/framing.ts'
import { schedules } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { trainTokenizer } from '../text/index.ts'
import type { Feeds } from './corrupt.ts'
import type { Targets } from './targets.ts'
import { openTeacher, type Teaching } from './teacher.ts'

const device = cpu({ threads: 1 })
const length = 3
const opened: Targets[] = []
let frame: Framing
let vocabSize: number
let weights: ReturnType<typeof randomWeights>
beforeAll(async () => {
  const tokenizer = await trainTokenizer('chars', ['abc'], {})
  vocabSize = tokenizer.size
  const architecture = { ...tinyArchitecture, vocabSize }
  weights = randomWeights(architecture, 2)
  // so sure of itself that every word it writes changes what it thinks of the others
  for (const [i] of weights.head.data.entries()) weights.head.data[i] *= 12
  const text = { documents: 'line' as const, exactLength: false, labels: [] }
  const noise = { process: 'masked', schedule: 'linear' }
  const config = { unfog: 1 as const, name: 'tiny', architecture, shift: false, noise, text }
  const whole = framing({ ...config, weights: { dtype: 'f32' } }, tokenizer, false)
  // three words, so that everything can be enumerated
  const words = whole.words.slice(0, 3)
  const banned = Array.from({ length: vocabSize }, (_, id) => id).filter(
    (id) => !words.includes(id),
  )
  frame = { ...whole, words, banned }
})
afterAll(async () => {
  for (const teacher of opened) await teacher.dispose()
})

async function teacherOf(teaching: Partial<Teaching>): Promise<Targets> {
  const teacher = await openTeacher(device, {
    architecture: { ...tinyArchitecture, vocabSize },
    weights: new Map(Object.entries(weights).map(([name, { data }]) => [name, data])),
    framing: frame,
    schedule: schedules.linear,
    teaching: { steps: 2, together: 2, temperature: 1, topP: 1, ...teaching },
    random: seeded(5),
  })
  opened.push(teacher)
  return teacher
}

/** So many equal canvases, all of whose fog is asked about, at one time. */
function batchOf(tokens: readonly number[], time: number, count: number): Feeds {
  const { mask, bos } = frame.tokenizer.special
  const canvas = [bos, ...tokens]
  const places: number[] = []
  for (let b = 0; b < count; b++) {
    canvas.forEach((id, at) => {
      if (id === mask) places.push(b * canvas.length + at)
    })
  }
  const ints = (data: number[]) => ({ data: Int32Array.from(data), dims: [data.length] })
  const floats = (data: number[]) => ({ data: Float32Array.from(data), dims: [data.length] })
  return {
    ids: {
      data: Int32Array.from({ length: count * canvas.length }, (_, i) => canvas[i % canvas.length]),
      dims: [count, canvas.length],
    },
    rows: ints(places),
    places: ints(places),
    targets: ints(places.map(() => 0)),
    noisy: ints(places.map(() => mask)),
    time: floats(places.map(() => time)),
    epsilon: floats([]),
    importance: floats(places.map(() => 1)),
  }
}

/** What a teacher that takes one step predicts of each position in the fog. */
async function predictions(teacher: Targets, tokens: readonly number[]): Promise<number[][]> {
  const { expected } = await teacher.feeds(batchOf(tokens, 1, 1), 0)
  const all = [...expected.data]
  return Array.from({ length: expected.dims[0] }, (_, row) =>
    all.slice(row * vocabSize, (row + 1) * vocabSize),
  )
}

/** Mean of what is expected over `count` canvases, for each position in the fog. */
async function meanOf(teacher: Targets, batch: Feeds, count: number): Promise<number[][]> {
  const { expected } = await teacher.feeds(batch, 7)
  const positions = expected.dims[0] / count
  return Array.from({ length: positions }, (_, position) =>
    Array.from({ length: vocabSize }, (_, id) => {
      let total = 0
      for (let b = 0; b < count; b++)
        total += expected.data[(b * positions + position) * vocabSize + id]
      return total / count
    }),
  )
}

/** The exact mean: in the first small step each position is revealed with probability `reveal`, on its own, and is
 * expected as it was predicted then; what is left, as it is predicted with what was revealed. */
async function enumerated(reveal: number): Promise<number[][]> {
  const { mask } = frame.tokenizer.special
  const teacher = await teacherOf({ together: 1 })
  const first = await predictions(teacher, [mask, mask, mask])
  const mean = Array.from({ length }, () => new Array<number>(vocabSize).fill(0))
  const visit = async (tokens: number[], weight: number): Promise<void> => {
    const at = tokens.length
    if (weight === 0) return
    if (at < length) {
      for (const [id, p] of first[at].entries())
        if (p > 0) await visit([...tokens, id], weight * reveal * p)
      await visit([...tokens, mask], weight * (1 - reveal))
      return
    }
    const fog = tokens.flatMap((id, i) => (id === mask ? [i] : []))
    const second = fog.length === 0 ? [] : await predictions(teacher, tokens)
    for (const position of tokens.keys()) {
      const told = fog.includes(position) ? second[fog.indexOf(position)] : first[position]
      for (const [id, p] of told.entries()) mean[position][id] += weight * p
    }
  }
  await visit([], 1)
  return mean
}

const distance = (a: number[][], b: number[][]): number =>
  Math.max(...a.flatMap((row, i) => row.map((p, id) => Math.abs(p - b[i][id]))))

describe('what is expected', () => {
  const count = 2000
  // four standard deviations of the mean of numbers in [0, 1]
  const tolerance = (4 * 0.5) / Math.sqrt(count)

  test('is on average what two small steps of the chain write', async () => {
    const { mask } = frame.tokenizer.special
    // from the beginning in two of two steps, and of four: half, or a quarter, is revealed by the first
    const found: number[][][] = []
    for (const [steps, reveal] of [
      [2, 1 / 2],
      [4, 1 / 4],
    ]) {
      const teacher = await teacherOf({ steps })
      found.push(await meanOf(teacher, batchOf([mask, mask, mask], 1, count), count))
      expect(distance(found[found.length - 1], await enumerated(reveal))).toBeLessThan(tolerance)
    }
    // a teacher that takes its steps at once tells another thing
    expect(distance(found[0], await enumerated(1))).toBeGreaterThan(2 * tolerance)
  })

  test('of a teacher at temperature 0 is one whole text that agrees with itself', async () => {
    const { mask } = frame.tokenizer.special
    const teacher = await teacherOf({ temperature: 0, steps: 4, together: 4 })
    const { expected, certain } = await teacher.feeds(batchOf([mask, mask, mask], 1, 8), 0)
    expect([...certain.data].every((value) => value === 0)).toBe(true)
    for (let row = 0; row < expected.dims[0]; row++) {
      const told = [...expected.data.slice(row * vocabSize, (row + 1) * vocabSize)]
      expect(told.filter((p) => p > 0)).toEqual([1])
    }
  })

  test('is the same for the same step, another for another, and leaves the batch as it is', async () => {
    const { mask } = frame.tokenizer.special
    const batch = batchOf([mask, mask, mask], 1, 20)
    const before = batch.ids.data.slice()
    const teacher = await teacherOf({})
    const [once, again, other] = [
      await teacher.feeds(batch, 1),
      await teacher.feeds(batch, 1),
      await teacher.feeds(batch, 2),
    ]
    expect(batch.ids.data).toEqual(before)
    expect(again).toEqual(once)
    expect(other.expected.data).not.toEqual(once.expected.data)
  })

  test('sums to 1 over words that can stand in a text', async () => {
    const { mask } = frame.tokenizer.special
    const teacher = await teacherOf({ topP: 0.6 })
    const { expected } = await teacher.feeds(batchOf([mask, frame.words[0], mask], 0.5, 30), 3)
    for (let row = 0; row < expected.dims[0]; row++) {
      const told = [...expected.data.slice(row * vocabSize, (row + 1) * vocabSize)]
      expect(told.reduce((a, b) => a + b)).toBeCloseTo(1, 5)
      for (const id of frame.banned) expect(told[id]).toBe(0)
      // top-p leaves some out
      expect(told.filter((p) => p > 0).length).toBeLessThan(frame.words.length)
    }
  })
})
