// Gaussian noise on embeddings, as an image model would have it: z = E[x] + σ·ε, σ from low to high (CDCD, arXiv
// 2211.15089). Embeddings have length 1, or a network would gain by making them long. A schedule says how much of a
// vector's energy is signal, α_t = 1/(1 + σ²), so σ² = (1-α)/α, held between its ends.
// The bound is that of VDM (arXiv 2107.00630) and Plaid (2305.18619), z of variance σ² at t = 1 and all three terms kept:
//   -log p(x) ≤ Σ_i [ 1/(2·high²) + ∫ σ⁻³·E‖E[x_i]-x̂_i‖² dσ + E[-log p(x_i | z_low)] ],  x̂ = Σ_v p_v·E_v.
// Predictions are what all other positions say, as under mixed noise: what the vector itself says is known exactly,
// log N(z; E_v, σ²) = z·E_v/σ² + const, and is added here (Plaid's output prior).
// A network may be shown what it predicted a step ago, as the mean of the words (self-conditioning, arXiv 2208.04202). The
// bound is that of a network that is shown nothing: what it would have predicted before is not looked at.
import {
  add,
  concat,
  constant,
  crossEntropy,
  div,
  exp,
  gather,
  less,
  log,
  matmul,
  mul,
  reshape,
  scalar,
  softmax,
  sqrt,
  sub,
  sum,
  type Tensor,
  where,
} from '../graph/index.ts'
import { linear } from './linear.ts'
import { masked } from './masked.ts'
import type { NoisyVectors, Pricing, SigmaRange, Terms, VectorNoise } from './noise.ts'
import { outside } from './outside.ts'
import { expectTime } from './schedule.ts'

/** Bumps over log σ by which a network is told how noisy its vectors are. */
const levels = 16

/** Of all looks so many ask what the vectors of least noise still leave open. */
const finalShare = 1 / 16

/** Looks crowd toward the clean end, where a wrong word is dear: their times are this power of even ones. */
const early = 3

/** @param recalls is the network shown what it last predicted? */
export function gaussianBetween(range: SigmaRange, recalls = false): VectorNoise {
  const [low, high] = range
  const [first, last] = range.map((sigma) => timeOf(sigma))
  const variance = (time: Tensor, pricing: Pricing) => varianceAt(time, pricing, range)
  const knowing = (terms: Terms, pricing: Pricing) =>
    add(terms.logits, ownEvidence(vectorsOf(terms), variance(terms.time, pricing)))
  return {
    name: 'gaussian',
    about: 'every word is a point among others, and drifts away from its place',
    source: 'Dieleman et al., arXiv 2211.15089',
    causal: false,
    settles: false,
    hides: false,
    between: (sigma) => gaussianBetween(sigma, recalls),
    recalling: () => gaussianBetween(range, true),

    corrupt(clean, t, { maskId }, uniform) {
      expectTime(t)
      return clean.map((token, position) => (uniform(position) < 1 ? maskId : token))
    },

    rows: masked.rows,

    loss: (terms, pricing) => crossEntropy(knowing(terms, pricing), terms.targets),

    // Diffusion-LM (arXiv 2205.14217); without its second term all words would fall together
    squaredError(terms, pricing) {
      const { targets, time } = terms
      const { seen, words } = vectorsOf(terms)
      const clean = gather(words, targets)
      const epsilon = div(sub(seen, clean), column(sqrt(variance(time, pricing))))
      const nearly = add(clean, mul(epsilon, scalar(low)))
      const near = mul(matmul(nearly, words, { transposeB: true }), scalar(1 / low ** 2))
      const rounding = crossEntropy(add(near, outside(words.shape[0] as number, pricing)), targets)
      return add(missedBy(knowing(terms, pricing), terms), rounding)
    },

    look(clean, u, next, { maskId }) {
      const draws = Float64Array.from(clean, () => next())
      const common = { noisy: clean.map(() => maskId), rows: Int32Array.from(clean.keys()), draws }
      if (u < finalShare) return { ...common, time: Math.fround(first / 2), worth: 1 / finalShare }
      const place = (u - finalShare) / (1 - finalShare)
      return {
        ...common,
        time: Math.fround(first + place ** early * (last - first)),
        worth: (early * place ** (early - 1) * (last - first)) / (1 - finalShare),
      }
    },

    // with σ² = t/(1-t), σ⁻³ dσ is dt/(2t²)
    cost(terms, pricing) {
      const { targets, time } = terms
      const logits = knowing(terms, { ...pricing, schedule: linear })
      return where(
        less(time, scalar(first)),
        add(crossEntropy(logits, targets), scalar(1 / (2 * high ** 2))),
        div(missedBy(logits, terms), mul(mul(time, time), scalar(2))),
      )
    },

    vectors: {
      range,
      sigma: (t, { survival, noise }) =>
        Math.min(high, Math.max(low, Math.sqrt(noise(t) / survival(t)))),
      shownWidth: (width) => width + levels + (recalls ? width : 0),
      noisy: (clean, epsilon, time, pricing) =>
        add(clean, mul(epsilon, column(sqrt(variance(time, pricing))))),
      recalls,
      shown(seen, time, pricing, recalled) {
        const spread = variance(time, pricing)
        const width = seen.shape[1] as number
        const scaled = div(seen, column(sqrt(add(spread, scalar(1 / width)))))
        // last, so that a network that has learnt without can go on with it
        const before = recalled ? [mul(recalled, scalar(Math.sqrt(width)))] : []
        return concat([scaled, levelOf(spread, range), ...before], { axis: 1 })
      },
      mean: (terms, pricing) => meanOf(knowing(terms, pricing), terms),
    },
  }
}

