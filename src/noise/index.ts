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

export { blocksOf, countAt, maskBlocks, maskExactly, priceOfCount } from './exact-count.ts'
export type { Mixed } from './mixed.ts'
export type { Noise, Pricing, Terms, World } from './noise.ts'
export { type Curve, type Schedule, squeezed } from './schedule.ts'
export { spread, type Times, times } from './times.ts'
