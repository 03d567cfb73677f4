// ReMDM: the vectors its released code draws from, its marginals by enumeration, and the texts it writes by theirs.
import { describe, expect, test } from 'vitest'
import {
  allTexts,
  chiSquareP,
  foggedCanvas,
  inconsistentRow,
  tableDenoiser,
  timesWritten,
} from '../../../test/support/denoisers.ts'
import { parityJson } from '../../../test/support/parity.ts'
import type { Draw, Random } from '../../random/index.ts'
import {
  type Denoiser,
  denoise,
  type Frame,
  makePlan,
  type Policy,
  type PolicyName,
  type PolicyState,
  type Prediction,
  policies,
  states,
} from '../index.ts'

const always = (uniform: number): Random => ({ uniform: () => uniform })

/** The positions that go back at a step. */
function goingBack(policy: Policy, state: PolicyState): number[] {
  if (state.fog.length === 0) return [...policy.wants(state)]
  const changes = policy.choose(answers(state), state)
  return changes.flatMap(({ position, token }) =>
    token === state.maskId && state.state[position] === states.settled ? [position] : [],
  )
}

const answers = (state: PolicyState, heard: (position: number, stay: number) => void = () => {}) =>
  Array.from(state.fog, (position) => {
    const tokenOrMask = (stay: number) => {
      heard(position, stay)
      return 0
    }
    return { position, best: 0, tokenOrMask } as Prediction
  })

/** [L] probability with which each position is in the fog after the step: what the policy hands to the draw, and the
 * uniform below which a settled word goes back, by bisection. */
function fogAfter(policy: Policy, state: PolicyState): number[] {
  const chances: number[] = Array.from(state.state, (one, position) => {
    if (one !== states.settled) return 0
    let [low, high] = [0, 1]
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2
      if (goingBack(policy, { ...state, random: always(middle) }).includes(position)) low = middle
      else high = middle
    }
    return low
  })
  policy.choose(
    answers(state, (position, stay) => {
      chances[position] = stay
    }),
    { ...state, random: always(0.5) },
  )
  return chances
}

