// α_t = 1 - t^power (arXiv 2406.04329, MD4): most of the time little is lost, so that a model sees nearly whole texts.
import { fill, mul, scalar, sub } from '../graph/index.ts'
import type { Schedule } from './schedule.ts'

/** @param power a whole number of at least 2 */
export const polynomialOf = (power: number): Schedule => ({
  name: 'polynomial',
  about: `loses words slowly at first, fast at the end: the lost share is the time to the power of ${power}`,
  survival: (t) => 1 - t ** power,
  noise: (t) => t ** power,
  derivative: (t) => -power * t ** (power - 1),
  curve: (time) => {
    let below = time
    for (let n = 2; n < power; n++) below = mul(below, time)
    const noise = mul(below, time)
    return {
      survival: sub(scalar(1), noise),
      noise,
      derivative: mul(below, fill(-power, time.shape)),
    }
  },
})

export const polynomial: Schedule = polynomialOf(2)
