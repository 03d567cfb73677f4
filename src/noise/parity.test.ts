// The formulas of released code agree with ours: fixtures/ holds numbers that mdlm, md4 and LLaDA give (float64).
import { describe, expect, it } from 'vitest'
import llada from './fixtures/llada_loss.json' with { type: 'json' }
import md4 from './fixtures/md4.json' with { type: 'json' }
import ancestral from './fixtures/mdlm_ancestral.json' with { type: 'json' }
import mdlm from './fixtures/mdlm_nelbo.json' with { type: 'json' }
import mdlmSchedules from './fixtures/mdlm_noise_schedules.json' with { type: 'json' }
import { price } from './fixtures/price.ts'
import { noises, type Schedule, schedules, squeezed } from './index.ts'

const { masked } = noises
const eps = 1e-3
const logLinear = squeezed(schedules.linear, { low: eps })

interface Case {
  logits: number[][][]
  x0: number[][]
  xt: number[][]
  t: number[]
  mask_id: number
}

/** One row per masked position of a recorded batch; `banned` logits are lowered as the network's head does. */
function maskedRows({ logits, x0, xt, t, mask_id }: Case, banned: readonly number[] = []) {
  return xt.flatMap((noisy, b) =>
    Array.from(masked.rows(Int32Array.from(noisy), mask_id), (position) => ({
      batch: b,
      position,
      logits: logits[b][position].map((x, id) => (banned.includes(id) ? x - 1e9 : x)),
      target: x0[b][position],
      noisy: mask_id,
      time: t[b],
    })),
  )
}

const total = (values: ArrayLike<number>, take: (r: number) => boolean = () => true) =>
  Array.from(values).reduce((sum, value, r) => (take(r) ? sum + value : sum), 0)

describe('mdlm', () => {
  it('prices every masked position as the continuous-time NELBO does', async () => {
    const rows = maskedRows(mdlm, [mdlm.mask_id])
    const nats = await price(masked, rows, { schedule: logLinear })
    expect(rows.length).toBe(9)
    rows.forEach(({ batch, position }, r) => {
      expect(nats[r]).toBeCloseTo(mdlm.nelbo_per_token[batch][position], 10)
    })
  })

  it('leaves revealed positions free', () => {
    mdlm.nelbo_per_token.forEach((row, b) => {
      const paid = row.flatMap((nats, i) => (Math.abs(nats) > 0 ? [i] : []))
      expect(Array.from(masked.rows(Int32Array.from(mdlm.xt[b]), mdlm.mask_id))).toEqual(paid)
    })
  })

  it('reveals in T steps with the weight of the discrete-time loss', () => {
    const { T, t_discretised, subs_T_loss_per_token } = mdlm.finite_T
    t_discretised.forEach((t, b) => {
      const world = { vocabSize: 11, maskId: mdlm.mask_id, schedule: logLinear }
      const stays = masked.posterior(world.maskId, new Float64Array(11), t - 1 / T, t, world)
      mdlm.cross_entropy[b].forEach((ce, i) => {
        const nats = T * (1 - stays[world.maskId]) * ce
        expect(nats).toBeCloseTo(subs_T_loss_per_token[b][i], 10)
      })
    })
  })

  it('has the same schedules', () => {
    const turned: Schedule = {
      ...schedules.cosine,
      survival: (t) => 1 - schedules.cosine.survival(1 - t),
      derivative: (t) => schedules.cosine.derivative(1 - t),
    }
    const rows = [
      [logLinear, mdlmSchedules.schedules['LogLinearNoise_eps1e-3']],
      [squeezed(turned, { low: eps }), mdlmSchedules.schedules['CosineNoise_eps1e-3']],
    ] as const
    for (const [schedule, { total_noise_sigma, rate_noise_dsigma }] of rows) {
      mdlmSchedules.t.forEach((t, i) => {
        const survival = schedule.survival(t)
        expect(-Math.log(survival)).toBeCloseTo(total_noise_sigma[i], 10)
        const rate = -schedule.derivative(t) / survival
        expect(Math.abs(rate / rate_noise_dsigma[i] - 1) || 0).toBeLessThan(1e-10)
      })
    }
  })

  it('steps back as the ancestral update does, with and without eps', () => {
    for (const [recorded, schedule] of [
      [ancestral.ddpm_update, logLinear],
      [ancestral.ddpm_cache_update, schedules.linear],
    ] as const) {
      ancestral.xt.forEach((noisy, b) => {
        const [s, t] = [ancestral.s[b], ancestral.t[b]]
        const world = { vocabSize: 11, maskId: ancestral.mask_id, schedule }
        noisy.forEach((token, i) => {
          if (token !== world.maskId) return
          const clean = softmax(ancestral.logits[b][i], world.maskId)
          const posterior = masked.posterior(token, clean, s, t, world)
          // theirs is not divided by the noise level 1 - α_t
          const noise = 1 - schedule.survival(t)
          recorded.q_xs_unnormalised[b][i].forEach((q, id) => {
            expect(posterior[id]).toBeCloseTo(q / noise, 10)
          })
        })
      })
    }
  })
})

