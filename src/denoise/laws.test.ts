// The laws of the policies, by enumeration: three real tokens, three positions, 27 texts. A chi-square of 8,000 texts
// must have p > 1e-4 (seeds are fixed, so nothing flickers; about thirty such tests in all would fail by bad luck once in
// three hundred choices of seeds): it turns red where texts are off by a fourteenth on average, and the same chi-square
// must reject every wrong twin with p < 1e-9.
import { expect, test } from 'vitest'
import {
  allTexts,
  chiSquareP,
  conditionalRow,
  foggedCanvas,
  hashed,
  inconsistentRow,
  tableDenoiser,
  timesWritten,
} from '../../test/support/denoisers.ts'
import { seeded } from '../random/index.ts'
import {
  type Denoiser,
  denoise,
  type LoopOptions,
  makePlan,
  type PlanOptions,
  type Policy,
  policies,
} from './index.ts'

const V = 3
const L = 3
const mask = V
const samples = 8000
const texts = allTexts(V, L)
const index = (text: ArrayLike<number>) => (text[0] * V + text[1]) * V + text[2]
const fogged = foggedCanvas(L, mask)

const noJoint = inconsistentRow(V)
const inconsistent = tableDenoiser(V, noJoint)
const joint = texts
  .map((text) => hashed(5, ...text) ** 3 + 0.01)
  .map((weight, _, all) => weight / all.reduce((a, b) => a + b))
const jointRow = conditionalRow(joint, V)
const consistent = tableDenoiser(V, jointRow)

/** How often each of the 27 texts is written. */
const counts = (
  denoiser: Denoiser,
  options: PlanOptions,
  loop: LoopOptions = {},
  canvas = fogged,
): Promise<number[]> => timesWritten(denoiser, canvas, makePlan(options, denoiser), samples, loop)

type Row = (tokens: readonly number[], position: number) => number[]
const linear = (t: number) => 1 - t
const cosine = (t: number) => Math.cos((Math.PI / 2) * t)

/** The T-step chain of MATHS, canvas by canvas: in each step every fog position is revealed on its own. */
function chainLaw(row: Row, steps: number, survival: (t: number) => number): number[] {
  let canvases = new Map([[[mask, mask, mask].join(), 1]])
  for (let step = 0; step < steps; step++) {
    const [at, as] = [survival(1 - step / steps), survival(1 - (step + 1) / steps)]
    const reveal = (as - at) / (1 - at)
    const next = new Map<string, number>()
    for (const [key, weight] of canvases) {
      const tokens = key.split(',').map(Number)
      let partial: [number[], number][] = [[[], weight]]
      for (let i = 0; i < L; i++) {
        const here: [number, number][] =
          tokens[i] === mask
            ? [
                [mask, 1 - reveal],
                ...row(tokens, i).map((p, v) => [v, reveal * p] as [number, number]),
              ]
            : [[tokens[i], 1]]
        partial = partial.flatMap(([ids, p]) =>
          here.map(([id, q]) => [[...ids, id], p * q] as [number[], number]),
        )
      }
      for (const [ids, p] of partial) next.set(ids.join(), (next.get(ids.join()) ?? 0) + p)
    }
    canvases = next
  }
  return texts.map((text) => canvases.get(text.join()) ?? 0)
}

/** Probability of each text when positions are revealed one at a time in `order`. */
const orderLaw = (row: Row, order: readonly number[]): number[] =>
  texts.map((text) => {
    const canvas = new Array(L).fill(mask)
    let p = 1
    for (const position of order) {
      p *= row(canvas, position)[text[position]]
      canvas[position] = text[position]
    }
    return p
  })

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]
const averageOverOrders = (row: Row) =>
  orders
    .map((order) => orderLaw(row, order))
    .reduce((sum, law) => sum.map((p, i) => p + law[i]))
    .map((p) => p / orders.length)

for (const [steps, survival] of [
  [1, linear],
  [2, linear],
  [5, linear],
  [3, cosine],
] as const) {
  test(`ancestral in ${steps} ${survival.name} steps is its enumerated chain`, async () => {
    const found = await counts(inconsistent, { policy: 'ancestral', steps, survival })
    expect(chiSquareP(found, chainLaw(noJoint, steps, survival))).toBeGreaterThan(1e-4)
  })
}

