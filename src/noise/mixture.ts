// Noise that is part mask and part other words: q_t(· | x) = α·x + m·mask + u·(uniform over the words), α + m + u = 1.
// Uniform and hybrid diffusion are rows of this family (arXiv 2412.10193 UDLM, 2506.10892 Duo, 2503.04482 GIDD). With
// s the schedule's survival, the shares are to each other as
//   α : m : u  =  s : masks·(1-s) : words·s^(1-power)·(1-s)^power,
// so u grows beside α as a power of the odds (1-s)/s.

import type { Schedule } from './schedule.ts'

export interface Mixture {
  /** 1: what loses its word can become the mask; 0: it never does */
  readonly masks: 0 | 1
  /** how much of the noise is other words, above 0 */
  readonly words: number
  /** in (0, 1]. 1: other words are there up to t = 1; below 1: most of them on the way */
  readonly power: number
}

/** Shares of one position; they sum to 1. */
export interface Shares {
  /** still the token it was */
  kept: number
  mask: number
  /** one of the words, each alike, the token it was among them */
  replaced: number
}

/** Of a position at time t in [0, 1]. */
export function sharesAt({ masks, words, power }: Mixture, schedule: Schedule, t: number): Shares {
  const survival = schedule.survival(t)
  const noise = schedule.noise(t)
  const mask = masks * noise
  const replaced = words * survival ** (1 - power) * noise ** power
  const total = survival + mask + replaced
  return { kept: survival / total, mask: mask / total, replaced: replaced / total }
}
