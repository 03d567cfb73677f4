// Uniform and hybrid diffusion as a `Noise`: a mixture (mixture.ts) and Markov steps between its times. A step either
// keeps what stands there or draws anew, and the noise it draws is whatever the mixture has gained on the way.
import { crossEntropy, mul, type Tensor } from '../graph/index.ts'
import { linear } from './linear.ts'
import { lossRate, only } from './masked.ts'
import { mixedBound, withOwnEvidence, withoutOwnEvidence } from './mixed-bound.ts'
import { type Mixture, type Shares, sharesAt } from './mixture.ts'
import type { Pricing, Terms, WordNoise, World } from './noise.ts'
import { expectStep, expectTime } from './schedule.ts'

/** A process of the family. Its predictions are what all other positions say (see `Noise.posterior`); the two
 * conversions serve denoisers trained with plain cross-entropy, which have seen the position itself too. */
export interface Mixed extends WordNoise {
  /** What the others say, from what the whole noisy text says: the token that stands there has spoken for itself, and
   * its evidence is divided out.
   * @param prediction [V] probabilities of the clean token  @param noisy what stands at the position */
  leaveOneOut(prediction: Float64Array, noisy: number, t: number, world: World): Float64Array
  /** The same for logits of rows, [R, V], in graph ops. */
  leaveOneOutLogits(terms: Omit<Terms, 'targets'>, pricing: Pricing): Tensor
}

/** Looks are taken at times of the linear schedule whose log-odds are `steepness` times those of u. Near the clean end
 * few words are swapped, each at a price that grows as the noise shrinks: with u for time its variance would be infinite.
 * From 2 on it is finite. */
const steepness = 3

/** @param u in (0, 1)
 * @returns a time that float32 can hold, and the density of such times there */
function levelAt(u: number): { time: number; density: number } {
  const [low, high] = [u ** steepness, (1 - u) ** steepness]
  const slope = (steepness * (u * (1 - u)) ** (steepness - 1)) / (low + high) ** 2
  return { time: Math.fround(Math.max(1e-30, low / (low + high))), density: 1 / slope }
}

type Head = Pick<WordNoise, 'name' | 'about' | 'source'>

export const mixed = (head: Head, mixture: Mixture): Mixed => ({
  ...head,
  causal: false,
  settles: false,
  hides: mixture.masks > 0,

  corrupt: (clean, t, world, uniform) => corrupted(mixture, clean, t, world, uniform),

  rows: everyPosition,

  forward(token, s, t, world) {
    const { stays, arrives } = step(mixture, s, t, world)
    arrives[token] += stays
    return arrives
  },

  prior: (world) => spreadOut(sharesAt(mixture, world.schedule, 1), world),

  posterior(noisy, prediction, s, t, world) {
    const { stays, arrives } = step(mixture, s, t, world)
    const before = sharesAt(mixture, world.schedule, s)
    const joint = spreadOut(before, world).map(
      (noise, id) =>
        (before.kept * prediction[id] + noise) * (arrives[noisy] + (id === noisy ? stays : 0)),
    )
    return normalised(joint) ?? only(noisy, world.vocabSize)
  },

  bound: (terms, pricing) => mixedBound(mixture, terms, pricing),

  // The cross-entropy of what all positions say, which is what the others say and the word's own evidence: least for the
  // same prediction as the bound. The bound's own terms hang on differences that float32 and a young network blur.
  loss: (terms, pricing) =>
    mul(
      lossRate(terms.time, pricing),
      crossEntropy(withOwnEvidence(mixture, terms, pricing), terms.targets),
    ),

  // the rates of a prediction follow from it by Bayes' rule, and then this is the bound, row by row
  scoreEntropy: (terms, pricing) => mixedBound(mixture, terms, pricing),

  look(clean, u, next, { maskId, words }) {
    const { time, density } = levelAt(u)
    const draws = Float64Array.from(clean, () => next())
    const world = { maskId, words, schedule: linear }
    const noisy = corrupted(mixture, clean, time, world, (position) => draws[position])
    return { noisy, rows: everyPosition(noisy), time, worth: 1 / density }
  },

  cost: (terms, pricing) => mixedBound(mixture, terms, { ...pricing, schedule: linear }),

  leaveOneOut(prediction, noisy, t, { words, schedule }) {
    expectTime(t)
    const { kept, replaced } = sharesAt(mixture, schedule, t)
    const others = prediction.slice()
    others[noisy] /= 1 + (kept * words.length) / replaced
    return normalised(others) ?? prediction.slice()
  },

  leaveOneOutLogits: (terms, pricing) => withoutOwnEvidence(mixture, terms, pricing),
})

/** See `Noise.corrupt`. */
function corrupted(
  mixture: Mixture,
  clean: Int32Array,
  t: number,
  { maskId, words, schedule }: Omit<World, 'vocabSize'>,
  uniform: (position: number) => number,
): Int32Array {
  expectTime(t)
  const { kept, mask, replaced } = sharesAt(mixture, schedule, t)
  return clean.map((token, position) => {
    const draw = uniform(position)
    if (draw >= 1 - kept) return token
    if (draw < mask) return maskId
    const index = Math.floor(((draw - mask) / replaced) * words.length)
    return words[Math.min(index, words.length - 1)]
  })
}

const everyPosition = (text: Int32Array): Int32Array => Int32Array.from(text.keys())

/** [V]: the noise alone, without what was kept. */
function spreadOut(
  { mask, replaced }: Pick<Shares, 'mask' | 'replaced'>,
  { vocabSize, maskId, words }: World,
): Float64Array {
  const q = new Float64Array(vocabSize)
  for (const word of words) q[word] = replaced / words.length
  if (mask > 0) q[maskId] = mask
  return q
}

/** From s to t a token stays itself with probability `stays`, or becomes what `arrives` says, [V], whatever it was. */
function step(
  mixture: Mixture,
  s: number,
  t: number,
  world: World,
): { stays: number; arrives: Float64Array } {
  expectStep(s, t)
  const before = sharesAt(mixture, world.schedule, s)
  const after = sharesAt(mixture, world.schedule, t)
  const stays = before.kept === 0 ? 1 : after.kept / before.kept
  // never negative but for rounding, since the odds only grow
  const added = (part: 'mask' | 'replaced') => Math.max(0, after[part] - stays * before[part])
  return { stays, arrives: spreadOut({ mask: added('mask'), replaced: added('replaced') }, world) }
}

/** Nothing when there is nothing to share. */
function normalised(weights: Float64Array): Float64Array | undefined {
  const total = weights.reduce((a, b) => a + b, 0)
  return total > 0 ? weights.map((weight) => weight / total) : undefined
}
