// Masked (absorbing) diffusion: each position becomes the mask with probability 1 - α_t, on its own, and only what is
// masked has to be predicted (arXiv 2406.07524 MDLM, 2406.04329 MD4, 2107.03006 D3PM).
// NELBO(x) = ∫ -α'/(1-α) · E[Σ_masked CE] dt; with the exact conditionals it is -log p(x), whatever the schedule.
import { crossEntropy, div, less, mul, scalar, type Tensor, where } from '../graph/index.ts'
import { countAt, maskExactly, priceOfCount } from './exact-count.ts'
import type { Pricing, WordNoise } from './noise.ts'
import { expectStep, expectTime } from './schedule.ts'
import { scoreEntropy } from './score-entropy.ts'

export const masked: WordNoise = {
  name: 'masked',
  about: 'words vanish into the fog one by one, each on its own',
  source: 'Sahoo et al., arXiv 2406.07524',
  causal: false,
  settles: true,
  hides: true,

  corrupt(clean, t, { maskId, schedule }, uniform) {
    expectTime(t)
    const noise = 1 - schedule.survival(t)
    return clean.map((token, position) => (uniform(position) < noise ? maskId : token))
  },

  rows(noisy, maskId) {
    const positions: number[] = []
    for (let i = 0; i < noisy.length; i++) if (noisy[i] === maskId) positions.push(i)
    return Int32Array.from(positions)
  },

  forward(token, s, t, { vocabSize, maskId, schedule }) {
    expectStep(s, t)
    const before = schedule.survival(s)
    const stays = before === 0 ? 1 : schedule.survival(t) / before
    const q = new Float64Array(vocabSize)
    q[token] += stays
    q[maskId] += 1 - stays
    return q
  },

  prior: ({ vocabSize, maskId }) => only(maskId, vocabSize),

  posterior(noisy, prediction, s, t, { vocabSize, maskId, schedule }) {
    expectStep(s, t)
    if (noisy !== maskId) return only(noisy, vocabSize)
    const noise = 1 - schedule.survival(t)
    const revealed = noise === 0 ? 1 : (schedule.survival(s) - schedule.survival(t)) / noise
    const q = prediction.map((p) => p * revealed)
    q[maskId] += 1 - revealed
    return q
  },

  bound: ({ logits, targets, time }, pricing) =>
    mul(lossRate(time, pricing), crossEntropy(logits, targets)),

  loss: (terms, pricing) => masked.bound(terms, pricing),

  scoreEntropy: (terms, pricing) =>
    mul(lossRate(terms.time, pricing), scoreEntropy(terms, pricing)),

  look(clean, u, next, { maskId }) {
    const { length } = clean
    const count = countAt(u, length)
    const worth = priceOfCount(1, count, length)
    return { ...maskExactly(clean, count, maskId, next), time: 1, worth, masked: count / length }
  },

  cost: ({ logits, targets }) => crossEntropy(logits, targets),
}

/** -α'/(1-α), the rate at which words are lost, of those that are; at most `cap`. */
export function lossRate(time: Tensor, pricing: Pricing): Tensor {
  const { noise, derivative } = pricing.schedule.curve(time)
  return capped(div(mul(derivative, scalar(-1)), noise), pricing)
}

/** A row's weight, at most `cap` where there is one. */
export const capped = (weight: Tensor, { cap }: Pick<Pricing, 'cap'>): Tensor =>
  cap === undefined ? weight : where(less(weight, scalar(cap)), weight, scalar(cap))

/** The distribution that is sure of one id. */
export function only(id: number, vocabSize: number): Float64Array {
  const q = new Float64Array(vocabSize)
  q[id] = 1
  return q
}