/** Of vectors of length 1: a tenth of it tells words apart, twenty times it leaves nothing. */
export const gaussian: VectorNoise = gaussianBetween([0.05, 20])

/** The mean of all words as predicted, [R, D]. */
const meanOf = (logits: Tensor, terms: Terms): Tensor =>
  matmul(softmax(logits), vectorsOf(terms).words)

/** Squared distance from the true word to that mean, [R]. */
function missedBy(logits: Tensor, terms: Terms): Tensor {
  const missed = sub(gather(vectorsOf(terms).words, terms.targets), meanOf(logits, terms))
  return sum(mul(missed, missed), { axes: [-1] })
}

/** The time of the linear schedule at which the noise has this standard deviation. */
function timeOf(sigma: number): number {
  return sigma ** 2 / (1 + sigma ** 2)
}

const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1])

/** σ² of rows, [R]. */
function varianceAt(time: Tensor, { schedule }: Pricing, [low, high]: SigmaRange): Tensor {
  const { survival, noise } = schedule.curve(time)
  const least = scalar(1e-30)
  const ratio = div(noise, where(less(least, survival), survival, least))
  const [lowest, highest] = [scalar(low ** 2), scalar(high ** 2)]
  const floored = where(less(ratio, lowest), lowest, ratio)
  return where(less(floored, highest), floored, highest)
}

/** log N(seen; E_v, σ²) for every word, [R, V], but for what all words share. */
const ownEvidence = ({ seen, words }: NoisyVectors, variance: Tensor): Tensor =>
  div(matmul(seen, words, { transposeB: true }), column(variance))

/** Bumps of one width, evenly over log σ; the nearest are the highest. [R, levels] */
function levelOf(variance: Tensor, range: SigmaRange): Tensor {
  const [from, to] = range.map(Math.log)
  const step = (to - from) / (levels - 1)
  const centres = Float32Array.from({ length: levels }, (_, i) => from + i * step)
  const away = mul(
    sub(mul(column(log(variance)), scalar(1 / 2)), constant(centres, [1, levels])),
    scalar(1 / step),
  )
  return exp(mul(mul(away, away), scalar(-1 / 2)))
}

/** A network of such noise always shows vectors. */
const vectorsOf = ({ vectors }: Terms): NoisyVectors => vectors as NoisyVectors
