// Guidance: the numbers of the released code for both kinds of noise, each of which is wrong for the other, and a chain
// of guided steps by enumeration.
import { describe, expect, test } from 'vitest'
import {
  chiSquareP,
  inconsistentRow,
  tableDenoiser,
  timesWritten,
} from '../../test/support/denoisers.ts'
import { parityJson } from '../../test/support/parity.ts'
import { noises, schedules, type WordNoise } from '../noise/index.ts'
import { guide, guideStep } from './guidance.ts'
import { makePlan, states } from './index.ts'

const normalised = (q: Float64Array) => q.map((x) => x / q.reduce((a, b) => a + b))

describe('the released code', () => {
  interface Recorded {
    xt: number[][]
    log_x_theta_cond: (number | '-inf')[][][]
    log_x_theta_uncond: (number | '-inf')[][][]
    d_cfg: { gamma: number; q_xs: number[][][] }[]
  }
  const { V, mask_id, t, s, absorbing_state, uniform } = parityJson<{
    V: number
    mask_id: number
    t: number[]
    s: number[]
    absorbing_state: Recorded
    uniform: Recorded
  }>('math/guidance_dcfg_dcbg.json')
  const ids = Array.from({ length: V }, (_, id) => id)
  const logs = (row: (number | '-inf')[]) =>
    Float64Array.from(row, (log) => (log === '-inf' ? -1e6 : log))

  /** The largest difference over all positions and one scale. */
  function worst(
    { xt, log_x_theta_cond, log_x_theta_uncond }: Recorded,
    { gamma, q_xs }: Recorded['d_cfg'][number],
    noise: WordNoise,
    mixed: 'logits' | 'steps',
  ): number {
    const maskId = noise.hides ? mask_id : -1
    const words = Int32Array.from(ids.filter((id) => id !== maskId))
    const world = { vocabSize: V, maskId, words, schedule: schedules.linear }
    const differences = xt.flatMap((text, b) =>
      text.map((noisy, i) => {
        const back = (known: Float64Array) =>
          noise.posterior(noisy, normalised(known.map(Math.exp)), s[b], t[b], world)
        const [given, without] = [log_x_theta_cond, log_x_theta_uncond].map((of) => logs(of[b][i]))
        // one scale is theirs less the answer itself
        const scale = gamma - 1
        const logits = () =>
          Float64Array.from(guide(Float32Array.from(given), Float32Array.from(without), scale))
        const q = mixed === 'logits' ? back(logits()) : guideStep(back(given), back(without), scale)
        const [ours, theirs] = [q, Float64Array.from(q_xs[b][i])].map(normalised)
        return Math.max(...ids.map((id) => Math.abs(ours[id] - theirs[id])))
      }),
    )
    return Math.max(...differences)
  }

  const kinds = [
    ['absorbing', absorbing_state, noises.masked, 'logits', 'steps'],
    ['uniform', uniform, noises.uniform, 'steps', 'logits'],
  ] as const

  test.each(kinds)('%s: mixes as it does', (_, recorded, noise, right) => {
    for (const row of recorded.d_cfg) {
      // guided logits are float32
      const close = right === 'logits' ? 1e-6 : 1e-12
      expect(worst(recorded, row, noise, right), `gamma ${row.gamma}`).toBeLessThan(close)
    }
  })

  test.each(kinds)(
    'trap 13: %s noise is not guided as the other',
    (_, recorded, noise, __, wrong) => {
      const mixtures = recorded.d_cfg.filter(({ gamma }) => gamma !== 0 && gamma !== 1)
      expect(mixtures.length).toBeGreaterThan(0)
      for (const row of mixtures) expect(worst(recorded, row, noise, wrong)).toBeGreaterThan(1e-3)
    },
  )
})

describe('a chain of two guided steps', () => {
  const V = 3
  const mask = V
  const words = Int32Array.of(0, 1, 2)
  const schedule = schedules.linear
  const world = { vocabSize: V + 1, maskId: mask, words, schedule }
  type Row = ReturnType<typeof inconsistentRow>
  const scale = 1.5
  const given = 1
  const canvas = {
    tokens: Int32Array.of(mask, given),
    state: Uint8Array.of(states.fog, states.given),
  }

  /** [V] of the first word; its last step takes what is most probable. */
  function law(row: Row, noise: WordNoise, mixed: 'logits' | 'steps'): number[] {
    const step = (noisy: number, from: number, to: number) => {
      const known = [given, mask].map((other) => Float64Array.from([...row([noisy, other], 0), 0]))
      const back = (p: Float64Array) => noise.posterior(noisy, p, to, from, world)
      if (mixed === 'steps') return normalised(guideStep(back(known[0]), back(known[1]), scale))
      return back(normalised(guideStep(known[0], known[1], scale)))
    }
    const after = new Float64Array(V + 1)
    noise.prior(world).forEach((p, noisy) => {
      if (p > 0)
        step(noisy, 1, 0.5).forEach((q, id) => {
          after[id] += p * q
        })
    })
    const texts = new Array(V).fill(0)
    after.forEach((p, noisy) => {
      if (p === 0) return
      const q = step(noisy, 0.5, 0)
      texts[q.indexOf(Math.max(...q))] += p
    })
    return texts
  }

  // answers under which the two mixtures differ much
  test.each([
    [noises.masked, inconsistentRow(V, 3), 'logits', 'steps'],
    [noises.hybrid.replacing!(0.3) as WordNoise, inconsistentRow(V, 12), 'steps', 'logits'],
  ] as const)('under $name noise mixes what it should', async (noise, row, right, wrong) => {
    const network = tableDenoiser(V, row, { process: { noise, schedule, words } })
    const plan = makePlan({ policy: 'posterior', steps: 2, guidance: scale }, network)
    const found = await timesWritten(network, canvas, plan, 6_000)
    // texts end in the word that is given
    const first = [0, 1, 2].map((word) => found[V * word + given])
    expect(first.reduce((a, b) => a + b)).toBe(6_000)
    expect(chiSquareP(first, law(row, noise, right))).toBeGreaterThan(1e-4)
    expect(chiSquareP(first, law(row, noise, wrong))).toBeLessThan(1e-6)
  })
})
