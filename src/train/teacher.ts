// A teacher writes on from the noisy texts of a batch, in a few small steps of its chain, and each word is expected as
// the teacher predicted it when it was written, or in the end: a student learns to say at once what the teacher finds
// out step by step (self-distillation through time, arXiv 2410.21035). The divergence that is minimised makes it the
// best writer, of those that write each word of a step on its own, of what the teacher writes.
import { distribution } from '../denoise/index.ts'
import { emit, input } from '../graph/index.ts'
import type { Framing } from '../model/framing.ts'
import { type TransformerConfig, transformer } from '../nn/index.ts'
import type { Schedule, WordNoise } from '../noise/index.ts'
import { categorical, type Random } from '../random/index.ts'
import type { Device } from '../runtime/index.ts'
import { divergence, expectedOf, type Targets } from './targets.ts'

/** How a teacher writes. */
export interface Teaching {
  /** equal steps in which it would write a whole text */
  readonly steps: number
  /** of its steps, those that its student learns to take at once */
  readonly together: number
  /** of the words it writes; what it predicts is tempered alike */
  readonly temperature: number
  readonly topP: number
}

export interface TeacherParts {
  architecture: TransformerConfig
  weights: ReadonlyMap<string, Float32Array>
  framing: Framing
  /** noise in which words settle */
  noise: WordNoise
  schedule: Schedule
  teaching: Teaching
  random: Random
}

export async function openTeacher(device: Device, parts: TeacherParts): Promise<Targets> {
  const { architecture, weights, framing, noise, schedule, teaching, random } = parts
  const { vocabSize } = architecture
  const { temperature, topP, steps, together } = teaching
  const maskId = framing.tokenizer.special.mask
  const world = { vocabSize, maskId, words: framing.words, schedule }
  const banned = new Uint8Array(vocabSize)
  for (const id of framing.banned) banned[id] = 1
  const dims = framing.block === undefined ? ['B', 'L'] : ['B', 2, 'L']
  const [ids, rows] = [input('ids', 'int32', dims), input('rows', 'int32', ['R'])]
  const logits = transformer(architecture, framing.banned).logits(ids, rows)
  const { decomposed } = device
  const session = await device.session(emit({ logits }, { weights, decomposed }), {
    planned: false,
  })

  /** What stands at a position of the fog after a step. */
  const written = (prediction: Float64Array, time: number, uniform: number): number => {
    const next = Math.max(0, time - 1 / steps)
    return categorical(noise.posterior(maskId, prediction, next, time, world), uniform)
  }

  return {
    loss: divergence,
    async feeds({ ids, rows, places, time }, step) {
      const canvas = { data: ids.data.slice(), dims: ids.dims }
      const size = canvas.data.length
      const expected: Float64Array[] = []
      let fog = Array.from(rows.data, (_, row) => row)
      for (let small = 0; small < together && fog.length > 0; small++) {
        const asked = { data: Int32Array.from(fog, (row) => rows.data[row]), dims: [fog.length] }
        const predicted = (await session.run({ ids: canvas, rows: asked })).logits
          .data as Float32Array
        const sampling = { temperature, topP, topK: 0 }
        fog.forEach((row, at) => {
          const own = predicted.subarray(at * vocabSize, (at + 1) * vocabSize)
          expected[row] = normalised(distribution(own, banned, sampling))
        })
        fog = fog.filter((row) => {
          const place = places.data[row]
          const uniform = random.uniform(step, small * size + place, 'token')
          const now = Math.max(0, time.data[row] - small / steps)
          canvas.data[place] = written(expected[row], now, uniform)
          return canvas.data[place] === maskId
        })
      }
      return expectedOf(expected)
    },
    dispose: () => session.dispose(),
  }
}

function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
