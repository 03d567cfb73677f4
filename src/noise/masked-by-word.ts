// Masked diffusion in which every word vanishes at a pace of its own (GenMD4, arXiv 2406.04329, section 6): word v is fog
// at time t with probability n^w, n being what the schedule hides and w = e^pace the word's power. So a network may write
// the words first that are best written first.
// Fog is then evidence: what vanishes early is likelier to stand in it. A prediction is what all other positions say, and
// this file counts the position's own evidence, μ_j ∝ p_j · n^{w_j}. Both ways back are jumps out of the fog, to the true
// word v at the rate w_v·r and to any j as predicted at μ_j·w_j·r, r being the rate of the schedule, and a row costs their
// divergence,
//   r · [-w_v log μ_v - w_v + Σ_j μ_j w_j].
// With equal paces that is the cost of masked noise. The bound does depend on the paces, and training lowers it by them:
// what a change of the paces does to the cost of a noisy text is differentiated, what it does to which texts are drawn is
// estimated (leave-one-out.ts).
import {
  add,
  crossEntropy,
  exp,
  gather,
  log,
  matmul,
  mul,
  parameter,
  reshape,
  softmax,
  sub,
  type Tensor,
} from '../graph/index.ts'
import { linear } from './linear.ts'
import { lossRate, masked, only } from './masked.ts'
import type { Paces, Pricing, Terms, WordNoise } from './noise.ts'
import { expectStep, expectTime, type Schedule } from './schedule.ts'

/** The learnt values as a parameter of a graph and a tensor of a model, [V]. */
export const paceName = 'noise.pace'

/** A noise in which words have paces, see `Noise.paces`. */
export interface MaskedByWord extends WordNoise {
  readonly paces: Paces
}

/** @param values [V] paces, logarithms of the powers; read at every use, so that training may change them in place */
export function maskedByWord(values: ArrayLike<number>): MaskedByWord {
  const pace = parameter(paceName, [values.length])
  const power = (token: number): number => Math.exp(values[token])
  /** the chance that a word is fog */
  const hidden = (token: number, { noise }: Schedule, t: number): number => noise(t) ** power(token)
  /** the same from 1: exact where little is hidden, or nearly all */
  const shown = (token: number, { noise }: Schedule, t: number): number =>
    Math.abs(Math.expm1(power(token) * Math.log(noise(t))))

  const bound = (terms: Terms, pricing: Pricing): Tensor => {
    const { targets, time } = terms
    const logits = withFog(pace, terms, pricing)
    const powers = reshape(exp(pace), [values.length, 1])
    const own = reshape(gather(powers, targets), targets.shape)
    const expected = reshape(matmul(softmax(logits), powers), targets.shape)
    const divergence = add(sub(mul(own, crossEntropy(logits, targets)), own), expected)
    return mul(lossRate(time, pricing), divergence)
  }

  return {
    ...masked,
    about: 'words vanish into the fog one by one, each at a pace of its own',
    source: 'Shi et al., arXiv 2406.04329',

    paces: {
      parameter: pace,
      score(token, fog, t, schedule) {
        const fall = power(token) * Math.log(schedule.noise(t))
        // at t = 1 all is fog, whatever the pace
        if (fog || fall === 0) return fall
        return fall / -Math.expm1(-fall)
      },
    },

    corrupt(clean, t, { maskId, schedule }, uniform) {
      expectTime(t)
      return clean.map((token, position) =>
        uniform(position) < hidden(token, schedule, t) ? maskId : token,
      )
    },

    forward(token, s, t, { vocabSize, maskId, schedule }) {
      expectStep(s, t)
      if (token === maskId) return only(maskId, vocabSize)
      const before = shown(token, schedule, s)
      const stays = before === 0 ? 1 : shown(token, schedule, t) / before
      const q = new Float64Array(vocabSize)
      q[token] = stays
      q[maskId] = 1 - stays
      return q
    },

    posterior(noisy, prediction, s, t, { vocabSize, maskId, schedule }) {
      expectStep(s, t)
      if (noisy !== maskId) return only(noisy, vocabSize)
      const q = new Float64Array(vocabSize)
      let total = 0
      prediction.forEach((p, token) => {
        if (p === 0) return
        const fog = p * hidden(token, schedule, t)
        const stays = p * hidden(token, schedule, s)
        total += fog
        q[token] = fog - stays
        q[maskId] += stays
      })
      return total > 0 ? q.map((share) => share / total) : only(noisy, vocabSize)
    },

    bound,
    loss: bound,
    scoreEntropy: undefined,

    look(clean, u, next, { maskId, words }) {
      const { level, worth } = levelAt(u, words, power)
      const draws = Float64Array.from(clean, () => next())
      const noisy = clean.map((token, i) => (draws[i] < level ** power(token) ? maskId : token))
      return { noisy, rows: masked.rows(noisy, maskId), time: level, worth }
    },

    cost: (terms, pricing) => bound(terms, { ...pricing, schedule: linear }),
  }
}

/** Logits of what stands in the fog, [R, V]: what the others say, and that it is fog. */
function withFog(pace: Tensor, { logits, time }: Terms, { schedule }: Pricing): Tensor {
  const level = log(schedule.curve(time).noise)
  return add(logits, mul(reshape(level, [...level.shape, 1]), exp(pace)))
}

/** Looks are taken at levels u^k of the linear schedule. The slowest word, of power w, is fog there with probability
 * u^{kw} and costs as 1/u^k: from kw = 2 on the variance of a look is finite, and no larger near u = 0 than elsewhere.
 * @returns a level that float32 can hold, and what a look there counts for */
function levelAt(u: number, words: Int32Array, power: (token: number) => number) {
  const slowest = words.reduce((least, word) => Math.min(least, power(word)), 1)
  const k = 2 / slowest
  return { level: Math.fround(Math.max(1e-30, u ** k)), worth: k * u ** (k - 1) }
}
