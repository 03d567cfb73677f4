// What a prediction costs under mixed noise, in graph ops. With q_x the noisy distribution of the true token, q_θ that
// of the prediction, z what stands there and r = q_x(z)/q_θ(z), a row costs
//   w(z) · [KL(q_x‖q_θ) + r - log r - 1],   w(z) = the rate at which noise brings z, divided by q_x(z)
// (arXiv 2503.04482; the bound of arXiv 2412.10193 is the same number). All of it follows from one quantity,
//   κ = α / (u/V): how much likelier a word is to be kept than to be brought by noise,
// since q_θ(j) = (u/V)·(1 + κ·p_j) on words and the mask's share is the same in q_x and q_θ. What never stands in a
// text has p = 0 and log(1 + κp) = 0, so sums over the vocabulary are sums over the words.
import {
  add,
  cast,
  div,
  equal,
  exp,
  less,
  log,
  mul,
  putAlong,
  reshape,
  scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '../graph/index.ts'
import { capped } from './masked.ts'
import type { Mixture } from './mixture.ts'
import type { Pricing, Terms } from './noise.ts'
import type { Curve } from './schedule.ts'

const one = scalar(1)

/** Nats per row, [R]. In float32 a row's value is off by up to 1e-7 / α near t = 1, where everything cancels; its
 * gradient is not. */
export function mixedBound(mixture: Mixture, terms: Terms, pricing: Pricing): Tensor {
  const { logits, targets, noisy } = terms
  const curve = curveAt(terms.time, pricing)
  const kappa = kept(mixture, curve, pricing)
  const clean = softmax(logits)
  // log q(j) / (u/V): of the true token, of every token as predicted
  const sure = log(add(one, kappa))
  const predicted = (p: Tensor) => log(add(one, mul(kappa, p)))
  const everywhere = sum(log(add(one, mul(clean, reshape(kappa, [...kappa.shape, 1])))), {
    axes: [-1],
  })
  const divergence = mul(
    share(mixture, curve, kappa, pricing),
    add(sub(sure, predicted(takeAlong(clean, targets))), div(sub(sure, everywhere), kappa)),
  )
  const own = cast(equal(noisy, targets))
  const ratio = sub(predicted(own), predicted(takeAlong(clean, noisy)))
  const jump = sub(sub(exp(ratio), ratio), one)
  const weight = mul(
    oddsRate(curve),
    where(
      equal(cast(noisy), scalar(pricing.maskId)),
      one,
      div(scalar(mixture.power), add(one, mul(kappa, own))),
    ),
  )
  return mul(capped(weight, pricing), add(divergence, jump))
}

/** Logits of what the others say, [R, V]: where the token itself was seen too, it counts 1 + κ times. */
export const withoutOwnEvidence: Conversion = (mixture, terms, pricing) =>
  putAlong(terms.logits, terms.noisy, mul(ownEvidence(mixture, terms, pricing), scalar(-1)))

/** The other way round: logits of what all say, from what the others say. */
export const withOwnEvidence: Conversion = (mixture, terms, pricing) =>
  putAlong(terms.logits, terms.noisy, ownEvidence(mixture, terms, pricing))

type Conversion = (mixture: Mixture, terms: Omit<Terms, 'targets'>, pricing: Pricing) => Tensor

/** log(1 + κ). A mask says nothing of what it was; its own logit is that of an id that never stands in a text. */
const ownEvidence = (mixture: Mixture, { time }: Pick<Terms, 'time'>, pricing: Pricing): Tensor =>
  log(add(one, kept(mixture, curveAt(time, pricing), pricing)))

/** The schedule, its survival kept above 0: at t = 1 itself weights are infinite and what they weigh is 0. */
function curveAt(time: Tensor, { schedule }: Pricing): Curve {
  const curve = schedule.curve(time)
  const least = scalar(1e-30)
  const { survival } = curve
  return { ...curve, survival: where(less(least, survival), survival, least) }
}

/** κ = V/words · (s/(1-s))^power */
function kept({ words, power }: Mixture, { survival, noise }: Curve, pricing: Pricing): Tensor {
  const odds = sub(log(survival), log(noise))
  return exp(add(scalar(Math.log(pricing.words.length / words)), mul(odds, scalar(power))))
}

/** α = s / (s + masks·(1-s) + s·V/κ) */
function share({ masks }: Mixture, curve: Curve, kappa: Tensor, { words }: Pricing): Tensor {
  const { survival, noise } = curve
  const replaced = div(mul(survival, scalar(words.length)), kappa)
  return div(survival, add(add(survival, mul(noise, scalar(masks))), replaced))
}

/** d/dt log((1-s)/s): noise of a share that is odds^e beside α comes at e times this rate, relative to that share */
const oddsRate = ({ survival, noise, derivative }: Curve): Tensor =>
  div(mul(derivative, scalar(-1)), mul(survival, noise))
