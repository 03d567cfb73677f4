// How text is corrupted, and what it costs to undo it.
import { autoregressive } from './autoregressive.ts'
import { cosine } from './cosine.ts'
import { gaussian } from './gaussian.ts'
import { geometric } from './geometric.ts'
import { hybrid } from './hybrid.ts'
import { learnt } from './learnt.ts'
import { linear } from './linear.ts'
import { masked } from './masked.ts'
import { maskedByWord, paceName } from './masked-by-word.ts'
import { maskedInPieces, type Pieces } from './masked-in-pieces.ts'
import type { Noise, SigmaRange, WordNoise } from './noise.ts'
import { polynomial } from './polynomial.ts'
import type { Schedule } from './schedule.ts'
import { uniform } from './uniform.ts'
import { warpedSchedule, warpName, warpPieces } from './warp.ts'

/** Noise on words. */
export const wordNoises = {
  masked: { ...masked, learning: maskedByWord, inPieces: maskedInPieces },
  autoregressive,
  uniform,
  hybrid,
} satisfies Record<string, WordNoise>

/** Every noise process. */
export const noises = { ...wordNoises, gaussian } satisfies Record<string, Noise>

/** Every schedule. */
export const schedules = { linear, cosine, polynomial, geometric, learnt } satisfies Record<
  string,
  Schedule
>

/** What a network was trained to undo. */
export interface Process {
  readonly noise: Noise
  readonly schedule: Schedule
  /** see `World.words` */
  readonly words: Int32Array
}

/** The rows that a model's config names, and what goes with them. */
interface Named {
  process: string
  schedule: string
  /** see `Noise.replacing`; the row's own share without */
  replaced?: number
  /** see `Noise.between`; the row's own range without */
  sigma?: SigmaRange
  /** see `Noise.recalling` */
  selfConditioning?: boolean
  /** are times warped, see warp.ts? Of noise on embeddings */
  timeWarping?: boolean
  /** see `Noise.inPieces`; whole words without */
  pieces?: Pieces
}

/** @param learnt values of what the process learns beside its network, by name (`noiseShapes`); whoever only asks what the
 * noise is like needs none */
export function noiseOf(
  { process, schedule: name, replaced, sigma, selfConditioning, timeWarping, pieces }: Named,
  learnt: (name: string) => ArrayLike<number> | undefined = () => undefined,
): Omit<Process, 'words'> {
  const row: Noise = noises[process as keyof typeof noises]
  const schedule: Schedule = schedules[name as keyof typeof schedules]
  const learning = schedule.learnt ? row.learning?.(learnt(paceName) ?? []) : undefined
  const replacing = replaced === undefined ? undefined : row.replacing?.(replaced)
  const between = sigma && row.between?.(sigma)
  const cut = pieces && row.inPieces?.(pieces)
  const chosen = learning ?? cut ?? replacing ?? between ?? row
  const recalling = selfConditioning ? chosen.recalling?.() : undefined
  const noise = recalling ?? chosen
  const { vectors } = noise
  if (!timeWarping || !vectors) return { noise, schedule }
  return { noise, schedule: warpedSchedule(learnt(warpName) ?? [], vectors.range) }
}

/** What a process learns beside its network: names and shapes. */
export const noiseShapes = (
  { schedule, timeWarping }: Pick<Named, 'schedule' | 'timeWarping'>,
  vocabSize: number,
): Record<string, number[]> => ({
  ...((schedules[schedule as keyof typeof schedules] as Schedule | undefined)?.learnt
    ? { [paceName]: [vocabSize] }
    : {}),
  ...(timeWarping ? { [warpName]: [warpPieces] } : {}),
})

export { blocksOf, lookInBlocks } from './blocks.ts'
export { countAt, maskExactly, priceOfCount } from './exact-count.ts'
export {
  type Expansion,
  type Growth,
  growthOf,
  levelsOf,
  startNats,
  underForest,
  underForests,
} from './expansion.ts'
export { inSteps } from './in-steps.ts'
export { addLeaveOneOut, type Versions } from './leave-one-out.ts'
export { maskedByWord, paceName } from './masked-by-word.ts'
export {
  fewestPieces,
  halfKnown,
  maskedInPieces,
  mostPieces,
  type Pieces,
} from './masked-in-pieces.ts'
export type { Mixed } from './mixed.ts'
export type {
  Look,
  Noise,
  NoisyVectors,
  Paces,
  Pricing,
  Relaxed,
  SigmaRange,
  Terms,
  VectorNoise,
  WordNoise,
  World,
} from './noise.ts'
export { type Curve, type Schedule, squeezed, timeOf } from './schedule.ts'
export { type Back, superposed } from './superposed.ts'
export { clippedTimes, scattered, spread, type Times, times } from './times.ts'
export { levelOf, linearTimeOf, type Warp, warpedSchedule, warpName, warpOf } from './warp.ts'
