// Random numbers as a pure function: (seed, step, position, purpose) → uniform. Nothing is drawn "next", so a
// row's numbers do not depend on how many other rows share its batch, nor on the order in which they are asked.
// The generator is Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
import { UnfogError } from '../error/index.ts'

/** What a number is for. Two purposes never share a number. The order is part of the format: append only. */
export const purposes = [
  'token', // which token a position takes
  'position', // whether or in which order a position is revealed
  'time', // noise times
  'mask', // which positions are corrupted
  'length', // how long a text is
  'data', // which documents make a batch, in which order
  'init', // initial weights
  'dropout', // labels dropped, and the like
  'world', // the world and the telling of a tale
  'seed', // seeds of the members of a batch
  'split', // what is held out
  'recall', // whether a network is shown what it last predicted
] as const
export type Purpose = (typeof purposes)[number]

export interface Random {
  /** A uniform in the open interval (0, 1) with 53 bits. `step` and `position` are integers in [0, 2^32). */
  uniform(step: number, position: number, purpose: Purpose): number
}

const M0 = 0xd2511f53
const M1 = 0xcd9e8d57
const W0 = 0x9e3779b9
const W1 = 0xbb67ae85

/** High 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = (middle & 0xffff) + aLow * bHigh
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0
}

/** Philox 4x32-10: four 32-bit words for a 128-bit counter and a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0)
    const low0 = Math.imul(M0, c0) >>> 0
    const high1 = mulHigh(M1, c2)
    const low1 = Math.imul(M1, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + W0) >>> 0
    k1 = (k1 + W1) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** Counter-based random numbers for one seed.
 * @param seed an integer in [0, 2^53)
 * @throws UnfogError `usage` for any other seed */
export function seeded(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UnfogError('usage', `seed ${seed} is not a whole number from 0 to 2^53-1`, {
      param: 'seed',
    })
  }
  const key: [number, number] = [seed >>> 0, Math.floor(seed / 4294967296) >>> 0]
  return {
    uniform(step, position, purpose) {
      const words = philox([step >>> 0, position >>> 0, purposes.indexOf(purpose), 0], key)
      // 53 bits, shifted by half a unit so that neither 0 nor 1 can appear
      return ((words[0] >>> 5) * 67108864 + (words[1] >>> 6) + 0.5) / 9007199254740992
    },
  }
}

/** Recorded draws, given back in the order in which they are asked: for traces of other implementations. */
export function replay(draws: readonly number[]): Random & { readonly left: number } {
  let next = 0
  return {
    uniform() {
      if (next >= draws.length) {
        throw new UnfogError(
          'internal',
          `the recording holds ${draws.length} draws and one more was asked`,
        )
      }
      return draws[next++]
    },
    get left() {
      return draws.length - next
    },
  }
}

/** A plain stream of numbers for one purpose: for code that walks (tellers, shuffles) rather than indexes. */
export function stream(random: Random, purpose: Purpose, step = 0): () => number {
  let position = 0
  return () => random.uniform(step, position++, purpose)
}

/** The seed of member `index` of a batch asked with `seed`: item 0 keeps the seed itself. */
export function memberSeed(seed: number, index: number): number {
  return index === 0 ? seed : Math.floor(seeded(seed).uniform(0, index, 'seed') * 2 ** 48)
}