describe('the released code', () => {
  interface Row {
    sampler: string
    t: number
    dt: number
    nucleus_p: number
    eta?: number
    q_xs: number[][][]
    conf_in?: (number | '-inf')[][]
    conf_out?: (number | '-inf')[][]
    xs_argmax?: number[][]
  }
  const { L, V, mask_id, logits, xt, rows } = parityJson<{
    L: number
    V: number
    mask_id: number
    logits: number[][][]
    xt: number[][]
    rows: Row[]
  }>('math/remdm.json')

  const network = (b: number): Denoiser => ({
    vocabSize: V,
    maskId: mask_id,
    banned: [mask_id],
    context: L,
    causal: false,
    logits: async (asks) =>
      asks.map(({ rows }) => Float32Array.from([...rows].flatMap((i) => logits[b][i]))),
  })
  const policyOf = ({ sampler }: Row): Policy =>
    policies[(sampler === 'mdlm' ? 'ddpm' : sampler) as PolicyName]

  /** The canvas of a row before its step. Recorded times may lie between two steps, and so does the number of this one. */
  function frameBefore({ t, dt, conf_in }: Row, b: number): Frame {
    const state = Uint8Array.from(xt[b], (id) => (id === mask_id ? states.fog : states.settled))
    const certain = conf_in?.[b].map((conf) => (conf === '-inf' ? 0 : -conf))
    return {
      step: (1 - t) / dt,
      forwards: 0,
      tokens: Int32Array.from(xt[b]),
      state,
      confidence: Float32Array.from(certain ?? new Array(L).fill(0.5)),
      entropy: new Float32Array(L),
      changed: [],
      text: '',
      seed: 0,
    }
  }

  const planOf = (row: Row, policy: Policy, b: number) =>
    makePlan(
      {
        policy,
        steps: Math.round(1 / row.dt),
        eps: 0,
        topP: row.nucleus_p,
        length: L,
        ...(policy.takes.includes('eta') ? { eta: row.eta } : {}),
      },
      network(b),
    )

  /** [L][V] what is drawn from at each position. */
  async function vectors(row: Row, policy: Policy, b: number): Promise<number[][]> {
    const from = frameBefore(row, b)
    const plan = planOf(row, policy, b)
    const drawn: number[][] = []
    const draw: Draw = (weights, _, __, position) => {
      drawn[position] ??= normal(Array.from(weights))
      return 0
    }
    for await (const frame of denoise(network(b), from, plan, { draw })) {
      if (frame.step > from.step) break
    }
    const fog = Int32Array.from([...from.state.keys()].filter((i) => from.state[i] === states.fog))
    const view = { ...from, steps: 51, maskId: mask_id, fog, start: L, settings: plan }
    const chances = fogAfter(policy, { ...view, random: always(0.5) })
    for (const [i, id] of xt[b].entries()) {
      if (id === mask_id) continue
      drawn[i] = new Array(V).fill(0)
      drawn[i][id] = 1 - chances[i]
      drawn[i][mask_id] = chances[i]
    }
    return drawn
  }

  const normal = (row: number[]) => row.map((q) => q / row.reduce((sum, one) => sum + one, 0))
  /** Recorded logits are float64, a network's are float32: 3e-8 of ten. */
  const close = 1e-6
  async function worst(row: Row, policy = policyOf(row)): Promise<number> {
    let most = 0
    for (const b of xt.keys()) {
      const got = await vectors(row, policy, b)
      for (const [i, expected] of row.q_xs[b].entries()) {
        // words that MDLM has settled are copied, whatever the vector says
        const copied = got[i][mask_id] === 0 && xt[b][i] !== mask_id && copies(row)
        if (copied) continue
        const distance = normal(expected).map((q, v) => Math.abs(q - got[i][v]))
        most = Math.max(most, ...distance)
      }
    }
    return most
  }
  const inLoop = ({ t }: Row) => t > 0.05 && t <= 0.55
  const copies = (row: Row) =>
    row.sampler === 'mdlm' || (row.sampler === 'remdm-loop' && !inLoop(row))

  for (const row of rows) {
    const { sampler, t, nucleus_p, eta } = row
    test(`${sampler} at ${t}, top-p ${nucleus_p}${eta ? `, eta ${eta}` : ''}`, async () => {
      expect(await worst(row)).toBeLessThan(close)
    })
  }

  const conf = rows.filter(({ sampler }) => sampler === 'remdm-conf')
  test('conf remembers how probable a word was when it was written, and forgets words that go back', async () => {
    // the recorded draws are the most probable outcomes
    const draw: Draw = (weights) => Array.from(weights).indexOf(Math.max(...Array.from(weights)))
    let written = 0
    for (const row of conf) {
      for (const b of xt.keys()) {
        const from = frameBefore(row, b)
        let after = from
        const options = { draw, random: () => always(0.5) }
        for await (const frame of denoise(
          network(b),
          from,
          planOf(row, policies['remdm-conf'], b),
          options,
        )) {
          if (frame.step <= from.step + 1.01) after = frame
        }
        expect([...after.tokens]).toEqual(row.xs_argmax![b])
        for (const [i, expected] of row.conf_out![b].entries()) {
          expect(after.state[i] === states.fog).toBe(expected === '-inf')
          if (expected === '-inf') continue
          // the released code remembers the probability after top-p, a frame the one before it
          const kept = xt[b][i] === mask_id ? keptBy(row.nucleus_p, b, i) : 1
          expect(after.confidence[i] / kept).toBeCloseTo(-expected, 6)
          if (xt[b][i] === mask_id) written++
        }
      }
    }
    expect(written).toBe(2)
  })

  function keptBy(p: number, b: number, i: number): number {
    const words = normal(logits[b][i].map((logit, id) => (id === mask_id ? 0 : Math.exp(logit))))
    let sum = 0
    for (const word of words.sort((x, y) => y - x)) {
      if (sum > 0 && sum + word > p) break
      sum += word
    }
    return sum
  }

  test('trap 12: the word that crosses top-p is dropped, the first never is', async () => {
    const filtered = rows.filter(({ nucleus_p }) => nucleus_p < 1)
    expect(filtered.length).toBe(12)
    for (const row of filtered) {
      expect(await worst(row, { ...policyOf(row), nucleus: 'reaching' })).toBeGreaterThan(1e-3)
      // a first word above top-p alone
      expect(row.q_xs.flat().some((q) => q.filter((one) => one > 0).length === 2)).toBe(true)
    }
  })

  test('trap 12: the shares of conf are a softmax over the settled words alone, used as they are', async () => {
    const seen = (change: (state: PolicyState) => Partial<PolicyState>): Policy => ({
      ...policies['remdm-conf'],
      choose: (predictions, state) =>
        policies['remdm-conf'].choose(predictions, { ...state, ...change(state) }),
    })
    const twins = {
      equal: seen(({ confidence }) => ({ confidence: confidence.map(() => 0.5) })),
      surest: seen(({ confidence }) => ({ confidence: confidence.map((p) => -p) })),
      fogToo: seen(({ state }) => ({ state: state.map(() => states.settled) })),
    }
    for (const row of conf.filter(({ t }) => t > 0.1)) {
      for (const twin of Object.values(twins)) expect(await worst(row, twin)).toBeGreaterThan(1e-3)
    }
  })

  test('trap 12: loop goes back between t_on and t_off alone', () => {
    const loops = rows.filter(({ sampler }) => sampler === 'remdm-loop')
    const back = loops.map((row) => {
      const from = frameBefore(row, 0)
      const plan = planOf(row, policies['remdm-loop'], 0)
      const fog = Int32Array.of(0, 2, 3, 5)
      const view = { ...from, steps: 51, maskId: mask_id, fog, start: L, settings: plan }
      return goingBack(policies['remdm-loop'], { ...view, random: always(1e-12) }).length
    })
    expect(loops.map(({ t }) => t)).toEqual([0.9, 0.55, 0.3, 0.04])
    expect(back).toEqual([0, 2, 2, 0])
  })
})

