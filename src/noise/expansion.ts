// Masks that stand for any number of words, for text whose length is not known beforehand. As DreamOn has it (Wu et al.,
// hkunlp.github.io/blog/2025/dreamon) a mask may have to become two masks, <expand>, or nothing, <delete>, beside a word.
// Here what a mask stands for is the yield of a random tree: with probability `share` it splits into two masks, with as
// much it is nothing, else it is a word. A text is hidden under trees that yield it, drawn by these probabilities given
// the text, and opened from their roots. What is still closed is independent of what was opened before and how, so a
// canvas alone says what its masks become: whoever predicts that exactly writes the language exactly, all its lengths
// included, in any order of one mask at a time. And the bound of masked noise stays one, with the price of the trees:
//   -log p(x) ≤ E[Σ_nodes CE - log P(masks) + log P(trees)] - log N(n),   P(masks, trees | x) = P(trees) / N(n).
// With the exact prediction it is -log p(x) for every text. Forests are counted by the cycle lemma (Dvoretzky and
// Motzkin 1947): of m trees with n words, K nodes in all, there are m/K · K!/(n! deleted! expanded!).
import { categorical } from '../random/index.ts'
import { countAt } from './exact-count.ts'
import type { Look, Noise } from './noise.ts'

/** How masks stand for other than one word. */
export interface Expansion {
  /** chance that a mask becomes two, and that it becomes nothing; above 0, below 1/2 */
  readonly share: number
  /** most masks that a text begins with */
  readonly most: number
  /** ids of the two answers that no text holds */
  readonly expand: number
  readonly delete: number
}

/** What a node of a tree is. */
export const nodes = { word: 0, expand: 1, delete: 2 } as const

/** Trees one after another, each from its root, left before right. */
export interface Forest {
  /** how many trees: the masks that a text begins with */
  readonly masks: number
  /** values of `nodes` */
  readonly kinds: Uint8Array
}

type Shares = Pick<Expansion, 'share' | 'most'>

/** log k! for k up to what was asked so far. */
const logFactorials = [0]
function logFactorial(k: number): number {
  for (let i = logFactorials.length; i <= k; i++)
    logFactorials.push(logFactorials[i - 1] + Math.log(i))
  return logFactorials[k]
}

/** Forests over n words, by how many nodes are no words (`others`) and how many of these are expands. Their chance is
 * that of so many others before the n-th word, times masks / n. */
export class Forests {
  readonly words: number
  /** log N(n): the trees that yield n words, over all numbers of masks */
  readonly logTotal: number
  readonly #shares: Shares
  /** [others] */
  readonly #weights: Float64Array

