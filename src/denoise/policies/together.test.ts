// What may be written together, by brute force: the rules of `factor` and `entropy-bound` against all sets of positions,
// what they promise against joint distributions that can be enumerated, each beside a bound that is too wide.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allTexts,
  conditionalRow,
  hashed,
  inconsistentRow,
  tableDenoiser,
} from '../../../test/support/denoisers.ts'
import {
  type Denoiser,
  denoise,
  type Frame,
  type LoopOptions,
  makePlan,
  type PlanOptions,
  policies,
  states,
} from '../index.ts'

const V = 3
const mask = V
type Row = (tokens: readonly number[], position: number) => readonly number[]

/** A network of these rows that never predicts the mask: certainties are the rows' own. */
function networkOf(row: Row): Denoiser {
  const table = tableDenoiser(V, row)
  return {
    ...table,
    async logits(asks) {
      const answers = await table.logits(asks)
      for (const answer of answers) {
        for (let at = mask; at < answer.length; at += V + 1) answer[at] = Number.NEGATIVE_INFINITY
      }
      return answers
    },
  }
}

async function framesOf(
  network: Denoiser,
  length: number,
  options: PlanOptions,
  loop: LoopOptions = {},
): Promise<Frame[]> {
  const from = {
    tokens: new Int32Array(length).fill(mask),
    state: new Uint8Array(length).fill(states.fog),
  }
  const frames: Frame[] = []
  for await (const frame of denoise(network, from, makePlan(options, network), loop))
    frames.push(frame)
  return frames
}

/** What each step wrote, the last frame's text. */
const stepsOf = (frames: readonly Frame[]) => frames.slice(1).map(({ changed }) => changed)

function subsets<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  const rest = subsets(items.slice(1))
  return [...rest, ...rest.map((set) => [items[0], ...set])]
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((order) => [item, ...order]))
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const entropyOf = (p: readonly number[]) => -sum(p.map((q) => (q > 0 ? q * Math.log(q) : 0)))

/** Of random rows and options: the sets that the rule allows, and the one that the policy writes first. */
async function againstAllSets(
  options: PlanOptions,
  allows: (rows: readonly (readonly number[])[]) => boolean,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 7 }), async (salt, length) => {
      // of all degrees of certainty
      const row: Row = (tokens, position) => {
        const sharp = 12 * hashed(salt, position)
        const weights = inconsistentRow(V, salt)(tokens, position).map((p) => p ** sharp)
        return weights.map((weight) => weight / sum(weights))
      }
      const empty = new Array(length).fill(mask)
      const rows = empty.map((_, position) => row(empty, position))
      const allowed = subsets([...rows.keys()]).filter(
        (set) => set.length === 1 || (set.length > 0 && allows(set.map((i) => rows[i]))),
      )
      const most = Math.max(...allowed.map(({ length: size }) => size))
      const [first] = stepsOf(
        await framesOf(networkOf(row), length, { temperature: 0, ...options }),
      )
      expect(allowed).toContainEqual(first)
      expect(first.length).toBe(most)
      // of as many, the surest
      const doubt = (set: readonly number[]) => sum(set.map((i) => entropyOf(rows[i])))
      if (options.policy === 'entropy-bound') {
        const least = Math.min(
          ...allowed.filter(({ length: size }) => size === most).map((set) => doubt(set)),
        )
        expect(doubt(first)).toBeCloseTo(least, 6)
      }
    }),
    { numRuns: 60 },
  )
}

describe('the largest set that the rule allows is written', () => {
  for (const factor of [0, 0.5, 1, 2]) {
    test(`factor ${factor}: (n + 1) · (1 - p) ≤ factor for all n`, async () => {
      await againstAllSets(
        { policy: 'factor', factor },
        (rows) =>
          (rows.length + 1) * Math.max(...rows.map((row) => 1 - Math.max(...row))) <= factor,
      )
    })
  }
  for (const bound of [0.02, 0.1, 0.5, 2]) {
    test(`entropy bound ${bound}: Σ H - max H ≤ bound`, async () => {
      await againstAllSets({ policy: 'entropy-bound', entropyBound: bound }, (rows) => {
        const entropies = rows.map(entropyOf)
        // a set on its very edge may fall on either side
        return sum(entropies) - Math.max(...entropies) <= bound + 1e-9
      })
    })
  }
})

/** A joint distribution of texts, the sharper the more one of them stands out. */
function jointOf(length: number, salt: number, sharp: number): number[] {
  const weights = allTexts(V, length).map((text) => Math.exp(sharp * hashed(salt, ...text)))
  return weights.map((weight) => weight / sum(weights))
}

