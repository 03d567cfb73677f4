// The vocabulary of the most frequent pieces: for tokenizers that look pieces up whole.
import { alphabet, toAlphabet } from './alphabet.ts'
import type { Vocabulary } from './kind.ts'

/** The pieces seen at least `minCount` times, most frequent first (ties by code units), after the alphabet, until
 * there are `room` tokens. */
export function frequentPieces(
  counts: ReadonlyMap<string, number>,
  room: number,
  minCount: number,
): Vocabulary {
  const known = new Set(alphabet)
  const pieces = [...counts]
    .filter(([, count]) => count >= minCount)
    .map(([piece, count]) => ({ token: toAlphabet(piece), count }))
    .filter(({ token }) => !known.has(token))
    .sort((a, b) => b.count - a.count || (a.token < b.token ? -1 : 1))
  const tokens = [...alphabet, ...pieces.slice(0, room - alphabet.length).map(({ token }) => token)]
  return { tokens, merges: [] }
}
