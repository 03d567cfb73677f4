// How long a text should be when nobody says: as long as the texts of the training data are, given what is asked of it.
import type { Counts, ModelConfig } from '../model/config.ts'

const total = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0)

/** Weights by length in tokens: p(length) · Π p(length | label) / p(length), the labels taken as independent given
 * the length.
 * @param asked label → value
 * @returns undefined for a model without a histogram; index = tokens */
export function lengthWeights(
  { text: { lengths } }: ModelConfig,
  asked: Readonly<Record<string, string>>,
): Float64Array | undefined {
  if (!lengths) return undefined
  const longest = Math.max(...Object.keys(lengths.counts).map(Number))
  const weights = new Float64Array(longest + 1)
  for (const [length, count] of Object.entries(lengths.counts)) weights[Number(length)] = count
  const all = total(lengths.counts)
  for (const [label, value] of Object.entries(asked)) {
    const given = lengths.by?.[label]?.[value]
    if (!given) continue
    const some = total(given)
    weights.forEach((weight, length) => {
      const base = lengths.counts[length] ?? 0
      weights[length] = base === 0 ? 0 : (weight * ((given[length] ?? 0) / some)) / (base / all)
    })
  }
  // labels that never met leave no length: then what is asked is rare, and any length will do
  return weights.some((weight) => weight > 0)
    ? weights
    : lengthWeights({ text: { lengths } } as ModelConfig, {})
}

/** How long a text becomes of which so many tokens are written: half of those that are no shorter are longer. A drafter is
 * shown a canvas of that length, as it cannot know where another model ends its texts.
 * @param weights by length in tokens */
export const likelyLength =
  (weights: Float64Array) =>
  (written: number): number => {
    const half = weights.subarray(written).reduce((sum, weight) => sum + weight, 0) / 2
    let sum = 0
    for (let length = written; length < weights.length; length++) {
      sum += weights[length]
      if (sum >= half) return length
    }
    return written
  }
