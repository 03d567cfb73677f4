// Superposed steps: the numbers of the released code, and by enumeration what they leave behind: the noise's own
// marginals, whatever the share of fresh noise.
import { describe, expect, it, test } from 'vitest'
import recorded from './fixtures/psi_sampler.json' with { type: 'json' }
import { toyLanguage } from './fixtures/toy-language.ts'
import { cases as everyCase, ids, tokens } from './fixtures/word-noises.ts'
import { type Back, schedules, superposed, wordNoises } from './index.ts'

describe('the released code', () => {
  const { eps, updates } = recorded
  const states = {
    absorb: {
      noise: wordNoises.masked,
      texts: recorded.xt_absorb,
      logs: recorded.subs_log_probs,
      maskId: recorded.mask_id,
    },
    uniform: {
      noise: wordNoises.uniform,
      texts: recorded.xt_uniform,
      logs: recorded.log_x_theta_uniform,
      maskId: -1,
    },
  }
  /** theirs loses (1 - eps)·t at time t: what the linear schedule loses at this time */
  const time = (t: number) => (1 - eps) * t

  /** The largest difference of one update, with the step changed or not. */
  function worst(
    update: (typeof updates)[number],
    change: (step: Back) => Partial<Back> = () => ({}),
  ): number {
    const { noise, texts, logs, maskId } = states[update.state as keyof typeof states]
    const words = Int32Array.from(
      Array.from({ length: 11 }, (_, id) => id).filter((id) => id !== maskId),
    )
    const world = { vocabSize: 11, maskId, words, schedule: schedules.linear }
    let most = 0
    texts.forEach((text, b) => {
      text.forEach((noisy, i) => {
        const prediction = Float64Array.from(logs[b][i], (log) => Math.exp(log))
        const step = {
          noisy,
          prediction,
          from: time(update.t),
          to: time(update.t - update.dt!),
          fresh: 1 - (update.kappa ?? 1),
        }
        const q = superposed(noise, { ...step, ...change(step) }, world)
        const theirs = (update.q_sample ?? update.q_xs)![b][i]
        most = Math.max(most, ...theirs.map((share, id) => Math.abs(share - q[id])))
      })
    })
    return most
  }

  const steps = updates.filter(({ dt }) => dt !== undefined)
  test.each(steps)('$state, kappa $kappa', (update) => {
    expect(worst(update)).toBeLessThan(1e-12)
  })

  it('is another with the shares of posterior and fresh noise exchanged, or eps forgotten', () => {
    const unequal = steps.filter(({ kappa }) => kappa === 0.6)
    expect(unequal.length).toBe(2)
    for (const update of unequal) {
      expect(worst(update, ({ fresh }) => ({ fresh: 1 - fresh }))).toBeGreaterThan(1e-2)
      expect(worst(update, () => ({ to: update.t - update.dt! }))).toBeGreaterThan(1e-5)
    }
  })
})

const cases = everyCase.filter(({ noise }) => !noise.causal)
const steps = [
  [1, 0.7],
  [0.7, 0.35],
  // a corrector alone
  [0.4, 0.4],
  [0.3, 0],
  [1, 1],
]
type Step = typeof superposed

describe.each(cases)('$name', ({ noise, world }) => {
  const q = (x: number, t: number) => noise.forward(x, 0, t, world)

  /** How far what a step of a known word leaves behind is from the noise at its end. */
  function missed(from: number, to: number, fresh: number, step: Step = superposed): number {
    return Math.max(
      ...Array.from(tokens, (x) => {
        const prediction = Float64Array.from(ids, (id) => Number(id === x))
        const after = new Float64Array(4)
        q(x, from).forEach((share, noisy) => {
          if (share === 0) return
          step(noise, { noisy, prediction, from, to, fresh }, world).forEach((p, id) => {
            after[id] += share * p
          })
        })
        return Math.max(...ids.map((id) => Math.abs(after[id] - q(x, to)[id])))
      }),
    )
  }

  it('leaves the marginals of the noise behind', () => {
    for (const [from, to] of steps)
      for (const fresh of [0, 0.3, 1]) expect(missed(from, to, fresh)).toBeLessThan(1e-14)
  })

  it('does not with the fresh noise of the time where it began, nor with the posterior of another step', () => {
    const late: Step = (of, step, where) => {
      const back = superposed(of, { ...step, fresh: 0 }, where)
      const began = superposed(of, { ...step, to: step.from, fresh: 1 }, where)
      return back.map((p, id) => (1 - step.fresh) * p + step.fresh * began[id])
    }
    const short: Step = (of, step, where) =>
      superposed(of, { ...step, to: (step.from + step.to) / 2 }, where)
    for (const twin of [late, short]) expect(missed(0.7, 0.35, 0.3, twin)).toBeGreaterThan(1e-3)
  })

  it('leaves a text that no step can tell from a noisy one, where one word moves and all others stand', () => {
    const { texts, p } = toyLanguage(4, { length: 2 })
    /** [4 × 4] q of the first word at one time and the second at another */
    const joint = (first: number, second: number) =>
      ids.map((a) =>
        ids.map((b) =>
          texts.reduce((sum, [x, y], i) => sum + p[i] * q(x, first)[a] * q(y, second)[b], 0),
        ),
      )
    for (const [from, to] of steps) {
      const before = joint(from, from)
      for (const fresh of [0.3, 1]) {
        const after = ids.map(() => new Float64Array(4))
        for (const b of ids) {
          const weights = Float64Array.from(ids, (x) =>
            texts.reduce(
              (sum, text, i) => sum + (text[0] === x ? p[i] * q(text[1], from)[b] : 0),
              0,
            ),
          )
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          if (total === 0) continue
          const prediction = weights.map((weight) => weight / total)
          for (const noisy of ids) {
            if (before[noisy][b] === 0) continue
            superposed(noise, { noisy, prediction, from, to, fresh }, world).forEach((share, a) => {
              after[a][b] += before[noisy][b] * share
            })
          }
        }
        joint(to, from).forEach((row, a) => {
          row.forEach((share, b) => {
            expect(after[a][b]).toBeCloseTo(share, 14)
          })
        })
      }
    }
  })
})
