// How true and how varied tales are, beside their teller's.
import { check, labelsOf, tell, type WorldName, wordCount } from '../../src/tales/index.ts'

export type Counts = Map<string, number>

export const countOf = (items: Iterable<string>): Counts => {
  const counts: Counts = new Map()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

/** Jensen–Shannon divergence of two samples, in nats. */
export function divergence(a: Counts, b: Counts): number {
  const total = (counts: Counts) => [...counts.values()].reduce((sum, n) => sum + n, 0)
  const [na, nb] = [total(a), total(b)]
  let sum = 0
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const p = (a.get(key) ?? 0) / na
    const q = (b.get(key) ?? 0) / nb
    const m = (p + q) / 2
    if (p > 0) sum += (p / 2) * Math.log(p / m)
    if (q > 0) sum += (q / 2) * Math.log(q / m)
  }
  return sum
}

export interface Variety {
  words: Counts
  lengths: Counts
  plots: Counts
  /** distinct ones over all */
  bigrams: number
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z']+/g) ?? []
const bucket = (text: string): string => String(Math.floor(wordCount(text) / 10))

export function varietyOf(world: WorldName, texts: readonly string[]): Variety {
  const plots = texts.flatMap((text) => {
    const { facts } = check(world, text)
    return facts ? [labelsOf(world, text, facts).plot as string] : []
  })
  const bigrams = texts.flatMap((text) => {
    const words = wordsOf(text)
    return words.slice(1).map((word, i) => `${words[i]} ${word}`)
  })
  return {
    words: countOf(texts.flatMap(wordsOf)),
    lengths: countOf(texts.map(bucket)),
    plots: countOf(plots),
    bigrams: new Set(bigrams).size / bigrams.length,
  }
}

/** Fresh tales, which no model has learnt from. */
export const freshTales = (world: WorldName, count: number, from = 2 ** 46) =>
  Array.from({ length: count }, (_, i) => tell(world, from + i))

/** What tales of a world are like: so many that their own chance differences do not count. */
export const usualVariety = (world: WorldName): Variety =>
  varietyOf(
    world,
    freshTales(world, 20_000, 2 ** 46 + 1_000_000).map(({ text }) => text),
  )
