// Uniform noise as what Gaussian noise on words looks like from afar (Duo, arXiv 2506.10892): a word is a corner of a
// cube, z = r·onehot(x) + ε, and the largest coordinate of z names a word. That word is x or, each as likely, any other:
// uniform noise with the survival α(r) = (V·P(x is largest) - 1)/(V - 1). Early in training a network may be shown
// softmax(z/√(1+r²)/τ) instead of the word it names: where the noise has just swapped a word, x still shines through.
import { add, cast, constant, equal, mul, reshape, softmax, type Tensor } from '../graph/index.ts'
import { normals } from '../random/index.ts'
import type { Relaxed, WordNoise } from './noise.ts'
import { outside } from './outside.ts'
import { expectTime } from './schedule.ts'

/** of the table of a survival function, in units of ε */
const cell = 1 / 64
/** beyond this ratio no word is lost: of a hundred thousand one in 10^12 */
const highest = 12

/** Φ at -lowest + i·cell, up to where it is 1 for every ratio. */
const lowest = 9
const phi = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
const cumulative = (() => {
  const values = new Float64Array((2 * lowest + highest) / cell + 1)
  for (let i = 1; i < values.length; i++) {
    const z = i * cell - lowest
    // Simpson's rule in each cell: exact to 1e-13
    values[i] = values[i - 1] + (cell / 6) * (phi(z - cell) + 4 * phi(z - cell / 2) + phi(z))
  }
  return values.map((value) => Math.min(1, value))
})()

const tables = new Map<number, Float64Array>()

/** α at ratios 0, cell, 2·cell, … for so many words. */
function survivals(words: number): Float64Array {
  let table = tables.get(words)
  if (!table) {
    const inside = (2 * lowest) / cell
    table = Float64Array.from({ length: highest / cell + 1 }, (_, shift) => {
      // the trapezoidal rule, which for a smooth integrand that ends at nothing is as good as any
      let lost = 0
      for (let i = 0; i <= inside; i++) {
        const others = -Math.expm1((words - 1) * Math.log(cumulative[i + shift]))
        lost += cell * phi(i * cell - lowest) * others
      }
      return 1 - (words / (words - 1)) * lost
    })
    // rounding must not leave a word likelier than it can be
    table[0] = 0
    tables.set(words, table)
  }
  return table
}

/** The ratio r of signal to noise at which so much survives, of so many words.
 * @param survival in [0, 1] */
export function ratioOf(survival: number, words: number): number {
  const table = survivals(words)
  let [low, high] = [0, table.length - 1]
  if (survival >= table[high]) return highest
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (table[middle] <= survival) low = middle
    else high = middle
  }
  return cell * (low + (survival - table[low]) / (table[high] - table[low]))
}

/** @param noise uniform */
export const relaxedForm = (noise: WordNoise): Relaxed => ({
  noise: {
    ...noise,
    corrupt(clean, t, { words, schedule }, uniform) {
      expectTime(t)
      const ratio = ratioOf(schedule.survival(t), words.length)
      return clean.map((token, position) => {
        const draw = uniform(position)
        return draw < 1 ? largest(token, ratio, words, draw) : token
      })
    },
  },
  ratio: ratioOf,
  weights(targets, epsilon, ratio, sharpness, pricing) {
    const [rows, vocabSize] = epsilon.shape as [Tensor['shape'][number], number]
    const column = (x: Tensor) => reshape(x, [rows, 1])
    const ids = constant(
      Float32Array.from({ length: vocabSize }, (_, id) => id),
      [1, vocabSize],
    )
    const own = cast(equal(column(cast(targets)), ids))
    const place = add(mul(own, column(ratio)), epsilon)
    return softmax(add(mul(place, column(sharpness)), outside(vocabSize, pricing)))
  },
})

/** The word that the largest coordinate names. */
function largest(token: number, ratio: number, words: Int32Array, draw: number): number {
  const epsilon = normals(draw, words[words.length - 1] + 1)
  const value = (word: number) => epsilon[word] + (word === token ? ratio : 0)
  return words.reduce((best, word) => (value(word) > value(best) ? word : best), words[0])
}
