// One sentence under a noise process at several times, for the eye: which words stand, which are fog, which were
// swapped. Corrupted by the process itself, with the same random numbers at every time, so that what is lost stays lost.
import type { Noise, Schedule } from '../noise/index.ts'
import { seeded } from '../random/index.ts'
import { worlds } from '../tales/index.ts'

export interface NoisyWord {
  /** what stands there; the word itself where it is fog, for its width */
  text: string
  kind: 'kept' | 'fog' | 'swapped'
  /** spaces and marks up to the next word: they are no words, and stay */
  after: string
}

export interface NoisyText {
  time: number
  words: NoisyWord[]
}

export const exampleText = 'Lily lost her red kite in the park, and Max helped her to find it.'
export const exampleSeed = 7
const times = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** Whatever stands before the first word goes with it. */
const wordsOf = (text: string) =>
  Array.from(
    text.matchAll(/(^[^\p{L}\p{N}]*)?([\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*)([^\p{L}\p{N}]*)/gu),
    ([, before = '', word, after]) => ({ word: before + word, after }),
  )

/** @param seed the same one draws the same noise
 * @returns one text per time, the clean one first; without words where the text has none */
export function noisyTexts(
  noise: Noise,
  schedule: Schedule,
  text: string,
  seed: number,
): NoisyText[] {
  const clean = wordsOf(text)
  const { boys, girls, things, looks } = worlds.small
  const others = [...boys, ...girls, ...things, ...looks]
  const vocabulary = [...new Set([...clean.map(({ word }) => word), ...others])]
  const ids = Int32Array.from(clean, ({ word }) => vocabulary.indexOf(word))
  const maskId = vocabulary.length
  const world = { maskId, words: Int32Array.from(vocabulary.keys()), schedule }
  const random = seeded(seed)
  const at = (time: number): Int32Array => {
    if (time === 0) return ids
    // here nothing is lost by chance: a row is a moment of writing, which sees what is to the left
    const seen = Math.round((1 - time) * ids.length)
    if (noise.causal) return ids.map((id, i) => (i < seen ? id : maskId))
    return noise.corrupt(ids, time, world, (i) => random.uniform(0, i, 'mask'))
  }
  return times.map((time) => ({
    time,
    words: Array.from(at(time), (id, i) => {
      const { word, after } = clean[i]
      if (id === maskId) return { text: word, kind: 'fog', after }
      return { text: vocabulary[id], kind: id === ids[i] ? 'kept' : 'swapped', after }
    }),
  }))
}
