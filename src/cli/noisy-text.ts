// One sentence under a noise process at several times, for the eye: which words stand, which are fog, which were
// swapped. Corrupted by the process itself, with the same random numbers at every time, so that what is lost stays lost.
// Under noise on embeddings each word lies somewhere on a sphere, drifts off in a direction of its own, and what is shown
// is the word that is nearest.
import type { Noise, Schedule, VectorNoise } from '../noise/index.ts'
import { normals, type Random, seeded } from '../random/index.ts'
import { worlds } from '../tales/index.ts'

export interface NoisyWord {
  /** what stands there; the word itself where it is fog, for its width */
  text: string
  kind: 'kept' | 'fog' | 'swapped'
  /** under noise on embeddings: the probability of what stands there, by itself and before anything is known of it */
  certainty?: number
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
/** a vector leaves its word long before a text is lost, which has many */
const vectorTimes = [0, 0.03, 0.06, 0.1, 0.2, 1]

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
  if (noise.vectors) return nearestTexts(noise, schedule, vocabulary, clean, random)
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

/** numbers of a word's vector, as in a model */
const width = 32

/** Words on a sphere, anywhere. [words × width] */
function sphere(count: number, random: Random): Float32Array[] {
  return Array.from({ length: count }, (_, id) => {
    const vector = normals(random.uniform(0, id, 'world'), width)
    const length = Math.hypot(...vector)
    return vector.map((x) => x / length)
  })
}

/** The word that is most probable for a vector, and how probable it is among all.
 * @param sigma of the noise on it */
function nearest(vector: Float32Array, words: readonly Float32Array[], sigma: number) {
  const logits = words.map(
    (word) => word.reduce((sum, x, d) => sum + x * vector[d], 0) / sigma ** 2,
  )
  const most = Math.max(...logits)
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)
  return { id: logits.indexOf(most), certainty: 1 / total }
}

function nearestTexts(
  { vectors }: VectorNoise,
  schedule: Schedule,
  vocabulary: readonly string[],
  clean: readonly { word: string; after: string }[],
  random: Random,
): NoisyText[] {
  const words = sphere(vocabulary.length, random)
  return vectorTimes.map((time) => ({
    time,
    words: clean.map(({ word, after }, i) => {
      const own = vocabulary.indexOf(word)
      if (time === 0) return { text: word, kind: 'kept', after }
      const sigma = vectors.sigma(time, schedule)
      const epsilon = normals(random.uniform(0, i, 'mask'), width)
      const drifted = words[own].map((x, d) => x + sigma * epsilon[d])
      const { id, certainty } = nearest(drifted, words, sigma)
      return { text: vocabulary[id], kind: id === own ? 'kept' : 'swapped', after, certainty }
    }),
  }))
}

/** How often the nearest of so many words is still the right one, under noise on embeddings.
 * @returns a share for each time in (0, 1] */
export function nearestShare(
  { vectors }: VectorNoise,
  schedule: Schedule,
  times: readonly number[],
  { count = 100, draws = 200, seed = exampleSeed } = {},
): number[] {
  const random = seeded(seed)
  const words = sphere(count, random)
  const epsilons = Array.from({ length: draws }, (_, i) =>
    normals(random.uniform(1, i, 'mask'), width),
  )
  return times.map((time) => {
    const sigma = vectors.sigma(time, schedule)
    const right = epsilons.filter((epsilon, i) => {
      const drifted = words[i % count].map((x, d) => x + sigma * epsilon[d])
      return nearest(drifted, words, sigma).id === i % count
    })
    return right.length / draws
  })
}
