// Masked diffusion in which words vanish piece by piece (partial masking, MDM-Prime, arXiv 2505.18495): an id is a number
// of so many digits, each hidden on its own, so a word can be half known. What is half known has an id of its own, behind
// all others, and network and canvas need know no more.
// A prediction is of whole words; with the digits that show, only some are possible, and what a hidden digit costs is
// its share among those:
//   bound = ∫ -α'/(1-α) Σ_hidden digits -log p(digit | x_t).
// With the exact conditionals that is -log p(x). The loss that the paper's code trains takes the word's cross-entropy once
// however many digits are hidden; that is no bound, and is not used here.
import {
  add,
  constant,
  gather,
  less,
  logsumexp,
  mul,
  reshape,
  scalar,
  sub,
  type Tensor,
  where,
} from '../graph/index.ts'
import { countAt, maskExactly, priceOfCount } from './exact-count.ts'
import { lossRate, masked, only } from './masked.ts'
import type { Pricing, Terms, WordNoise } from './noise.ts'
import { expectStep, expectTime } from './schedule.ts'

/** How ids are cut up. */
export interface Pieces {
  /** digits of an id */
  readonly count: number
  /** ids that are cut up: those of the tokenizer. The ids of what is half known begin with this number */
  readonly of: number
}

/** Fewest and most digits: more would take more ids for what is half known than there are words. */
export const fewestPieces = 2
export const mostPieces = 4

const never = -1e9

/** The least base in which all ids have so few digits. */
function baseOf({ count, of }: Pieces): number {
  let base = 2
  while (base ** count < of) base++
  return base
}

/** How many ids what is half known takes. */
export const halfKnown = (pieces: Pieces): number =>
  (baseOf(pieces) + 1) ** pieces.count - baseOf(pieces) ** pieces.count - 1

/** The digits of every id, base for a hidden one. Of what is half known the ids count up as the numbers do that their
 * digits make in base + 1. */
class Digits {
  readonly base: number
  /** [count] tables of [vocabSize] */
  readonly tables: readonly Float32Array[]
  readonly #ids = new Map<number, number>()
  readonly #pieces: Pieces
  readonly #maskId: number

  constructor(pieces: Pieces, maskId: number) {
    this.#pieces = pieces
    this.#maskId = maskId
    this.base = baseOf(pieces)
    const size = pieces.of + halfKnown(pieces)
    this.tables = Array.from({ length: pieces.count }, () => new Float32Array(size))
    for (let id = 0; id < pieces.of; id++) this.#name(id, this.#written(id, this.base))
    this.#name(
      maskId,
      Array.from(this.tables, () => this.base),
    )
    let next = pieces.of
    for (let number = 0; number < (this.base + 1) ** pieces.count; number++) {
      const digits = this.#written(number, this.base + 1)
      const hidden = digits.filter((digit) => digit === this.base).length
      if (hidden > 0 && hidden < pieces.count) this.#name(next++, digits)
    }
  }

  #written(number: number, base: number): number[] {
    return Array.from(this.tables, (_, j) => Math.floor(number / base ** j) % base)
  }

  #name(id: number, digits: readonly number[]): void {
    digits.forEach((digit, j) => {
      this.tables[j][id] = digit
    })
    if (id < this.#pieces.of && id !== this.#maskId) return
    this.#ids.set(this.#number(digits), id)
  }

  #number(digits: readonly number[]): number {
    return digits.reduce((sum, digit, j) => sum + digit * (this.base + 1) ** j, 0)
  }

  of(id: number): number[] {
    return this.tables.map((table) => table[id])
  }

  /** A word or what is half known of one, with some of its digits hidden. */
  hiding(id: number, hides: (j: number) => boolean): number {
    const digits = this.of(id).map((digit, j) => (hides(j) ? this.base : digit))
    return this.#ids.get(this.#number(digits)) ?? id
  }

  hidden(id: number): number[] {
    return this.of(id).flatMap((digit, j) => (digit === this.base ? [j] : []))
  }

  /** Can this be what is half known? */
  fits(word: number, known: readonly number[]): boolean {
    return known.every((digit, j) => digit === this.base || digit === this.tables[j][word])
  }
}

/** Every choice among so many, as bits. */
const choices = (count: number): number[] => Array.from({ length: 2 ** count }, (_, bits) => bits)

