// From a row of logits to a token: the one place where it is defined. Banned ids get probability 0 (SUBS, arXiv
// 2406.07524); then temperature, top-k, top-p, min-p; then one uniform is inverted through the cumulative sum of float64
// probabilities in the order of ids. Gumbel draws in float32 would lower the temperature (arXiv 2409.02908).
import { UnfogError } from '../error/index.ts'
import { categorical } from '../random/index.ts'

/** Which tokens top-p keeps: the fewest most probable ones that reach its share, or the most that stay within it, the
 * first one always. */
export type Nucleus = 'reaching' | 'within'

/** How tokens are drawn. Checked by makePlan. */
export interface Sampling {
  /** logits are divided by it; 0 takes the most probable token, the lowest id among equals */
  readonly temperature: number
  /** keep so many most probable tokens; 0 keeps all */
  readonly topK: number
  /** of those, keep the most probable ones that make up this share of their probability */
  readonly topP: number
  /** `reaching` without */
  readonly nucleus?: Nucleus
  /** of those, keep the tokens that have at least this share of the most probable one's probability (min-p, arXiv
   * 2407.01082): where one token is sure none beside it, in a free choice also rare ones; all without */
  readonly minP?: number
}

/** A row at temperature 1, before top-k, top-p and min-p. */
export interface Row {
  /** the most probable token, the lowest id among equals */
  readonly best: number
  /** its probability */
  readonly top: number
  /** nats */
  readonly entropy: number
  /** log of the sum of exponentials: log p(id) = logits[id] - logSumExp */
  readonly logSumExp: number
}

/** What a row's statistics are made of, with sums in which the best token itself, whose 1 would round small numbers
 * away, does not count.
 * @throws UnfogError `bad_model` when the largest logit is not a finite number */
export function rowOf({
  best,
  most,
  rest,
  weighted,
}: {
  best: number
  /** its logit */
  most: number
  /** Σ e^d of all others that may be written, where d is how far a logit lies from the largest */
  rest: number
  /** Σ d·e^d */
  weighted: number
}): Row {
  // NaN anywhere makes rest NaN
  if (!(Number.isFinite(most) && rest >= 0)) {
    throw new UnfogError('bad_model', "the model's prediction is not a finite number")
  }
  return {
    best,
    top: 1 / (1 + rest),
    entropy: Math.max(0, Math.log1p(rest) - weighted / (1 + rest)),
    logSumExp: most + Math.log1p(rest),
  }
}

/** @param logits [V]  @param banned [V], 1 where the id must not be written
 * @throws UnfogError `bad_model` as `rowOf` */
export function readRow(logits: Float32Array, banned: Uint8Array): Row {
  let best = -1
  for (let id = 0; id < logits.length; id++) {
    if (!banned[id] && (best < 0 || logits[id] > logits[best])) best = id
  }
  const most = logits[best]
  let rest = 0
  let weighted = 0
  for (let id = 0; id < logits.length; id++) {
    if (banned[id] || id === best) continue
    const distance = logits[id] - most
    const weight = Math.exp(distance)
    rest += weight
    // a logit of -inf is a probability of 0, which adds nothing
    if (weight > 0) weighted += weight * distance
  }
  return rowOf({ best, most, rest, weighted })
}

/** A token that might stand at a position. */
export interface Candidate {
  readonly token: number
  /** at temperature 1 */
  readonly probability: number
}

/** The most probable tokens that may be written, by falling probability, the lowest id first among equals. */
export function mostProbable(
  logits: Float32Array,
  banned: Uint8Array,
  count: number,
  { logSumExp }: Row = readRow(logits, banned),
): Candidate[] {
  const best: number[] = []
  for (let id = 0; id < logits.length; id++) {
    if (banned[id] || (best.length === count && logits[id] <= logits[best[count - 1]])) continue
    const rank = best.findIndex((other) => logits[other] < logits[id])
    best.splice(rank < 0 ? best.length : rank, 0, id)
    if (best.length > count) best.pop()
  }
  return best.map((token) => ({ token, probability: Math.exp(logits[token] - logSumExp) }))
}

/** [V] what a token is drawn from: weights in float64, not normalised. */
export function distribution(
  logits: Float32Array,
  banned: Uint8Array,
  { temperature, topK, topP, nucleus = 'reaching', minP = 0 }: Sampling,
  row: Row = readRow(logits, banned),
): Float64Array {
  const weights = new Float64Array(logits.length)
  if (temperature === 0) {
    weights[row.best] = 1
    return weights
  }
  for (let id = 0; id < logits.length; id++) {
    if (!banned[id]) weights[id] = Math.exp((logits[id] - logits[row.best]) / temperature)
  }
  if (topK > 0 || topP < 1) keepMostProbable(weights, topK, topP, nucleus)
  // the most probable token weighs 1
  return minP > 0 ? weights.map((weight) => (weight < minP ? 0 : weight)) : weights
}

/** A token.
 * @param uniform in (0, 1) */
export function drawToken(
  logits: Float32Array,
  banned: Uint8Array,
  sampling: Sampling,
  uniform: number,
  row: Row = readRow(logits, banned),
): number {
  if (sampling.temperature === 0) return row.best
  return categorical(distribution(logits, banned, sampling, row), uniform)
}

const sumOf = (weights: Float64Array): number => weights.reduce((sum, weight) => sum + weight, 0)

/** Below it no weight is kept. Few others are left to be sorted: of a vocabulary of 100,000 most never are. */
function leastKept(weights: Float64Array, topK: number, topP: number, sum: number): number {
  const count = weights.length
  if (topK > 0) return topK < count ? weights.slice().sort()[count - topK] : 0
  // all below it together are half of what may be left out
  return (sum * (1 - topP)) / (2 * count)
}

/** Sets the weights of all other tokens to 0. Among equals the lower id comes first. */
function keepMostProbable(
  weights: Float64Array,
  topK: number,
  topP: number,
  nucleus: Nucleus,
): void {
  const all = sumOf(weights)
  const least = leastKept(weights, topK, topP, all)
  const order: number[] = []
  for (let id = 0; id < weights.length; id++)
    if (weights[id] > 0 && weights[id] >= least) order.push(id)
  order.sort((a, b) => weights[b] - weights[a] || a - b)
  if (topK > 0) order.splice(topK)
  const most = order.length
  const total = topK > 0 ? order.reduce((sum, id) => sum + weights[id], 0) : all
  let kept = 0
  let sum = 0
  const keeps = {
    reaching: () => sum < topP * total,
    within: () => kept === 0 || sum + weights[order[kept]] <= topP * total,
  }[nucleus]
  while (kept < most && (topP === 1 || keeps())) sum += weights[order[kept++]]
  const values = order.slice(0, kept).map((id) => weights[id])
  weights.fill(0)
  values.forEach((weight, rank) => {
    weights[order[rank]] = weight
  })
}
