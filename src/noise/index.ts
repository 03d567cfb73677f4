// How text is corrupted, and what it costs to undo it.
import { autoregressive } from './autoregressive.ts'
import { cosine } from './cosine.ts'
import { gaussian } from './gaussian.ts'
import { geometric } from './geometric.ts'
import { hybrid } from './hybrid.ts'
import { linear } from './linear.ts'
import { masked } from './masked.ts'
import type { Noise, SigmaRange, WordNoise } from './noise.ts'
import { polynomial } from './polynomial.ts'
import type { Schedule } from './schedule.ts'
import { uniform } from './uniform.ts'

/** Noise on words. */
export const wordNoises = { masked, autoregressive, uniform, hybrid } satisfies Record<
  string,
  WordNoise
>

/** Every noise process. */
export const noises = { ...wordNoises, gaussian } satisfies Record<string, Noise>

/** Every schedule. */
export const schedules = { linear, cosine, polynomial, geometric } satisfies Record<
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

/** The rows that a model's config names.
 * @param replaced see `Noise.replacing`; the row's own share without
 * @param sigma see `Noise.between`; the row's own range without */
export function noiseOf({
  process,
  schedule,
  replaced,
  sigma,
}: {
  process: string
  schedule: string
  replaced?: number
  sigma?: SigmaRange
}): Omit<Process, 'words'> {
  const row: Noise = noises[process as keyof typeof noises]
  return {
    noise:
      (replaced !== undefined && row.replacing?.(replaced)) ||
      (sigma && row.between?.(sigma)) ||
      row,
    schedule: schedules[schedule as keyof typeof schedules],
  }
}

export { blocksOf, lookInBlocks } from './blocks.ts'
export { countAt, maskExactly, priceOfCount } from './exact-count.ts'
export type { Mixed } from './mixed.ts'
export type {
  Look,
  Noise,
  NoisyVectors,
  Pricing,
  SigmaRange,
  Terms,
  VectorNoise,
  WordNoise,
  World,
} from './noise.ts'
export { type Curve, type Schedule, squeezed } from './schedule.ts'
export { spread, type Times, times } from './times.ts'