describe('md4', () => {
  const low = 1e-4
  const rows = maskedRows(md4)

  it.each(['linear', 'cosine'] as const)('%s: survival, derivative and loss', async (name) => {
    const schedule = squeezed(schedules[name], { low, high: 1 - low })
    const recorded = md4.schedules[name]
    md4.t_grid.forEach((t, i) => {
      expect(schedule.survival(t)).toBeCloseTo(recorded.alpha[i], 12)
      expect(schedule.derivative(t)).toBeCloseTo(recorded.dalpha[i], 12)
    })
    const nats = await price(masked, rows, { schedule })
    recorded.loss_cont_time.forEach((loss, b) => {
      expect(total(nats, (r) => rows[r].batch === b)).toBeCloseTo(loss, 9)
    })

    const T = 10
    const world = { vocabSize: 11, maskId: md4.mask_id, schedule }
    recorded.loss_timesteps_10.forEach((loss, b) => {
      const continuous = -schedule.derivative(md4.t[b]) / (1 - schedule.survival(md4.t[b]))
      const crossEntropy = recorded.loss_cont_time[b] / continuous
      const t = (Math.floor(md4.t[b] * T) + 1) / T
      const back = masked.posterior(world.maskId, new Float64Array(11), t - 1 / T, t, world)
      expect(T * (1 - back[world.maskId]) * crossEntropy).toBeCloseTo(loss, 9)
    })
  })
})

describe('LLaDA', () => {
  const { logits, x0, xt, t, mask_id } = llada
  // p = (1 - eps)·t + eps: the log-linear schedule at another name of the same noise level, with slope 1 for its weight
  const noiseLevel = t.map((time) => (1 - eps) * time + eps)

  it('pays 1/p per masked nat, over all tokens of the batch', async () => {
    const rows = maskedRows({ logits, x0, xt, t: noiseLevel, mask_id })
    const nats = await price(masked, rows, { schedule: schedules.linear })
    expect(total(nats) / (llada.B * llada.L)).toBeCloseTo(llada.pretrain.loss, 12)
    rows.forEach(({ batch, position }, r) => {
      expect(nats[r]).toBeCloseTo(llada.pretrain.token_loss[batch][position], 10)
    })
  })

  it('pays for the answer only, by its length', async () => {
    const { noisy_batch, answer_lengths, loss } = llada.sft
    const rows = maskedRows({ logits, x0, xt: noisy_batch, t: noiseLevel, mask_id })
    const nats = await price(masked, rows, { schedule: schedules.linear })
    const perAnswer = rows.map(({ batch }, r) => nats[r] / answer_lengths[batch])
    expect(total(perAnswer) / llada.B).toBeCloseTo(loss, 12)
  })

  it('keeps a prompt clean where the uniform number is 1', () => {
    const clean = Int32Array.from(x0[0])
    const [prompt] = llada.sft.prompt_lengths
    const world = { maskId: mask_id, schedule: schedules.linear }
    const noisy = masked.corrupt(clean, 1, world, (i) => (i < prompt ? 1 : 0.5))
    expect(Array.from(masked.rows(noisy, mask_id))).toEqual([2, 3, 4, 5])
  })
})

function softmax(logits: readonly number[], banned: number): Float64Array {
  const p = Float64Array.from(logits, (x, id) => (id === banned ? 0 : Math.exp(x)))
  const sum = p.reduce((a, b) => a + b)
  return p.map((x) => x / sum)
}