/** Ancestral as the formula says it, with the reveal probability as a parameter. */
const byFormula = (reveal: (t: number, s: number) => number): Policy => ({
  ...policies.ancestral,
  wants: ({ step, steps, fog, random }) =>
    fog.filter(
      (position) =>
        step === steps - 1 ||
        random.uniform(step, position, 'position') <
          reveal(1 - step / steps, 1 - (step + 1) / steps),
    ),
})

test('the reveal probability is (α_s - α_t)/(1 - α_t); its wrong twins are rejected', async () => {
  const law = chainLaw(noJoint, 3, cosine)
  const of = async (policy: Policy) =>
    chiSquareP(await counts(inconsistent, { policy, steps: 3 }), law)
  const change = (t: number, s: number) => cosine(s) - cosine(t)
  expect(await of(byFormula((t, s) => change(t, s) / (1 - cosine(t))))).toBeGreaterThan(1e-4)
  const swapped = byFormula((t, s) => change(t, s) / (1 - cosine(s)))
  const flipped = byFormula((t, s) => change(1 - s, 1 - t) / (1 - cosine(1 - s)))
  for (const twin of [swapped, flipped]) expect(await of(twin)).toBeLessThan(1e-9)
})

test('every row has a uniform of its own: one draw for all rows is rejected', async () => {
  const law = chainLaw(noJoint, 1, linear)
  const shared = await counts(
    inconsistent,
    { policy: 'ancestral', steps: 1 },
    {
      random: (seed) => ({
        uniform: (step, _, purpose) => seeded(seed).uniform(step, 0, purpose),
      }),
    },
  )
  expect(chiSquareP(shared, law)).toBeLessThan(1e-9)
})

test('first hitting, and ancestral without steps, average over the orders of reveal', async () => {
  const law = averageOverOrders(noJoint)
  for (const policy of ['first-hitting', 'ancestral'] as const) {
    expect(chiSquareP(await counts(inconsistent, { policy }), law)).toBeGreaterThan(1e-4)
  }
  // one order for the whole batch: each text alone is right, all together are not
  const oneOrder: Policy = {
    ...policies['first-hitting'],
    wants: (state) => policies['first-hitting'].wants({ ...state, random: seeded(0) }),
  }
  expect(chiSquareP(await counts(inconsistent, { policy: oneOrder }), law)).toBeLessThan(1e-9)
})

test('hitting levels read in order are the recursion t ← t·u^{1/n}', async () => {
  // the first time is the largest of n uniforms, the second is u^{1/(n-1)} of it: both ratios^power are uniform
  const n = 4
  const bins = [new Array(10).fill(0), new Array(10).fill(0)]
  for (let seed = 0; seed < samples; seed++) {
    const random = seeded(seed)
    const levels = Array.from({ length: n }, (_, i) => random.uniform(0, i, 'position'))
    levels.sort((a, b) => b - a)
    bins[0][Math.floor(10 * levels[0] ** n)]++
    bins[1][Math.floor(10 * (levels[1] / levels[0]) ** (n - 1))]++
  }
  for (const found of bins) expect(chiSquareP(found, new Array(10).fill(0.1))).toBeGreaterThan(1e-4)
})

test('ancestral in ever finer steps reveals in the order of first hitting', async () => {
  const order = async (options: PlanOptions) => {
    const found: number[] = []
    const plan = makePlan(options, inconsistent)
    const canvas = { tokens: new Int32Array(8).fill(mask), state: new Uint8Array(8).fill(1) }
    for await (const frame of denoise(inconsistent, canvas, plan)) found.push(...frame.changed)
    return found
  }
  for (let seed = 0; seed < 20; seed++) {
    expect(await order({ policy: 'ancestral', steps: 20_000, seed })).toEqual(
      await order({ policy: 'first-hitting', seed }),
    )
  }
})

test('left to right is the product of conditionals', async () => {
  const law = orderLaw(noJoint, orders[0])
  const options = { policy: 'left-to-right' } as const
  expect(chiSquareP(await counts(inconsistent, options), law)).toBeGreaterThan(1e-4)
  const causal = await counts({ ...inconsistent, causal: true }, {})
  expect(chiSquareP(causal, law)).toBeGreaterThan(1e-4)
  expect(chiSquareP(causal, orderLaw(noJoint, orders[5]))).toBeLessThan(1e-9)
})

