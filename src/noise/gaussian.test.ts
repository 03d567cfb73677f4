// The laws of Gaussian noise on embeddings, float64, on the graph that trains. Two words at ±1 and two positions make an
// integral over a plane and over time: the bound is then known to the digit. Three words in a plane and three positions
// are looked at as `score` does.
import { describe, expect, it } from 'vitest'
import { emit, input, mul, scalar, sub } from '../graph/index.ts'
import { normals, seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import { gap, mean } from './fixtures/nelbo.ts'
import { type Asked, priceVectors, type VectorRows } from './fixtures/price-vectors.ts'
import { quadrature, type ToyLanguage, toyLanguage } from './fixtures/toy-language.ts'
import { gaussianBetween } from './gaussian.ts'
import { noises, type Pricing, type SigmaRange, schedules, type VectorNoise } from './index.ts'

const pricing: Pricing = { maskId: 9, words: Int32Array.of(0, 1), schedule: schedules.linear }

// Two words, two positions: nodes of an ordinary rule in a plane, in deviations of the noise, and over log σ. The
// integrand is smooth where it counts: the step leaves less than 1e-8.
const ends = [[-1], [1]]
const step = 0.4
const nodes = Array.from({ length: 33 }, (_, i) => (i - 16) * step)
const density = (h: number) => Math.exp((-h * h) / 2) / Math.sqrt(2 * Math.PI)
const plane = nodes.flatMap((a) =>
  nodes.map((b) => ({ at: [a, b], weight: density(a) * density(b) * step * step })),
)
const pair = toyLanguage(4, { tokens: 2, length: 2 })

/** log Σ exp */
const logSum = (values: readonly number[]): number => {
  const most = Math.max(...values)
  return most + Math.log(values.reduce((sum, x) => sum + Math.exp(x - most), 0))
}

/** log p(x, z) of every text, but for what all share. */
const joint = (
  of: ToyLanguage,
  words: readonly number[][],
  seen: readonly number[][],
  sigma: number,
) =>
  of.texts.map((text, x) =>
    text.reduce(
      (total, word, i) =>
        total -
        seen[i].reduce((sum, z, d) => sum + (z - words[word][d]) ** 2, 0) / (2 * sigma ** 2),
      Math.log(of.p[x]),
    ),
  )

/** log p(x_i = v | the vectors of all others, or of all), [V] */
function saying(
  of: ToyLanguage,
  words: readonly number[][],
  seen: readonly number[][],
  sigma: number,
  position: number,
  sees: 'others' | 'all',
): number[] {
  const shown = sees === 'all' ? seen : seen.map((z, i) => (i === position ? z.map(() => 0) : z))
  const all = joint(of, words, shown, sigma)
  const each = words.map((_, v) => logSum(all.filter((_, x) => of.texts[x][position] === v)))
  const total = logSum(each)
  return each.map((x) => x - total)
}

interface Twin {
  sees?: 'others' | 'all'
  asked?: Asked
  /** of the prediction's probabilities */
  power?: number
  noise?: VectorNoise
}

/** Every text's bound by quadrature. */
async function boundOf(range: SigmaRange, twin: Twin = {}): Promise<Float64Array> {
  const { sees = 'others', asked, power = 1, noise = gaussianBetween(range) } = twin
  const [from, to] = range.map(Math.log)
  const timeAt = (sigma: number) => sigma ** 2 / (1 + sigma ** 2)
  // the last moment, then all others; dt = 2t(1-t) d(log σ)
  const times = [
    { sigma: range[0], time: timeAt(range[0]) / 2, weight: 1 },
    ...quadrature(32).map(({ at, weight }) => {
      const sigma = Math.exp(from + at * (to - from))
      const time = timeAt(sigma)
      return { sigma, time, weight: weight * (to - from) * 2 * time * (1 - time) }
    }),
  ]
  const R = times.length * plane.length * pair.texts.length * 2
  const rows: VectorRows = {
    logits: new Float64Array(2 * R),
    targets: new Int32Array(R),
    seen: new Float64Array(R),
    time: new Float64Array(R),
  }
  let at = 0
  for (const { sigma, time } of times) {
    const vector = (word: number, h: number) => [ends[word][0] + sigma * h]
    // what the others say hangs on the other vector alone
    const known = new Map<string, number[]>()
    const said = (text: Int32Array, node: readonly number[], position: number) => {
      const key =
        sees === 'all'
          ? [...text, ...node, position]
          : [position, text[1 - position], node[1 - position]]
      const name = key.join()
      const found =
        known.get(name) ??
        saying(
          pair,
          ends,
          [...text].map((word, i) => vector(word, node[i])),
          sigma,
          position,
          sees,
        )
      known.set(name, found)
      return found
    }
    for (const text of pair.texts) {
      for (const node of plane) {
        for (const position of [0, 1]) {
          rows.logits.set(
            said(text, node.at, position).map((x) => power * x),
            2 * at,
          )
          rows.targets[at] = text[position]
          rows.seen[at] = vector(text[position], node.at[position])[0]
          rows.time[at++] = time
        }
      }
    }
  }
  const nats = await priceVectors(noise, ends, rows, pricing, asked)
  const bound = new Float64Array(pair.texts.length)
  at = 0
  for (const { weight } of times)
    for (const x of pair.texts.keys())
      for (const node of plane) bound[x] += weight * node.weight * (nats[at++] + nats[at++])
  return bound
}

/** What theory says of every text: -log p(x), what the prior misses of all noise, and what the last vectors leave open
 * because each position is read from them alone. */
function theory([low, high]: SigmaRange): Float64Array {
  return Float64Array.from(pair.texts, (text, x) => {
    let [missed, open] = [0, 0]
    for (const { at, weight } of plane) {
      const far = [...text].map((word, i) => [ends[word][0] + high * at[i]])
      const prior = -far.reduce((sum, [z]) => sum + z * z, 0) / (2 * high ** 2)
      missed += weight * (logSum(joint(pair, ends, far, high)) - prior)
      const near = [...text].map((word, i) => [ends[word][0] + low * at[i]])
      const all = joint(pair, ends, near, low)
      const apart = [0, 1].reduce(
        (sum, i) => sum + saying(pair, ends, near, low, i, 'all')[text[i]],
        0,
      )
      open += weight * (all[x] - logSum(all) - apart)
    }
    return -Math.log(pair.p[x]) + missed + open
  })
}

describe('two words at ±1, two positions', () => {
  it.each([
    [0.7, 20, 2e-7],
    [0.7, 2, 2e-7],
    // where words are far apart for the noise, the grid is coarse for what lies between them
    [0.1, 20, 1e-3],
  ] as const)(
    'between σ %f and %f the bound of every text is what theory says',
    async (low, high, tolerance) => {
      const range = [low, high] as const
      expect(gap(await boundOf(range), theory(range))).toBeLessThan(tolerance)
    },
  )

  it('is no less than the entropy, and tends to it as the range of noise widens', async () => {
    const ranges: SigmaRange[] = [
      [0.8, 1.5],
      [0.4, 4],
      [0.1, 40],
    ]
    const above: number[] = []
    for (const range of ranges) above.push(mean(pair, await boundOf(range)) - pair.entropy)
    above.forEach((more, i) => {
      expect(more).toBeGreaterThan(0)
      if (i > 0) expect(more).toBeLessThan(above[i - 1])
    })
    expect(above[0]).toBeGreaterThan(0.05)
    expect(above[2]).toBeLessThan(1e-3)
  })

  const wide: SigmaRange = [0.1, 20]
  const costs = async (twin: Twin, range = wide) => mean(pair, await boundOf(range, twin))

  it('is larger for any other prediction', async () => {
    const least = await costs({})
    expect(await costs({ power: 0 })).toBeGreaterThan(least + 0.05)
    expect(await costs({ power: 0.5 })).toBeGreaterThan(least + 0.01)
    expect(await costs({ power: 2 })).toBeGreaterThan(least + 0.01)
    // what a vector says of itself counts once
    expect(await costs({ sees: 'all' })).toBeGreaterThan(least + 0.05)
  })

  describe('a wrong twin', () => {
    const twin = (asked: Asked): Twin => ({ asked })

    it('without the price of the last noise lies below the entropy', async () => {
      const far: SigmaRange = [0.1, 1]
      const kept = await costs({}, far)
      expect(kept - 2 / (2 * far[1] ** 2)).toBeLessThan(pair.entropy)
    })

    it('that reads the words without their own evidence costs more than it should', async () => {
      const deaf = twin((noise, terms, pricing) =>
        noise.cost(
          { ...terms, vectors: { ...terms.vectors!, seen: mul(terms.vectors!.seen, scalar(0)) } },
          pricing,
        ),
      )
      expect(await costs(deaf)).toBeGreaterThan(pair.entropy + 1)
    })

    it('with the weight dropped lies below the entropy', async () => {
      const dropped = twin((noise, terms, pricing) =>
        mul(noise.cost(terms, pricing), mul(mul(terms.time, terms.time), scalar(2))),
      )
      expect(await costs(dropped)).toBeLessThan(pair.entropy - 0.05)
    })

    it('with time flipped breaks the law', async () => {
      const flipped = twin((noise, terms, pricing) =>
        noise.cost({ ...terms, time: sub(scalar(1), terms.time) }, pricing),
      )
      expect(gap(await boundOf(wide, flipped), theory(wide))).toBeGreaterThan(0.1)
    })

    it('that pays cross-entropies in place of distances is no bound of this kind', async () => {
      const entropies = twin((noise, terms, pricing) => noise.loss(terms, pricing))
      expect(gap(await boundOf(wide, entropies), theory(wide))).toBeGreaterThan(0.1)
    })
  })
})

describe('three words in a plane, three positions', () => {
  const words = [0, 1, 2].map((v) => [
    Math.cos((2 * Math.PI * v) / 3),
    Math.sin((2 * Math.PI * v) / 3),
  ])
  const noise = noises.gaussian
  const schedule = schedules.linear

  it.each([1, 2])('looks average to the entropy, language %i', async (seed) => {
    const of = toyLanguage(seed)
    const looks = 6000
    const next = stream(seeded(seed), 'mask')
    const R = 3 * looks
    const rows: VectorRows = {
      logits: new Float64Array(3 * R),
      targets: new Int32Array(R),
      seen: new Float64Array(2 * R),
      time: new Float64Array(R),
    }
    const taken = Array.from({ length: looks }, (_, k) => {
      const text = of.texts[drawn(of.p, (k + 0.5) / looks)]
      // places that have nothing to do with the texts
      const look = noise.look(text, (k * 0.6180339887498949 + 0.5) % 1, next, of)
      expect([...look.noisy]).toEqual([of.maskId, of.maskId, of.maskId])
      const sigma = noise.vectors.sigma(look.time, schedule)
      const seen = [...text].map((word, i) => {
        const epsilon = normals(look.draws![i], 2)
        return words[word].map((x, d) => x + sigma * epsilon[d])
      })
      text.forEach((word, i) => {
        const r = 3 * k + i
        rows.logits.set(saying(of, words, seen, sigma, i, 'others'), 3 * r)
        rows.targets[r] = word
        rows.seen.set(seen[i], 2 * r)
        rows.time[r] = look.time
      })
      return look
    })
    const nats = await priceVectors(noise, words, rows, pricing)
    const values = taken.map(
      ({ worth }, k) => worth * (nats[3 * k] + nats[3 * k + 1] + nats[3 * k + 2]),
    )
    const average = values.reduce((a, b) => a + b) / looks
    const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / (looks - 1)
    // independent looks would have this error; these are spread evenly and have less
    const stderr = Math.sqrt(variance / looks)
    expect(stderr).toBeLessThan(0.03 * of.entropy)
    expect(Math.abs(average - of.entropy)).toBeLessThan(3.3 * stderr)
  })
})

/** The text at a place in (0, 1) of the cumulative sum. */
function drawn(p: Float64Array, place: number): number {
  let sum = 0
  return p.findIndex((share) => {
    sum += share
    return place < sum
  })
}

describe('the noise', () => {
  const noise = noises.gaussian

  it.each(Object.values(schedules))('has the energy that the $name schedule leaves', (schedule) => {
    for (const t of [0.1, 0.3, 0.5, 0.8]) {
      const sigma = noise.vectors.sigma(t, schedule)
      const within = Math.min(
        1 / (1 + 0.05 ** 2),
        Math.max(1 / (1 + 20 ** 2), schedule.survival(t)),
      )
      expect(1 / (1 + sigma ** 2)).toBeCloseTo(within, 12)
    }
    expect(noise.vectors.sigma(1, schedule)).toBe(20)
    expect(noise.vectors.sigma(0, schedule)).toBe(0.05)
  })

  it('in the graph has the mean and the spread that it says', async () => {
    const count = 4000
    const width = 8
    const time = input('time', 'float', ['R'])
    const seen = noise.vectors.noisy(
      input('clean', 'float', ['R', width]),
      input('epsilon', 'float', ['R', width]),
      time,
      { ...pricing, schedule: schedules.cosine },
    )
    const shown = noise.vectors.shown(seen, time, {
      ...pricing,
      schedule: schedules.cosine,
    })
    const session = await cpu({ threads: 1 }).session(emit({ seen, shown }))
    const next = stream(seeded(3), 'mask')
    for (const t of [0.1, 0.5, 1]) {
      const epsilon = Float32Array.from(
        Array.from({ length: count }, () => [...normals(next(), width)]).flat(),
      )
      const result = await session.run({
        clean: { data: new Float32Array(count * width).fill(0.25), dims: [count, width] },
        epsilon: { data: epsilon, dims: [count, width] },
        time: { data: new Float32Array(count).fill(t), dims: [count] },
      })
      const values = result.seen.data as Float32Array
      const n = values.length
      const sigma = noise.vectors.sigma(t, schedules.cosine)
      const average = values.reduce((a, b) => a + b) / n
      const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / n
      expect(Math.abs(average - 0.25)).toBeLessThan((4 * sigma) / Math.sqrt(n))
      expect(Math.abs(variance / sigma ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
      // what is shown has one size at any time, and a level between 0 and 1
      const told = noise.vectors.shownWidth(width)
      const rows = result.shown.data as Float32Array
      let size = 0
      for (let r = 0; r < count; r++)
        for (let d = 0; d < width; d++) size += rows[r * told + d] ** 2 / (count * width)
      expect(size).toBeGreaterThan(0.5)
      expect(size).toBeLessThan(1.1)
      for (const level of rows.subarray(width, told)) {
        expect(level).toBeGreaterThanOrEqual(0)
        expect(level).toBeLessThanOrEqual(1)
      }
    }
    await session.dispose()
  })

  it('puts the mask where a vector stands, and keeps what must not change', () => {
    const world = { maskId: 7, words: Int32Array.of(0, 1), schedule: schedules.linear }
    const noisy = noise.corrupt(Int32Array.of(0, 1, 0), 0.5, world, (i) => (i === 1 ? 1 : 0.3))
    expect([...noisy]).toEqual([7, 1, 7])
    expect([...noise.rows(noisy, 7)]).toEqual([0, 2])
    expect(() => noise.corrupt(Int32Array.of(0), 0, world, () => 0)).toThrow('noise time 0')
  })
})

describe('squared error', () => {
  const range: SigmaRange = [0.1, 20]
  const noise = gaussianBetween(range)
  const words = [0, 1, 2].map((v) => (2 * Math.PI * v) / 3).map((a) => [Math.cos(a), Math.sin(a)])
  // an id that stands in no text, nearer to everything than the words are
  const table = [...words, [9, 9]]
  const world: Pricing = { maskId: 3, words: Int32Array.of(0, 1, 2), schedule: schedules.linear }
  const others = [0.5, 0.2, 0.3]
  const time = 0.6
  const sigma = Math.sqrt(time / (1 - time))
  const seen = [0.4, -0.7]
  const asked: Asked = (of, terms, pricing) => of.squaredError!(terms, pricing)

  /** What the three words cost where this vector stands. */
  const costs = (predicted: readonly number[], vector = seen, ask = asked) =>
    priceVectors(
      noise,
      table,
      {
        logits: Float64Array.from([0, 1, 2].flatMap(() => [...predicted.map(Math.log), -1e9])),
        targets: Int32Array.of(0, 1, 2),
        seen: Float64Array.from([0, 1, 2].flatMap(() => vector)),
        time: new Float64Array(3).fill(time),
      },
      world,
      ask,
    )
  const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1]
  const shares = (logs: readonly number[]) => logs.map((log) => Math.exp(log - logSum(logs)))
  /** p(word | all that is known) */
  const known = shares(words.map((word, v) => Math.log(others[v]) + dot(word, seen) / sigma ** 2))

  it('is the distance to the mean, and what the same noise at its least leaves open', async () => {
    const mean = [0, 1].map((d) => words.reduce((sum, word, v) => sum + known[v] * word[d], 0))
    const found = await costs(others)
    words.forEach((word, x) => {
      const nearly = word.map((e, d) => e + (range[0] / sigma) * (seen[d] - e))
      const open = shares(words.map((other) => dot(other, nearly) / range[0] ** 2))
      const expected = word.reduce((sum, e, d) => sum + (e - mean[d]) ** 2, 0) - Math.log(open[x])
      expect(found[x]).toBeCloseTo(expected, 10)
    })
  })

  it('is least for what the others say, on average over the words that may stand there', async () => {
    const average = async (predicted: readonly number[]) =>
      (await costs(predicted)).reduce((sum, nats, x) => sum + known[x] * nats, 0)
    const least = await average(others)
    // what all say has counted the vector twice
    for (const twin of [known, [0.52, 0.2, 0.28], [0.5, 0.22, 0.28], [1 / 3, 1 / 3, 1 / 3]])
      expect(await average(twin)).toBeGreaterThan(least + 1e-6)
  })

  it('lets words not fall together: near each other they are dear', async () => {
    const near = [0, 0.01, 0.02].map((a) => [Math.cos(a), Math.sin(a)])
    const at = (of: readonly number[][]) =>
      priceVectors(
        noise,
        of,
        {
          logits: new Float64Array(9),
          targets: Int32Array.of(0, 1, 2),
          seen: Float64Array.from(of.flat()),
          time: new Float64Array(3).fill(0.01),
        },
        world,
        asked,
      )
    const [apart, together] = [await at(words), await at(near)]
    expect(Math.max(...apart)).toBeLessThan(0.01)
    // one of three
    expect(Math.min(...together)).toBeGreaterThan(0.9)
  })
})
