// The formulas of released code agree with ours: fixtures/ holds numbers that mdlm, md4, bd3lms, MDM, LLaDA, GIDD, UDLM and Duo give (float64).
import { describe, expect, it } from 'vitest'
import bd3lm from './fixtures/bd3lm_clipped.json' with { type: 'json' }
import gidd from './fixtures/gidd.json' with { type: 'json' }
import llada from './fixtures/llada_loss.json' with { type: 'json' }
import md4 from './fixtures/md4.json' with { type: 'json' }
import ancestral from './fixtures/mdlm_ancestral.json' with { type: 'json' }
import mdlm from './fixtures/mdlm_nelbo.json' with { type: 'json' }
import mdlmSchedules from './fixtures/mdlm_noise_schedules.json' with { type: 'json' }
import mgdm from './fixtures/mgdm.json' with { type: 'json' }
import { type PricedRow, price } from './fixtures/price.ts'
import udlmDuo from './fixtures/uniform_udlm_duo.json' with { type: 'json' }
import { geometricOf } from './geometric.ts'
import { hybridOf } from './hybrid.ts'
import { clippedTimes, noises, type Schedule, schedules, squeezed } from './index.ts'
import { polynomialOf } from './polynomial.ts'

const { masked } = noises
const eps = 1e-3
const logLinear = squeezed(schedules.linear, { low: eps })
/** ten words and, last, the mask: so are all recorded vocabularies but UDLM's, which has no mask */
const world = (schedule: Schedule) => ({
  vocabSize: 11,
  maskId: 10,
  words: Int32Array.from({ length: 10 }, (_, id) => id),
  schedule,
})

interface Case {
  logits: number[][][]
  x0: number[][]
  xt: number[][]
  t: number[]
  mask_id: number
}

type RecordedRow = PricedRow & { batch: number; position: number }

/** One row per position of a recorded batch; `banned` logits are lowered as the network's head does. */
const everyRow = ({ logits, x0, xt, t }: Case, banned: readonly number[] = []): RecordedRow[] =>
  xt.flatMap((noisy, b) =>
    noisy.map((token, position) => ({
      batch: b,
      position,
      logits: logits[b][position].map((x, id) => (banned.includes(id) ? x - 1e9 : x)),
      target: x0[b][position],
      noisy: token,
      time: t[b],
    })),
  )

/** Those of masked positions. */
const maskedRows = (recorded: Case, banned: readonly number[] = []): RecordedRow[] =>
  everyRow(recorded, banned).filter(({ noisy }) => noisy === recorded.mask_id)

const total = (values: ArrayLike<number>, take: (r: number) => boolean = () => true) =>
  Array.from(values).reduce((sum, value, r) => (take(r) ? sum + value : sum), 0)

describe('mdlm', () => {
  it('prices every masked position as the continuous-time NELBO does', async () => {
    const rows = maskedRows(mdlm, [mdlm.mask_id])
    const nats = await price(masked, rows, world(logLinear))
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
      const { maskId } = world(logLinear)
      const nothing = new Float64Array(11)
      const stays = masked.posterior(maskId, nothing, t - 1 / T, t, world(logLinear))
      mdlm.cross_entropy[b].forEach((ce, i) => {
        const nats = T * (1 - stays[maskId]) * ce
        expect(nats).toBeCloseTo(subs_T_loss_per_token[b][i], 10)
      })
    })
    // Duo's code takes t - 1/T, which is what is lost, for what is left: right at one time alone
    const weights = t_discretised.map((t) => [1 / T, t - 1 / T - (1 - t)])
    expect(weights.some(([right, mistaken]) => Math.abs(mistaken / right - 1) > 0.1)).toBe(true)
  })

  it('has the same schedules', () => {
    const turned: Schedule = {
      ...schedules.cosine,
      survival: (t) => 1 - schedules.cosine.survival(1 - t),
      noise: (t) => schedules.cosine.survival(1 - t),
      derivative: (t) => schedules.cosine.derivative(1 - t),
    }
    const rows = [
      [logLinear, mdlmSchedules.schedules['LogLinearNoise_eps1e-3']],
      [squeezed(turned, { low: eps }), mdlmSchedules.schedules['CosineNoise_eps1e-3']],
      [
        squeezed(geometricOf(1e-3, 1), { low: Math.exp(-1), high: Math.exp(-1e-3) }),
        mdlmSchedules.schedules['GeometricNoise_1e-3_1'],
      ],
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
        const { maskId } = world(schedule)
        noisy.forEach((token, i) => {
          if (token !== maskId) return
          const clean = softmax(ancestral.logits[b][i], maskId)
          const posterior = masked.posterior(token, clean, s, t, world(schedule))
          // theirs is not divided by the noise level 1 - α_t
          const noise = 1 - schedule.survival(t)
          recorded.q_xs_unnormalised[b][i].forEach((q, id) => {
            expect(posterior[id]).toBeCloseTo(q / noise, 10)
          })
        })
      })
    }
    // trap 10: the one update keeps eps, the other does not
    const [kept, dropped] = [ancestral.ddpm_update, ancestral.ddpm_cache_update].map((update) =>
      update.q_xs_unnormalised.flat(2),
    )
    const share = Math.max(...kept.map((q, i) => Math.abs(q - dropped[i])))
    expect(share).toBeGreaterThan(1e-6)
  })
})