test('one word a step writes the joint distribution, whatever the policy, when conditionals agree', async () => {
  const options: PlanOptions[] = [
    { policy: 'confidence' },
    { policy: 'confidence', orderTemperature: 2 },
    { policy: 'margin' },
    { policy: 'first-hitting' },
    { policy: 'left-to-right' },
    // steps for no more than the first writing
    { policy: 'revise', steps: 3 },
  ]
  for (const option of options) {
    expect(chiSquareP(await counts(consistent, option), joint)).toBeGreaterThan(1e-4)
  }
})

test('doubts are about words that the others contradict, and writing again removes them', async () => {
  // texts are the more probable the more their words agree; a hasty network guesses the second word it writes
  const agreement = texts.map((text) =>
    Math.exp(6 * Math.max(...texts[0].map((_, v) => text.filter((id) => id === v).length))),
  )
  const truth = conditionalRow(agreement, V)
  const nothing = [mask, mask, mask]
  const hasty = tableDenoiser(V, (tokens, i) =>
    truth(tokens.filter((id) => id !== mask).length === 1 ? nothing : tokens, i),
  )
  // a share of 2,000 texts is known to a hundredth
  const agreed = async (steps?: number) => {
    const plan = makePlan({ policy: 'revise', steps }, hasty)
    const found = await timesWritten(hasty, fogged, plan, 2000)
    return [0, 1, 2].reduce((sum, v) => sum + found[index([v, v, v])], 0) / 2000
  }
  expect(await agreed(3)).toBeLessThan(0.4)
  expect(await agreed(3 + 2 * 6)).toBeGreaterThan(0.5)
  expect(await agreed()).toBeGreaterThan(0.9)
})

test('ranking by the probability of the token drawn is a temperature in disguise', async () => {
  const lucky: Policy = {
    ...policies.confidence,
    choose: (predictions) =>
      [...predictions].sort((a, b) => b.confidence - a.confidence).slice(0, 1),
  }
  expect(chiSquareP(await counts(consistent, { policy: lucky }), joint)).toBeLessThan(1e-9)
})

test('confidence in one step is the product of marginals', async () => {
  const found = await counts(consistent, { policy: 'confidence', steps: 1 })
  expect(chiSquareP(found, chainLaw(jointRow, 1, linear))).toBeGreaterThan(1e-4)
  expect(chiSquareP(found, joint)).toBeLessThan(1e-9)
})

test('given text conditions: p(text | its middle word)', async () => {
  const canvas = { tokens: Int32Array.of(mask, 1, mask), state: Uint8Array.of(1, 0, 1) }
  const part = joint.map((p, i) => (texts[i][1] === 1 ? p : 0))
  const law = part.map((p) => p / part.reduce((a, b) => a + b))
  for (const policy of ['first-hitting', 'confidence', 'left-to-right'] as const) {
    expect(chiSquareP(await counts(consistent, { policy }, {}, canvas), law)).toBeGreaterThan(1e-4)
  }
})

test('temperature, top-k, top-p and min-p change each conditional as they say', async () => {
  const normal = (weights: number[]) => weights.map((w) => w / weights.reduce((a, b) => a + b))
  const kept = (row: number[], most: (p: number, better: number) => boolean) =>
    normal(
      row.map((p) =>
        most(
          p,
          row.filter((q) => q > p).reduce((a, b) => a + b, 0),
        )
          ? p
          : 0,
      ),
    )
  const cases: [PlanOptions, (row: number[]) => number[]][] = [
    [{ temperature: 0.5 }, (row) => normal(row.map((p) => p ** 2))],
    [{ temperature: 2 }, (row) => normal(row.map((p) => p ** 0.5))],
    [{ topK: 2 }, (row) => kept(row, (p) => row.filter((q) => q > p).length < 2)],
    // a token stays while those before it have not yet reached topP
    [{ topP: 0.6 }, (row) => kept(row, (_, better) => better < 0.6)],
    [{ minP: 0.5 }, (row) => kept(row, (p) => p >= 0.5 * Math.max(...row))],
    [{ temperature: 0 }, (row) => row.map((p) => (p === Math.max(...row) ? 1 : 0))],
  ]
  for (const [options, changed] of cases) {
    const law = orderLaw((tokens, position) => changed(noJoint(tokens, position)), orders[0])
    const found = await counts(inconsistent, { ...options, policy: 'left-to-right' })
    expect(chiSquareP(found, law), JSON.stringify(options)).toBeGreaterThan(1e-4)
    expect(chiSquareP(found, orderLaw(noJoint, orders[0]))).toBeLessThan(1e-9)
  }
})
