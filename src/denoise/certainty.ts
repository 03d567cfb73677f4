// How sure a network is of a row, as released samplers count it: over the whole vocabulary, the mask and everything
// else that is never written included (unlike `Prediction.top`, which shares its probability among what may be written).
import type { PolicyState } from './policy.ts'

/** [V] probabilities in float64.
 * @param without ids that count for nothing */
export function probabilities(
  logits: ArrayLike<number>,
  without: readonly number[] = [],
): Float64Array {
  const weights = Float64Array.from(logits)
  for (const id of without) weights[id] = Number.NEGATIVE_INFINITY
  const most = weights.reduce((a, b) => Math.max(a, b))
  let sum = 0
  for (let id = 0; id < weights.length; id++) {
    weights[id] = Math.exp(weights[id] - most)
    sum += weights[id]
  }
  for (let id = 0; id < weights.length; id++) weights[id] /= sum
  return weights
}

/** `probabilities(logits, without)[token]` to the bit, without making the others. */
export function probabilityOf(
  token: number,
  logits: ArrayLike<number>,
  without: readonly number[] = [],
): number {
  if (without.includes(token)) return 0
  const counts = (id: number) => without.length === 0 || !without.includes(id)
  let most = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] > most && counts(id)) most = logits[id]
  }
  let sum = 0
  for (let id = 0; id < logits.length; id++) if (counts(id)) sum += Math.exp(logits[id] - most)
  return Math.exp(logits[token] - most) / sum
}

/** Noise of a position on the order of a step: the largest of scores with it is a draw by softmax of the scores. */
export const gumbel = (position: number, { step, random }: PolicyState): number =>
  -Math.log(-Math.log(random.uniform(step, position, 'position')))

/** Items by falling score, those of equal score in their order. */
export const ranked = <T>(items: readonly T[], scores: readonly number[]): T[] =>
  [...items.keys()].sort((a, b) => scores[b] - scores[a] || a - b).map((i) => items[i])