  constructor(words: number, shares: Shares) {
    this.words = words
    this.#shares = shares
    const { share } = shares
    const weights: number[] = []
    const usual = (words * 2 * share) / (1 - 2 * share)
    let chance = (1 - 2 * share) ** words
    for (let others = 0; others <= usual || chance > 1e-16; others++) {
      weights.push(chance * this.#among(others).reduce((sum, weight) => sum + weight, 0))
      chance *= ((words + others) / (others + 1)) * 2 * share
    }
    this.#weights = Float64Array.from(weights)
    this.logTotal = Math.log(weights.reduce((sum, weight) => sum + weight, 0))
  }

  /** [others + 1] weights of each number of expands: of the masks at the beginning, 1 to `most`, one for each n. */
  #among(others: number): Float64Array {
    const half = logFactorial(others) - others * Math.LN2
    return Float64Array.from({ length: others + 1 }, (_, expands) => {
      const masks = this.words + others - 2 * expands
      if (masks < 1 || masks > this.#shares.most) return 0
      const ways = half - logFactorial(expands) - logFactorial(others - expands)
      return (Math.exp(ways) * masks) / this.words
    })
  }

  /** @param next uniform numbers in (0, 1) */
  #counts(next: () => number): { others: number; expands: number; masks: number } {
    const others = categorical(this.#weights, next())
    const expands = categorical(this.#among(others), next())
    return { others, expands, masks: this.words + others - 2 * expands }
  }

  /** With how many masks a text of so many words begins. */
  masks(next: () => number): number {
    return this.#counts(next).masks
  }

  /** [masks] the chance of each number. */
  chances(): Float64Array {
    const chances = new Float64Array(this.words + this.#weights.length + 1)
    this.#weights.forEach((weight, others) => {
      const among = this.#among(others)
      const sum = among.reduce((a, b) => a + b, 0)
      among.forEach((part, expands) => {
        if (part > 0)
          chances[this.words + others - 2 * expands] +=
            (part / sum) * weight * Math.exp(-this.logTotal)
      })
    })
    return chances
  }

  draw(next: () => number): Forest {
    const { others, expands, masks } = this.#counts(next)
    const kinds = new Uint8Array(this.words + others)
    kinds.fill(nodes.expand, this.words, this.words + expands)
    kinds.fill(nodes.delete, this.words + expands)
    for (let i = kinds.length - 1; i > 0; i--) {
      const j = Math.min(i, Math.floor(next() * (i + 1)))
      const kept = kinds[i]
      kinds[i] = kinds[j]
      kinds[j] = kept
    }
    return { masks, kinds: turned(kinds, masks, next()) }
  }

  /** log P(trees) - log N(n) of a forest. */
  logChance({ kinds }: Forest): number {
    const { share } = this.#shares
    const others = kinds.length - this.words
    return others * Math.log(share) + this.words * Math.log(1 - 2 * share) - this.logTotal
  }
}

/** The rotation of nodes in any order that is a forest of so many trees; there is one for each of them. An expand opens
 * one place more, anything else fills one: a forest fills its last place with its last node. */
function turned(kinds: Uint8Array, masks: number, uniform: number): Uint8Array {
  let filled = 0
  let most = 0
  /** where each number of filled places was first reached */
  const first = [0]
  kinds.forEach((kind, at) => {
    filled += kind === nodes.expand ? -1 : 1
    if (filled > most) {
      most = filled
      first[most] = at + 1
    }
  })
  const start = first[most - Math.min(masks - 1, Math.floor(uniform * masks))] % kinds.length
  const rotated = new Uint8Array(kinds.length)
  rotated.set(kinds.subarray(start))
  rotated.set(kinds.subarray(0, start), kinds.length - start)
  return rotated
}

/** When each node opens, in (0, 1): a mask that is closed at t opens before s with probability (t - s) / t, a newly
 * opened one like those of the beginning. @param uniform in (0, 1), of every node */
export function levelsOf(
  { masks, kinds }: Forest,
  uniform: (node: number) => number,
): Float64Array {
  const above: number[] = new Array(masks).fill(1)
  return Float64Array.from(kinds, (kind, node) => {
    const level = above.pop()! * uniform(node)
    if (kind === nodes.expand) above.push(level, level)
    return level
  })
}

/** A text under a forest of which all is opened that opens above a level.
 * @returns the canvas; its masks, ascending; what each is to become */
export function underForest(
  clean: Int32Array,
  { masks, kinds }: Forest,
  levels: Float64Array,
  level: number,
  ids: Pick<Expansion, 'expand' | 'delete'> & { maskId: number },
): Required<Pick<Look, 'noisy' | 'rows' | 'targets'>> {
  const noisy: number[] = []
  const rows: number[] = []
  const targets: number[] = []
  /** is what stands there covered by a mask? */
  const covers: boolean[] = new Array(masks).fill(false)
  let word = 0
  kinds.forEach((kind, node) => {
    const covered = covers.pop()!
    const shut = !covered && levels[node] <= level
    if (shut) {
      rows.push(noisy.length)
      noisy.push(ids.maskId)
      targets.push([clean[word], ids.expand, ids.delete][kind])
    } else if (!covered && kind === nodes.word) noisy.push(clean[word])
    if (kind === nodes.word) word++
    if (kind === nodes.expand) covers.push(covered || shut, covered || shut)
  })
  return {
    noisy: Int32Array.from(noisy),
    rows: Int32Array.from(rows),
    targets: Int32Array.from(targets),
  }
}

/** Forests over each number of words, made once. */
export function forestsOf(shares: Shares): (words: number) => Forests {
  const known = new Map<number, Forests>()
  return (words) => {
    const found = known.get(words) ?? new Forests(words, shares)
    known.set(words, found)
    return found
  }
}

/** What whoever writes needs to know. */
export interface Growth extends Expansion {
  readonly forests: (words: number) => Forests
  /** with how many masks so many words begin */
  masks(words: number, next: () => number): number
}

export function growthOf(expansion: Expansion): Growth {
  const forests = forestsOf(expansion)
  return { ...expansion, forests, masks: (words, next) => forests(words).masks(next) }
}

/** -log P(masks), of the masks that texts begin with. @param lengths log p of each length, 1 to `longest` */
export function startNats(
  forests: (words: number) => Forests,
  logProb: (length: number) => number,
  longest: number,
): (masks: number) => number {
  let chances: Float64Array | undefined
  return (masks) => {
    chances ??= chancesOf(forests, logProb, longest)
    return -Math.log(chances[masks] ?? 0)
  }
}

function chancesOf(
  forests: (words: number) => Forests,
  logProb: (length: number) => number,
  longest: number,
): Float64Array {
  // a longer text begins with more masks
  const chances = forests(longest).chances().fill(0)
  for (let length = 1; length <= longest; length++) {
    const p = Math.exp(logProb(length))
    if (p === 0) continue
    forests(length)
      .chances()
      .forEach((chance, masks) => {
        chances[masks] += p * chance
      })
  }
  return chances
}

/** Looks at texts under forests: so many nodes of one are still closed, every number alike, and what is next to open is
 * any of the masks. @param start -log P(masks) */
export const underForests = (
  growth: Pick<Growth, 'forests' | 'expand' | 'delete'>,
  start: (masks: number) => number,
): Pick<Noise, 'look'> => ({
  look(clean, u, next, { maskId }) {
    const known = growth.forests(clean.length)
    const forest = known.draw(next)
    const levels = levelsOf(forest, next)
    const closed = countAt(u, levels.length)
    const level = levels.slice().sort()[closed - 1]
    const hidden = underForest(clean, forest, levels, level, { ...growth, maskId })
    return {
      ...hidden,
      time: 1,
      worth: levels.length / hidden.rows.length,
      nats: known.logChance(forest) + start(forest.masks),
    }
  },
})
