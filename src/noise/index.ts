// How text is corrupted, and what it costs to undo it.
import { autoregressive } from './autoregressive.ts'
import { cosine } from './cosine.ts'
import { geometric } from './geometric.ts'
import { hybrid } from './hybrid.ts'
import { linear } from './linear.ts'
import { masked } from './masked.ts'
import type { Noise } from './noise.ts'
import { polynomial } from './polynomial.ts'
import type { Schedule } from './schedule.ts'
import { uniform } from './uniform.ts'

/** Every noise process. */
export const noises = { masked, autoregressive, uniform, hybrid } satisfies Record<string, Noise>

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
 * @param replaced see `Noise.replacing`; the row's own share without */
export function noiseOf({
  process,
  schedule,
  replaced,
}: {
  process: string
  schedule: string
  replaced?: number
}): Omit<Process, 'words'> {
  const row: Noise = noises[process as keyof typeof noises]
  return {
    noise: replaced === undefined ? row : (row.replacing?.(replaced) ?? row),
    schedule: schedules[schedule as keyof typeof schedules],
  }
}

export { blocksOf, lookInBlocks } from './blocks.ts'
export { countAt, maskExactly, priceOfCount } from './exact-count.ts'
export type { Mixed } from './mixed.ts'
export type { Look, Noise, Pricing, Terms, World } from './noise.ts'
export { type Curve, type Schedule, squeezed, timeOf } from './schedule.ts'
export { clippedTimes, spread, type Times, times } from './times.ts'