describe('md4', () => {
  const low = 1e-4
  const rows = maskedRows(md4)

  it.each([
    ['linear', schedules.linear],
    ['cosine', schedules.cosine],
    ['poly2', schedules.polynomial],
    ['poly3', polynomialOf(3)],
  ] as const)('%s: survival, derivative and loss', async (name, full) => {
    const schedule = squeezed(full, { low, high: 1 - low })
    const recorded = md4.schedules[name]
    md4.t_grid.forEach((t, i) => {
      expect(schedule.survival(t)).toBeCloseTo(recorded.alpha[i], 12)
      expect(schedule.derivative(t)).toBeCloseTo(recorded.dalpha[i], 12)
    })
    const nats = await price(masked, rows, world(schedule))
    recorded.loss_cont_time.forEach((loss, b) => {
      expect(total(nats, (r) => rows[r].batch === b)).toBeCloseTo(loss, 9)
    })

    const T = 10
    const { maskId } = world(schedule)
    recorded.loss_timesteps_10.forEach((loss, b) => {
      const continuous = -schedule.derivative(md4.t[b]) / (1 - schedule.survival(md4.t[b]))
      const crossEntropy = recorded.loss_cont_time[b] / continuous
      const t = (Math.floor(md4.t[b] * T) + 1) / T
      const back = masked.posterior(maskId, new Float64Array(11), t - 1 / T, t, world(schedule))
      expect(T * (1 - back[maskId]) * crossEntropy).toBeCloseTo(loss, 9)
    })
  })
})

