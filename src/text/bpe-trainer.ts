// Learns byte pair merges (Sennrich et al. 2016, arXiv 1508.07909): the most frequent pair of neighbours becomes a
// token, again and again. Counts are kept up to date instead of recounted, and ties go to the pair with the smaller
// ids, step by step as in the BpeTrainer of the Hugging Face library, so that both learn the same merges.
import { alphabet, toAlphabet } from './alphabet.ts'

export interface Merges {
  /** the alphabet, then one token per merge that made a new one */
  tokens: string[]
  /** pairs in the order in which they were learnt */
  merges: [string, string][]
}

/** @param counts how often each piece of text occurs
 * @param vocabSize tokens wanted, the alphabet's 256 included
 * @param minFrequency pairs seen less often are not merged */
export function trainBpe(
  counts: ReadonlyMap<string, number>,
  vocabSize: number,
  minFrequency = 2,
): Merges {
  const tokens = [...alphabet]
  const idOf = new Map(tokens.map((token, id) => [token, id]))
  const merges: [string, string][] = []
  const words: number[][] = []
  const wordCounts: number[] = []
  for (const [piece, count] of counts) {
    words.push(Array.from(toAlphabet(piece), (character) => idOf.get(character)!))
    wordCounts.push(count)
  }

  const pairCounts = new Map<number, number>()
  const changed = new Map<number, number[]>()
  const note = (pair: number, change: number, word: number) => {
    pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + change * wordCounts[word])
    if (change < 0) return
    const where = changed.get(pair)
    if (!where) changed.set(pair, [word])
    else if (where[where.length - 1] !== word) where.push(word)
  }
  const queue = new CandidateQueue()
  const queueChanged = () => {
    for (const [pair, where] of changed) {
      const count = pairCounts.get(pair)!
      if (count > 0) queue.push({ pair, count, where })
    }
    changed.clear()
  }
  words.forEach((word, index) => {
    for (let i = 1; i < word.length; i++) note(pairKey(word[i - 1], word[i]), 1, index)
  })
  queueChanged()

  while (tokens.length < vocabSize) {
    const top = queue.pop()
    if (!top) break
    const count = pairCounts.get(top.pair)!
    if (top.count !== count) {
      if (count > 0) queue.push({ ...top, count })
      continue
    }
    if (count < minFrequency) break
    const left = Math.floor(top.pair / pairBase)
    const right = top.pair % pairBase
    const token = tokens[left] + tokens[right]
    // two different pairs can make the same token: "ab"+"c" and "a"+"bc"
    const known = idOf.get(token)
    const id = known ?? tokens.length
    if (known === undefined) {
      idOf.set(token, id)
      tokens.push(token)
    }
    merges.push([tokens[left], tokens[right]])
    for (const index of top.where) mergePair(words[index], left, right, id, index, note)
    queueChanged()
  }
  return { tokens, merges }
}

const pairBase = 2 ** 26
const pairKey = (left: number, right: number): number => left * pairBase + right

/** Merges every occurrence of a pair in a word, left to right, and notes which neighbours that makes and breaks. */
function mergePair(
  word: number[],
  left: number,
  right: number,
  id: number,
  index: number,
  note: (pair: number, change: number, word: number) => void,
): void {
  for (let i = 0; i + 1 < word.length; i++) {
    if (word[i] !== left || word[i + 1] !== right) continue
    if (i > 0) {
      note(pairKey(word[i - 1], left), -1, index)
      note(pairKey(word[i - 1], id), 1, index)
    }
    word.splice(i, 2, id)
    if (i + 1 < word.length) {
      note(pairKey(right, word[i + 1]), -1, index)
      note(pairKey(id, word[i + 1]), 1, index)
    }
  }
}

interface Candidate {
  pair: number
  count: number
  /** words that hold the pair */
  where: number[]
}

const before = (a: Candidate, b: Candidate): boolean =>
  a.count !== b.count ? a.count > b.count : a.pair < b.pair

/** A binary heap: the most frequent pair first, then the one with the smaller ids. */
class CandidateQueue {
  private readonly heap: Candidate[] = []

  push(candidate: Candidate): void {
    const { heap } = this
    let at = heap.push(candidate) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(candidate, heap[parent])) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = candidate
  }

  pop(): Candidate | undefined {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
      if (!before(heap[child], last)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}
