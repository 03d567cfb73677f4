// A teacher writes on from the noisy texts of a batch, in a few small steps of its chain, and each word is expected as
// the teacher predicted it when it was written, or in the end: a student learns to say at once what the teacher finds
// out step by step (self-distillation through time, arXiv 2410.21035). The divergence that is minimised makes it the
// best writer, of those that write each word of a step on its own, of what the teacher writes.
import { distribution } from '../denoise/index.ts'
import { emit, input } from '../graph/index.ts'
import type { Framing } from '../model/framing.ts'
import { type TransformerConfig, transformer } from '../nn/index.ts'
import type { Schedule } from '../noise/index.ts'
import { categorical, normalised, type Purpose, type Random } from '../random/index.ts'
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
  /** of the masks: words settle, in an order that no word has a part in */
  schedule: Pick<Schedule, 'noise'>
  teaching: Teaching
  random: Random
}

export async function openTeacher(device: Device, parts: TeacherParts): Promise<Targets> {
  const { architecture, weights, framing, schedule, teaching, random } = parts
  const { vocabSize } = architecture
  const { temperature, topP, steps, together } = teaching
  const sampling = { temperature, topP, topK: 0 }
  const banned = new Uint8Array(vocabSize)
  for (const id of framing.banned) banned[id] = 1
  const dims = framing.block === undefined ? ['B', 'L'] : ['B', 2, 'L']
  const [ids, rows] = [input('ids', 'int32', dims), input('rows', 'int32', ['R'])]
  const logits = transformer(architecture, framing.banned).logits(ids, rows)
  const { decomposed } = device
  const session = await device.session(emit({ logits }, { weights, decomposed }), {
    planned: false,
  })

  /** Chance that a mask outlasts the step that begins at a time: (1 - α_s)/(1 - α_t). */
  const staying = (time: number): number =>
    schedule.noise(Math.max(0, time - 1 / steps)) / schedule.noise(time)

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
        const last = small === together - 1
        fog = fog.filter((row, at) => {
          const place = places.data[row]
          const draw = (purpose: Purpose) => random.uniform(step, small * size + place, purpose)
          if (!last && draw('position') < staying(time.data[row] - small / steps)) return true
          const own = predicted.subarray(at * vocabSize, (at + 1) * vocabSize)
          const weights = distribution(own, banned, sampling)
          expected[row] = normalised(weights)
          if (!last) canvas.data[place] = categorical(weights, draw('token'))
          return false
        })
      }
      return expectedOf(expected)
    },
    dispose: () => session.dispose(),
  }
}
