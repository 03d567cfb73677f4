// How text is corrupted, and what it costs to undo it.
import { autoregressive } from './autoregressive.ts'
import { cosine } from './cosine.ts'
import { linear } from './linear.ts'
import { masked } from './masked.ts'
import type { Noise } from './noise.ts'
import type { Schedule } from './schedule.ts'

/** Every noise process. */
export const noises = { masked, autoregressive } satisfies Record<string, Noise>

/** Every schedule. */
export const schedules = { linear, cosine } satisfies Record<string, Schedule>

export { countAt, maskExactly, priceOfCount } from './exact-count.ts'
export type { Noise, Pricing, Terms, World } from './noise.ts'
export { type Curve, type Schedule, squeezed } from './schedule.ts'
export { spread, type Times, times } from './times.ts'