describe('bd3lms', () => {
  const { logits, x0, uniform_blocks, uniform_tokens, block_size } = bd3lm
  const setting = world(schedules.linear)

  it('hides t of a text at time t and pays 1/t, without eps', () => {
    const rows = [
      [schedules.linear, bd3lm.schedules.loglinear],
      [schedules.polynomial, bd3lm.schedules.square],
    ] as const
    for (const [schedule, { move_chance, loss_scaling }] of rows) {
      bd3lm.t_grid.forEach((t, i) => {
        // theirs hides a thousandth at least, and then pays for it at another rate
        if (schedule.noise(t) < 1e-3) return
        expect(schedule.noise(t)).toBeCloseTo(move_chance[i], 12)
        expect(schedule.derivative(t) / schedule.noise(t)).toBeCloseTo(loss_scaling[i], 10)
      })
    }
  })

  describe.each(bd3lm.cases)(
    'clipped to $sampling_eps_min-$sampling_eps_max, antithetic $antithetic',
    ({ sampling_eps_min: least, sampling_eps_max: most, antithetic, t, xt, loss_per_token }) => {
      const { draw } = clippedTimes(schedules.linear, [least, most])

      it('draws the time of a block', () => {
        t.forEach((times, b) => {
          times.forEach((time, i) => {
            // theirs spreads antithetic numbers over the batch before it clips them: where between the ends is the same
            const u = antithetic
              ? (time - least) / (most - least)
              : uniform_blocks[b][Math.floor(i / block_size)]
            expect(draw(u)).toBeCloseTo(time, 14)
          })
        })
      })

      it('hides the same words', () => {
        xt.forEach((noisy, b) => {
          noisy.forEach((token, i) => {
            const [found] = masked.corrupt(
              Int32Array.of(x0[b][i]),
              t[b][i],
              setting,
              () => uniform_tokens[b][i],
            )
            expect(found).toBe(token)
          })
        })
      })

      it('pays the same, and not the price without a weight of ranges above a half', async () => {
        const rows = xt.flatMap((noisy, b) =>
          noisy.flatMap((token, i) =>
            token === bd3lm.mask_id
              ? [
                  {
                    logits: logits[b][i].map((x, id) => (id === bd3lm.mask_id ? x - 1e9 : x)),
                    target: x0[b][i],
                    noisy: token,
                    time: t[b][i],
                    recorded: loss_per_token[b][i],
                  },
                ]
              : [],
          ),
        )
        const nats = await price(masked, rows, setting)
        rows.forEach(({ recorded }, r) => {
          expect(nats[r]).toBeCloseTo(recorded, 10)
        })
        // theirs would pay 1 in place of 1/t from a least share above a half on: that is no part of the bound
        const unweighed = rows.map(({ time }, r) => time * nats[r])
        expect(Math.max(...rows.map(({ recorded }, r) => recorded - unweighed[r]))).toBeGreaterThan(
          0.1,
        )
      })
    },
  )
})

describe('MDM', () => {
  const { diffusion_steps: T, t, x0, xt, uniform, src_mask, loss_mask, logits, losses } = mgdm
  /** step t of T, counted from 0, is time (t + 1)/T */
  const time = (step: number) => (step + 1) / T

  it('hides (t + 1)/T of a text, not t/T', () => {
    const hidden = (at: (step: number) => number) =>
      x0.map((clean, b) =>
        Array.from(
          masked.corrupt(Int32Array.from(clean), at(t[b]), world(schedules.linear), (i) =>
            src_mask[b][i] ? 1 : uniform[b][i],
          ),
        ),
      )
    expect(hidden(time)).toEqual(xt)
    expect(hidden((step) => step / T)).not.toEqual(xt)
  })

  it('asks the row before, and divides by the number of masked words of the batch', async () => {
    const asked = (shift: number) =>
      loss_mask.flatMap((counts, b) =>
        counts.flatMap((count, i): PricedRow[] =>
          count
            ? [
                {
                  logits: logits[b][Math.max(0, i - shift)],
                  target: x0[b][i],
                  noisy: mgdm.mask_id,
                  time: time(t[b]),
                },
              ]
            : [],
        ),
      )
    const [shifted, straight] = await Promise.all(
      [1, 0].map((shift) => price(masked, asked(shift), world(schedules.linear))),
    )
    const [original] = losses
    expect(original).toMatchObject({ token_reweighting: false, time_reweighting: 'original' })
    // theirs weighs by 1/(t + 1), which is 1/T of the bound's weight; recorded in float32
    const ofMasked = (nats: Float64Array) => total(nats) / T / nats.length
    expect(ofMasked(shifted)).toBeCloseTo(original.loss, 6)
    expect(Math.abs(ofMasked(straight) - original.loss)).toBeGreaterThan(0.1)
    expect(Math.abs(total(shifted) / T / (mgdm.B * mgdm.L) - original.loss)).toBeGreaterThan(0.1)
  })
})

