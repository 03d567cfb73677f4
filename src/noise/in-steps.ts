// The bound in discrete time (D3PM, arXiv 2107.03006): what a chain of T steps costs that reveals several words at once,
// each without looking at the others. A step from t to s reveals a word in the fog with probability (α_s - α_t)/(1 - α_t),
// and that is what its cross-entropy counts,
//   L_T = Σ_k (α_s - α_t)/(1 - α_t) · E[Σ_masked CE],   t = k/T, s = (k-1)/T.
// Summed by the number n of masked words instead of by k, it is a look at exactly n words like any other (exact-count.ts)
// and at the same price, L/n, since all steps together reveal a word once; but n is no longer uniform. It is as T grows.
import type { Noise } from './noise.ts'
import type { Schedule } from './schedule.ts'

/** The same looks, as often at each number of masked words as a chain of so many steps asks for.
 * @param noise masked, words vanishing alike, so that a row costs its cross-entropy */
export function inSteps(
  noise: Pick<Noise, 'look'>,
  schedule: Pick<Schedule, 'survival'>,
  steps: number,
): Pick<Noise, 'look'> {
  const known = new Map<number, Float64Array>()
  return {
    look(clean, u, ...how) {
      const { length } = clean
      const prices = known.get(length) ?? stepPrices(length, schedule, steps)
      known.set(length, prices)
      let count = 0
      // the chance of n is n times its price, over the length
      for (let left = u * length; left > 0 && count < length; left -= count * prices[count]) count++
      return noise.look(clean, (count - 0.5) / length, ...how)
    },
  }
}

/** What the cross-entropy of all masked words counts when there are n, averaged over which: [length + 1]. */
export function stepPrices(
  length: number,
  { survival }: Pick<Schedule, 'survival'>,
  steps: number,
): Float64Array {
  const prices = new Float64Array(length + 1)
  for (let k = 1; k <= steps; k++) {
    const [before, after] = [survival((k - 1) / steps), survival(k / steps)]
    const weight = (before - after) / (1 - after)
    let ways = 0 // log of the binomial coefficient
    for (let n = 1; n <= length; n++) {
      ways += Math.log((length - n + 1) / n)
      const shown = n === length ? 0 : (length - n) * Math.log(after)
      prices[n] += weight * Math.exp(ways + n * Math.log(1 - after) + shown)
    }
  }
  return prices
}