describe('arXiv 2505.22618, theorem 1: if each of n words has p > 1 - ε and (n + 1) · ε ≤ 1', () => {
  const length = 3
  const greedy = (row: Row, order: readonly number[]): number[] => {
    const tokens = new Array(length).fill(mask)
    for (const position of order) {
      const p = row(tokens, position)
      tokens[position] = p.indexOf(Math.max(...p))
    }
    return tokens
  }

  /** Of many languages: how many words a policy wrote together, and how many of its texts some order of writing the same
   * words one at a time would not have written. */
  async function differing(options: PlanOptions): Promise<{ together: number; differ: number }> {
    let together = 0
    let differ = 0
    for (let salt = 0; salt < 300; salt++) {
      const row = conditionalRow(jointOf(length, salt, 6 + 18 * hashed(salt)), V)
      const frames = await framesOf(networkOf(row), length, { ...options, temperature: 0 })
      const steps = stepsOf(frames)
      together += sum(steps.map((step) => (step.length > 1 ? step.length : 0)))
      const ways = steps.reduce<number[][]>(
        (before, step) => before.flatMap((way) => orders(step).map((more) => [...way, ...more])),
        [[]],
      )
      const text = String(frames.at(-1)!.tokens)
      if (ways.some((way) => String(greedy(row, way)) !== text)) differ++
    }
    return { together, differ }
  }

  test('they are what would be written one at a time, in any order', async () => {
    // n = 3 at the most: ε ≤ 1/4
    for (const options of [
      { policy: 'factor', factor: 1 },
      { policy: 'threshold', threshold: 3 / 4 },
    ] as const) {
      const { together, differ } = await differing(options)
      expect(together).toBeGreaterThan(100)
      expect(differ).toBe(0)
    }
  })

  test('with a larger ε they are not', async () => {
    for (const options of [
      { policy: 'factor', factor: 2 },
      { policy: 'threshold', threshold: 0.4 },
    ] as const)
      expect((await differing(options)).differ).toBeGreaterThan(0)
  })

  test('the bound is sharp: an ε a little above 1/(n + 1) is too much', async () => {
    // texts 00, 01 and 10; each word is 0 with p = 2/3 - δ, and 00 is the least of the three
    const law = (delta: number) =>
      allTexts(V, 2).map(([a, b]) =>
        a + b === 0 ? 1 / 3 - 2 * delta : a + b === 1 ? 1 / 3 + delta : 0,
      )
    const written = async (delta: number, threshold: number) => {
      const row = conditionalRow(law(delta), V)
      const options: PlanOptions = { policy: 'threshold', threshold, temperature: 0 }
      return [...(await framesOf(networkOf(row), 2, options)).at(-1)!.tokens]
    }
    expect(await written(0.01, 2 / 3 - 0.02)).toEqual([0, 0])
    expect(await written(0.01, 2 / 3)).not.toEqual([0, 0])
  })
})

describe('arXiv 2505.24857: the divergence that a step costs is within the entropy bound', () => {
  const length = 3
  const texts = allTexts(V, length)

  /** KL(language ‖ what the policy writes), by forcing every text upon it; and the steps it took on the average. */
  async function divergence(joint: readonly number[], options: PlanOptions) {
    const network = networkOf(conditionalRow(joint, V))
    let nats = 0
    let steps = 0
    for (const [i, text] of texts.entries()) {
      let q = 1
      const frames = await framesOf(network, length, options, {
        draw(weights, _random, _step, position) {
          q *= weights[text[position]] / sum(Array.from(weights))
          return text[position]
        },
      })
      expect([...frames.at(-1)!.tokens]).toEqual(text)
      nats += joint[i] * Math.log(joint[i] / q)
      steps += joint[i] * frames.at(-1)!.forwards
    }
    return { nats, steps }
  }

  test('of a whole text: no more than the bound times the steps, and none for a bound of 0', async () => {
    let parallel = 0
    for (let salt = 0; salt < 25; salt++) {
      const joint = jointOf(length, salt, 10 * hashed(salt, 1))
      for (const bound of [0, 0.2, 0.7, 1.2]) {
        const { nats, steps } = await divergence(joint, {
          policy: 'entropy-bound',
          entropyBound: bound,
        })
        if (bound === 0) expect(nats).toBeCloseTo(0, 6)
        expect(nats).toBeLessThanOrEqual(bound * steps + 1e-6)
        if (steps < length - 0.01) parallel++
      }
    }
    expect(parallel).toBeGreaterThan(20)
  })

  test('what is certain costs nothing beside one open word: the largest entropy does not count', () => {
    // two words of which one is certain: together they cost nothing, whatever the other is
    const sure = [1, 0, 0]
    const open = [0.4, 0.3, 0.3]
    const predictions = [open, sure].map((row, position) => ({
      position,
      token: 0,
      entropy: entropyOf(row),
    }))
    const choose = (bound: number) =>
      policies['entropy-bound']
        .choose(predictions as never, { settings: { entropyBound: bound } } as never)
        .map(({ position }) => position)
    expect(choose(0)).toEqual([1, 0])
  })
})