const remasking = [
  'forward-backward',
  'remdm-cap',
  'remdm-rescale',
  'remdm-conf',
  'remdm-loop',
] as const

describe('the share of settled words', () => {
  const length = 3
  const steps = 12
  const eps = 1e-3
  const mask = 2
  const patterns = allTexts(2, length)

  /** Σ over all canvases, step by step, in float64: probability that a position is settled, and two are. */
  function shares(policy: Policy, eta: number | undefined, survival: (t: number) => number) {
    const settings = makePlan(
      { policy, steps, eps, survival, ...(policy.takes.includes('eta') ? { eta } : {}) },
      { causal: false },
    )
    // a canvas is which of its positions are in the fog
    let canvases: number[] = patterns.map((pattern) => Number(pattern.every((fog) => fog === 1)))
    return Array.from({ length: steps }, (_, step) => {
      const next = new Array<number>(patterns.length).fill(0)
      for (const [i, pattern] of patterns.entries()) {
        const state = Uint8Array.from(pattern, (fog) => (fog ? states.fog : states.settled))
        const chances = fogAfter(policy, {
          step,
          steps: steps + 1,
          tokens: Int32Array.from(pattern, (fog) => (fog ? mask : 0)),
          state,
          // words of different certainty
          confidence: Float32Array.from(pattern, (_, position) => 0.2 + 0.3 * position),
          entropy: new Float32Array(length),
          maskId: mask,
          fog: Int32Array.from([...state.keys()].filter((one) => state[one] === states.fog)),
          start: length,
          settings,
          random: always(0.5),
        })
        for (const [j, after] of patterns.entries()) {
          next[j] += after.reduce(
            (p, fog, position) => p * (fog ? chances[position] : 1 - chances[position]),
            canvases[i],
          )
        }
      }
      canvases = next
      const sum = (counts: (pattern: number[]) => boolean) =>
        canvases.reduce((total, p, i) => total + (counts(patterns[i]) ? p : 0), 0)
      return {
        one: patterns[0].map((_, position) => sum((pattern) => pattern[position] === 0)),
        two: sum(([a, b]) => a + b === 0),
      }
    })
  }

  const linear = (t: number) => 1 - t
  const cosine = (t: number) => Math.cos((Math.PI / 2) * t)
  /** The schedule's own time at the end of a step, for loop as its paper has it: to 0.9, a stand, and the rest. */
  const timeAfter = (name: string, step: number): number => {
    const t = 1 - ((step + 1) * (1 - eps)) / steps
    if (name !== 'remdm-loop') return t
    if (t > 0.55) return 1 - ((1 - t) * 0.9) / 0.45
    return t > 0.05 ? 0.1 : (t * 0.1) / 0.05
  }

  for (const name of remasking) {
    for (const survival of [linear, cosine]) {
      for (const eta of name === 'forward-backward' || name === 'remdm-conf'
        ? [undefined]
        : [undefined, 0.4, 1]) {
        const kept = name !== 'remdm-conf'
        test(`${name}${eta ? `, eta ${eta}` : ''}, ${survival.name}: ${kept ? 'the schedule keeps it' : 'less than the schedule says'}`, () => {
          for (const [step, { one, two }] of shares(policies[name], eta, survival).entries()) {
            const clean = survival(timeAfter(name, step))
            if (kept) {
              for (const share of one) expect(share).toBeCloseTo(clean, 12)
              expect(two).toBeCloseTo(clean ** 2, 12)
            } else if (step > 0 && step < steps - 1) {
              for (const share of one) expect(share).toBeLessThan(clean - 1e-3)
            }
          }
        })
      }
    }
  }

  test('without the more frequent reveals the share falls', () => {
    const careless: Policy = {
      ...policies['remdm-cap'],
      choose: (predictions, state) => [
        ...policies['remdm-cap'].choose([], state),
        ...policies.ddpm.choose(predictions, state),
      ],
    }
    const found = shares(careless, 0.4, linear)
    expect(found[6].one[0]).toBeLessThan(linear(timeAfter('remdm-cap', 6)) - 0.05)
  })
})

