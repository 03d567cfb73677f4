// A text as vectors, under noise on embeddings: z = E[x] + σ·ε at every position. Drawn: a word by what is known, and the
// vector on its way there (Bayes' rule for Gaussians). Flowing: along dz/dσ = (z - x̂)/σ, the probability flow (arXiv
// 2211.15089), by Euler's rule, which is DDIM (2010.02502, its η adds noise back; 1 is DDPM). Corrected: the same step
// again with the mean of both its slopes, which is Heun's rule (2206.00364).
import type { Process, VectorNoise } from '../noise/index.ts'
import { normals } from '../random/index.ts'
import { states } from './frame.ts'
import { likeliest, type Medium, type Move } from './medium.ts'

/** Where a text stands: [L × D] vectors, the slopes of their last step, and what was predicted there. */
interface Place {
  vectors: Float32Array
  slopes: Float32Array
  recalled: Float32Array
}

/** @param words [V × D], each of length 1
 * @param noise of the process
 * @param known of a frame to go on from */
export function vectorMedium(
  { schedule, words: writable }: Pick<Process, 'schedule' | 'words'>,
  { vectors: noise }: VectorNoise,
  { words, vocabSize, maskId }: { words: Float32Array; vocabSize: number; maskId: number },
  length: number,
  known: Partial<Place>,
): Medium {
  const width = words.length / vocabSize
  const goingOn = (of: keyof Place) => known[of]?.slice() ?? new Float32Array(length * width)
  const text: Place = {
    vectors: goingOn('vectors'),
    slopes: goingOn('slopes'),
    recalled: goingOn('recalled'),
  }
  const sigma = (time: number) => noise.sigma(time, schedule)
  const at = (of: Float32Array, row: number) => of.subarray(row * width, (row + 1) * width)
  // a plain loop: it runs for every word at every position and step
  const similarity = (vector: Float32Array, id: number) => {
    let sum = 0
    for (let d = 0; d < width; d++) sum += vector[d] * words[id * width + d]
    return sum
  }
  const meanOf = (prediction: Float64Array): Float64Array => {
    const mean = new Float64Array(width)
    prediction.forEach((p, id) => {
      if (p > 0) for (let d = 0; d < width; d++) mean[d] += p * words[id * width + d]
    })
    return mean
  }

  /** Towards a point, with fresh noise of variance `fresh` in place of as much of its own. */
  const towards = (point: ArrayLike<number>, move: Move, fresh: number): Float32Array => {
    const [before, after] = [sigma(move.from), sigma(move.to)]
    const kept = Math.sqrt(Math.max(0, after ** 2 - fresh)) / before
    const epsilon = fresh > 0 ? normals(move.uniform(), width) : undefined
    return at(text.vectors, move.position).map(
      (z, d) => point[d] + kept * (z - point[d]) + (epsilon ? Math.sqrt(fresh) * epsilon[d] : 0),
    )
  }
  /** of the noise at `to`, what is fresh by Bayes' rule */
  const added = ({ from, to }: Move) => {
    const [before, after] = [sigma(from) ** 2, sigma(to) ** 2]
    return after * (1 - after / before)
  }
  const slopeAt = ({ position, prediction }: Move, time: number): Float32Array => {
    const mean = meanOf(prediction)
    return at(text.vectors, position).map((z, d) => (z - mean[d]) / sigma(time))
  }

  const moves: Record<Move['how'], (move: Move) => { vector: Float32Array; slope?: Float32Array }> =
    {
      // one draw says the word, and whether all of its noise is fresh
      drawn(move) {
        const outcomes = new Float64Array(2 * vocabSize)
        move.prediction.forEach((p, id) => {
          outcomes[id] = (1 - move.fresh) * p
          outcomes[vocabSize + id] = move.fresh * p
        })
        const drawn = move.draw(outcomes)
        const fresh = drawn < vocabSize ? added(move) : sigma(move.to) ** 2
        return { vector: towards(at(words, drawn % vocabSize), move, fresh) }
      },
      likeliest: ({ prediction }) => ({ vector: at(words, likeliest(prediction)).slice() }),
      flowing: (move) => ({
        vector: towards(meanOf(move.prediction), move, (move.eta ?? 0) ** 2 * added(move)),
        slope: slopeAt(move, move.from),
      }),
      corrected(move) {
        const half = (sigma(move.to) - sigma(move.from)) / 2
        const [first, second] = [at(text.slopes, move.position), slopeAt(move, move.to)]
        return {
          vector: at(text.vectors, move.position).map((z, d) => z + half * (second[d] - first[d])),
        }
      },
    }

  return {
    begin(position, uniform) {
      const vector = at(text.vectors, position)
      vector.set(normals(uniform, width).map((epsilon) => sigma(1) * epsilon))
      return writable.reduce((best, id) =>
        similarity(vector, id) > similarity(vector, best) ? id : best,
      )
    },
    // the mask stands where a vector does; what is known of it comes in here, and a summary would not have it
    asked(ask, state, time) {
      const asked = (of: Float32Array): Float32Array => {
        const rows = new Float32Array(ask.rows.length * width)
        ask.rows.forEach((row, i) => {
          rows.set(at(of, row), i * width)
        })
        return rows
      }
      const tokens = ask.tokens.map((id, i) => (state[i] === states.given ? id : maskId))
      const recalled = noise.recalls ? asked(text.recalled) : undefined
      const told = schedule.linearTime?.(time) ?? time
      const vectors = asked(text.vectors)
      return { ...ask, tokens, time: told, vectors, recalled, summarise: undefined }
    },
    // the network says what all other positions say
    heard(position, time) {
      const [vector, variance] = [at(text.vectors, position), sigma(time) ** 2]
      return (logits) => logits.map((logit, id) => logit + similarity(vector, id) / variance)
    },
    earlier: (move) => ({
      token: likeliest(move.prediction),
      ...moves[move.how](move),
      ...(noise.recalls ? { mean: Float32Array.from(meanOf(move.prediction)) } : {}),
    }),
    write({ position, vector, slope, mean }) {
      if (vector) at(text.vectors, position).set(vector)
      if (slope) at(text.slopes, position).set(slope)
      if (mean) at(text.recalled, position).set(mean)
    },
    shown: (length) => ({
      vectors: text.vectors.slice(0, length * width),
      slopes: text.slopes.slice(0, length * width),
      ...(noise.recalls ? { recalled: text.recalled.slice(0, length * width) } : {}),
    }),
  }
}