describe('LLaDA', () => {
  const { logits, x0, xt, t, mask_id } = llada
  // p = (1 - eps)·t + eps: the log-linear schedule at another name of the same noise level, with slope 1 for its weight
  const noiseLevel = t.map((time) => (1 - eps) * time + eps)

  it('pays 1/p per masked nat, over all tokens of the batch', async () => {
    const rows = maskedRows({ logits, x0, xt, t: noiseLevel, mask_id })
    const nats = await price(masked, rows, world(schedules.linear))
    expect(total(nats) / (llada.B * llada.L)).toBeCloseTo(llada.pretrain.loss, 12)
    rows.forEach(({ batch, position }, r) => {
      expect(nats[r]).toBeCloseTo(llada.pretrain.token_loss[batch][position], 10)
    })
  })

  it('pays for the answer only, by its length', async () => {
    const { noisy_batch, answer_lengths, loss } = llada.sft
    const rows = maskedRows({ logits, x0, xt: noisy_batch, t: noiseLevel, mask_id })
    const nats = await price(masked, rows, world(schedules.linear))
    const perAnswer = rows.map(({ batch }, r) => nats[r] / answer_lengths[batch])
    expect(total(perAnswer) / llada.B).toBeCloseTo(loss, 12)
  })

  it('keeps a prompt clean where the uniform number is 1', () => {
    const clean = Int32Array.from(x0[0])
    const [prompt] = llada.sft.prompt_lengths
    const noisy = masked.corrupt(clean, 1, world(schedules.linear), (i) => (i < prompt ? 1 : 0.5))
    expect(Array.from(masked.rows(noisy, mask_id))).toEqual([2, 3, 4, 5])
  })
})

describe('GIDD', () => {
  const { logits, x0, zt, t } = gidd
  const rows = everyRow({ logits, x0, xt: zt, t, mask_id: gidd.mask_id }, [gidd.mask_id])
  const masks = rows.flatMap(({ noisy }, r) => (noisy === gidd.mask_id ? [r] : []))

  describe.each(gidd.cases)('p_uniform $p_uniform', (recorded) => {
    // their p_uniform has its logit clipped to -20, so that 0 is not quite 0: log B = γ·log 2 + logit
    const B = Math.exp(recorded.log_B)
    const noise = hybridOf(B / (2 + B))
    const setting = world(schedules.linear)

    it('corrupts with the same probabilities', () => {
      zt.forEach((_, b) => {
        const q = noise.forward(0, 0, t[b], setting)
        expect(q[0] - q[1]).toBeCloseTo(recorded.alpha_t[b][0], 12)
        recorded.beta_pi_t[b].forEach((share, id) => {
          if (id > 0) expect(q[id]).toBeCloseTo(share, 12)
        })
        recorded.q_zt_given_x0[b].forEach((row, i) => {
          noise.forward(x0[b][i], 0, t[b], setting).forEach((share, id) => {
            expect(share).toBeCloseTo(row[id], 12)
          })
        })
      })
    })

    it('prices every position as its ELBO does', async () => {
      const nats = await price(noise, rows, setting)
      rows.forEach(({ batch, position }, r) => {
        const elbo = recorded.losses.none.elbo_per_token[batch][position]
        // relative, since revealed words cost a billionth without uniform noise
        expect(Math.abs(nats[r] / elbo - 1)).toBeLessThan(1e-6)
        expect(nats[r]).toBeCloseTo(elbo, 10)
      })
    })

    it('weighs a mask by 1/(t(1-t)), not by the 1/t of masked noise', async () => {
      for (const r of masks) {
        const { batch, position, time } = rows[r]
        const weight = recorded.losses.none.elbo_weights[batch][position]
        expect(weight).toBeCloseTo(1 / (time * (1 - time)), 10)
        expect(Math.abs(weight - 1 / time)).toBeGreaterThan(1)
      }
      // a cap is a cap of that number: just below it nothing changes, just above it does
      const exact = await price(noise, rows, setting)
      const { time } = rows[masks[0]]
      for (const [cap, share] of [
        [1 / (time * (1 - time)) + 1e-9, 1],
        [1 / time, 1 - time],
      ]) {
        const capped = await price(noise, rows, { ...setting, cap })
        expect(capped[masks[0]] / exact[masks[0]]).toBeCloseTo(share, 9)
      }
    })

    it('steps back as its sampler does', () => {
      const { s, q_st } = recorded['denoising_step_probs_min_p_0.0']
      zt.forEach((noisy, b) => {
        noisy.forEach((token, i) => {
          const clean = softmax(logits[b][i], gidd.mask_id)
          const posterior = noise.posterior(token, clean, s[b], t[b], setting)
          posterior.forEach((share, id) => {
            expect(share).toBeCloseTo(q_st[b][i][id], 9)
          })
        })
      })
    })
  })

  it('is another mixture when √(t(1-t)) is taken for √t', () => {
    const { alpha_t, log_B } = gidd.cases[2]
    const wrong = (1 - t[0]) / (1 + Math.exp(log_B) * Math.sqrt(t[0]))
    expect(Math.abs(alpha_t[0][0] - wrong)).toBeGreaterThan(0.01)
  })
})