export function maskedInPieces(pieces: Pieces): WordNoise {
  const vocabSize = pieces.of + halfKnown(pieces)
  const made = new Map<number, Digits>()
  const digitsFor = (maskId: number): Digits => {
    const known = made.get(maskId) ?? new Digits(pieces, maskId)
    made.set(maskId, known)
    return known
  }

  /** -log p of every hidden digit of rows, their sum, [R]. */
  const cost = ({ logits, targets, noisy }: Terms, { maskId }: Pricing): Tensor => {
    const digits = digitsFor(maskId)
    const parts = digits.tables.map((table) => {
      const column = constant(table, [vocabSize, 1])
      const away = sub(constant(table, [1, vocabSize]), gather(column, targets))
      const other = where(less(mul(away, away), scalar(0.25)), scalar(0), scalar(never))
      const hides = constant(
        table.map((digit) => Number(digit === digits.base)),
        [vocabSize, 1],
      )
      return { other, hidden: gather(hides, noisy) }
    })
    const possible = parts.reduce(
      (sum, { other, hidden }) => add(sum, mul(other, sub(scalar(1), hidden))),
      logits,
    )
    const all = logsumexp(possible)
    const each = parts.map(({ other, hidden }) =>
      mul(hidden, sub(all, logsumexp(add(possible, other)))),
    )
    return reshape(
      each.reduce((sum, one) => add(sum, one)),
      targets.shape,
    )
  }

  const bound = (terms: Terms, pricing: Pricing): Tensor =>
    mul(lossRate(terms.time, pricing), cost(terms, pricing))

  return {
    ...masked,
    about: 'words vanish into the fog piece by piece, each piece on its own',
    source: 'Chao et al., arXiv 2505.18495',
    settles: false,
    pieces: { ...pieces, partly: (id) => id >= pieces.of },

    corrupt(clean, t, { maskId, schedule }, uniform) {
      expectTime(t)
      const noise = 1 - schedule.survival(t)
      const digits = digitsFor(maskId)
      return clean.map((token, position) => {
        let rest = uniform(position)
        // one number says all: where it falls among what is hidden, or shown, is a number of its own
        const hides = digits.tables.map(() => {
          const hidden = rest < noise
          rest = hidden ? rest / noise : (rest - noise) / (1 - noise)
          return hidden
        })
        return digits.hiding(token, (j) => hides[j])
      })
    },

    rows: (noisy, maskId) =>
      Int32Array.from(noisy.keys()).filter((i) => noisy[i] === maskId || noisy[i] >= pieces.of),

    forward(token, s, t, { maskId, schedule }) {
      expectStep(s, t)
      const before = schedule.survival(s)
      const stays = before === 0 ? 1 : schedule.survival(t) / before
      const digits = digitsFor(maskId)
      const q = new Float64Array(vocabSize)
      const own = digits.of(token)
      for (const hides of choices(pieces.count)) {
        const share = own.reduce((p, digit, j) => {
          const hidden = Boolean(hides & (1 << j))
          if (digit === digits.base) return hidden ? p : 0
          return p * (hidden ? 1 - stays : stays)
        }, 1)
        if (share > 0) q[digits.hiding(token, (j) => Boolean(hides & (1 << j)))] += share
      }
      return q
    },

    posterior(noisy, prediction, s, t, { maskId, schedule }) {
      expectStep(s, t)
      const digits = digitsFor(maskId)
      const hidden = digits.hidden(noisy)
      // what cannot stand there stays: at the end of time no piece of it would show
      const impossible = hidden.length < pieces.count && schedule.survival(t) === 0
      if (hidden.length === 0 || impossible) return only(noisy, vocabSize)
      const noise = 1 - schedule.survival(t)
      const revealed = noise === 0 ? 1 : (schedule.survival(s) - schedule.survival(t)) / noise
      const known = digits.of(noisy)
      const reveals = choices(hidden.length).map((shows) => {
        const stay = new Set(hidden.filter((_, i) => !(shows & (1 << i))))
        const share = revealed ** (hidden.length - stay.size) * (1 - revealed) ** stay.size
        return { stay, share }
      })
      const q = new Float64Array(vocabSize)
      let total = 0
      prediction.forEach((p, word) => {
        if (p === 0 || !digits.fits(word, known)) return
        total += p
        for (const { stay, share } of reveals) {
          if (share > 0) q[digits.hiding(word, (j) => stay.has(j))] += p * share
        }
      })
      return total > 0 ? q.map((share) => share / total) : only(noisy, vocabSize)
    },

    bound,
    loss: bound,
    scoreEntropy: undefined,

    look(clean, u, next, { maskId }) {
      const digits = digitsFor(maskId)
      const length = pieces.count * clean.length
      const count = countAt(u, length)
      const { noisy: places } = maskExactly(new Int32Array(length), count, 1, next)
      const noisy = clean.map((token, i) =>
        digits.hiding(token, (j) => places[pieces.count * i + j] === 1),
      )
      const rows = Int32Array.from(clean.keys()).filter((i) =>
        places.subarray(pieces.count * i, pieces.count * (i + 1)).includes(1),
      )
      return { noisy, rows, time: 1, worth: priceOfCount(1, count, length) }
    },

    cost,
  }
}