describe('texts', () => {
  const V = 3
  const L = 3
  const mask = V
  const samples = 20_000
  const eta = 0.4
  const eps = 0.01
  const row = inconsistentRow(V)
  const network = tableDenoiser(V, row)
  const texts = allTexts(V, L)
  const canvases = allTexts(V + 1, L)
  const index = (canvas: ArrayLike<number>, base: number) =>
    Array.from(canvas).reduce((sum, id) => sum * base + id, 0)

  /** The chain of the paper, canvas by canvas; the last step takes the most probable word. */
  function law(steps: number, sigmaOf: (most: number, at: number, as: number) => number): number[] {
    let weights: number[] = canvases.map((canvas) => Number(canvas.every((id) => id === mask)))
    for (let step = 0; step < steps; step++) {
      const [at, as] = [step, step + 1].map((k) => (k * (1 - eps)) / steps)
      const sigma = sigmaOf(at === 0 ? 1 : Math.min(1, (1 - as) / at), at, as)
      const reveal = (as - (1 - sigma) * at) / (1 - at)
      weights = push(weights, (canvas, i) => {
        if (canvas[i] === mask) return [...row(canvas, i).map((p) => p * reveal), 1 - reveal]
        return [0, 1, 2, mask].map((id) => (id === canvas[i] ? 1 - sigma : id === mask ? sigma : 0))
      })
    }
    weights = push(weights, (canvas, i) => {
      const best =
        canvas[i] === mask ? row(canvas, i).indexOf(Math.max(...row(canvas, i))) : canvas[i]
      return [0, 1, 2, mask].map((id) => (id === best ? 1 : 0))
    })
    return texts.map((text) => weights[index(text, V + 1)])
  }

  const push = (weights: number[], kernel: (canvas: number[], i: number) => number[]) => {
    const next = weights.map(() => 0)
    for (const [from, canvas] of canvases.entries()) {
      if (weights[from] === 0) continue
      const each = canvas.map((_, i) => kernel(canvas, i))
      for (const [to, after] of canvases.entries()) {
        next[to] += after.reduce((p, id, i) => p * each[i][id], weights[from])
      }
    }
    return next
  }

  async function counts(policy: Policy, steps: number): Promise<number[]> {
    const plan = makePlan(
      { policy, steps, eps, ...(policy.takes.includes('eta') ? { eta } : {}) },
      network,
    )
    return timesWritten(network, foggedCanvas(L, mask), plan, samples)
  }

  const sigmas = {
    'forward-backward': (most: number, at: number, as: number) => Math.min(most, (as - at) / at),
    'remdm-cap': (most: number) => Math.min(most, eta),
    'remdm-rescale': (most: number) => most * eta,
  }
  for (const name of ['forward-backward', 'remdm-cap', 'remdm-rescale'] as const) {
    test(`${name} is its enumerated chain`, async () => {
      const expected = law(5, (most, at, as) => (at === 0 ? 0 : sigmas[name](most, at, as)))
      const found = await counts(policies[name], 5)
      expect(chiSquareP(found, expected)).toBeGreaterThan(1e-4)
      // words that stay once they are written
      expect(
        chiSquareP(
          found,
          law(5, () => 0),
        ),
      ).toBeLessThan(1e-9)
    })
  }

  test('a text is not finished while its words may go back', async () => {
    const hasty: Policy = { ...policies['remdm-cap'], done: ({ fog }) => fog.length === 0 }
    const expected = law(5, (most) => Math.min(most, eta))
    expect(chiSquareP(await counts(hasty, 5), expected)).toBeLessThan(1e-9)
  })
})