describe('UDLM and Duo', () => {
  const { uniform } = noises
  const { log_x_theta: logits, x0, xt, t, s, udlm, duo } = udlmDuo
  const rows = everyRow({ logits, x0, xt, t, mask_id: -1 })
  /** all eleven ids are words */
  const setting = (schedule: Schedule) => ({
    vocabSize: 11,
    maskId: -1,
    words: Int32Array.from({ length: 11 }, (_, id) => id),
    schedule,
  })
  // UDLM's loss has α = 1 - t built in, whatever noise the text was given; Duo keeps eps, in its slope as well
  const conventions = [
    ['UDLM', schedules.linear, udlm.diffusion_loss_per_token],
    ['Duo', logLinear, duo.nll_per_token],
  ] as const

  it.each(conventions)('%s: prices every position', async (_, schedule, recorded) => {
    const nats = await price(uniform, rows, setting(schedule))
    rows.forEach(({ batch, position }, r) => {
      expect(nats[r]).toBeCloseTo(recorded[batch][position], 10)
    })
  })

  it("would be off by more than a thousandth in each other's convention", async () => {
    for (const [, schedule, recorded] of conventions) {
      const other = schedule === logLinear ? schedules.linear : logLinear
      const nats = await price(uniform, rows, setting(other))
      const errors = rows.map(({ batch, position }, r) =>
        Math.abs(nats[r] - recorded[batch][position]),
      )
      expect(Math.max(...errors)).toBeGreaterThan(1e-3)
    }
  })

  it.each([
    ['UDLM', schedules.linear, udlm.posterior_alpha_t_is_1_minus_t],
    ['Duo', logLinear, duo.posterior],
  ] as const)('%s: steps back', (_, schedule, recorded) => {
    xt.forEach((noisy, b) => {
      noisy.forEach((token, i) => {
        const clean = softmax(logits[b][i])
        uniform.posterior(token, clean, s[b], t[b], setting(schedule)).forEach((share, id) => {
          expect(share).toBeCloseTo(recorded[b][i][id], 10)
        })
      })
    })
  })

  it('steps back from a known text', () => {
    xt.forEach((noisy, b) => {
      noisy.forEach((token, i) => {
        const clean = Float64Array.from(logits[b][i], (_, id) => Number(id === x0[b][i]))
        const posterior = uniform.posterior(token, clean, s[b], t[b], setting(schedules.linear))
        posterior.forEach((share, id) => {
          expect(share).toBeCloseTo(udlm.posterior_with_one_hot_x0[b][i][id], 10)
        })
      })
    })
  })

  it('costs in T steps what the steps back differ', () => {
    const { T, t_discretised, d3pm_uniform_loss_per_token } = udlm.finite_T
    t_discretised.forEach((time, b) => {
      xt[b].forEach((token, i) => {
        const back = (clean: Float64Array) =>
          uniform.posterior(token, clean, time - 1 / T, time, setting(schedules.linear))
        const truth = back(Float64Array.from(logits[b][i], (_, id) => Number(id === x0[b][i])))
        const guess = back(softmax(logits[b][i]))
        const divergence = truth.reduce((sum, q, id) => sum + q * Math.log(q / guess[id]), 0)
        expect(T * divergence).toBeCloseTo(d3pm_uniform_loss_per_token[b][i], 9)
      })
    })
  })
})

function softmax(logits: readonly number[], banned?: number): Float64Array {
  const p = Float64Array.from(logits, (x, id) => (id === banned ? 0 : Math.exp(x)))
  const sum = p.reduce((a, b) => a + b)
  return p.map((x) => x / sum)
}
