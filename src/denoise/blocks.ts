// Semi-autoregressive writing (LLaDA, arXiv 2502.09992; Block Diffusion, arXiv 2503.09573): what follows the last given
// text is cut into blocks, and a block is finished before the next begins. Gaps before that text belong to the first
// block. Everything here follows from the canvas and the step, so a text can be taken up again from any frame.

import { probabilities } from './certainty.ts'
import { states } from './frame.ts'
import type { PolicySettings, PolicyState, Prediction } from './policy.ts'

export interface Block {
  /** which, from 0, and how many there are */
  readonly index: number
  readonly count: number
  /** its first position that was not given */
  readonly first: number
  /** where it ends in the canvas */
  readonly end: number
  /** positions of it that were not given */
  readonly size: number
}

/** Most blocks of so much fog. */
export const mostBlocks = (fog: number, { blockLength = fog }: PolicySettings): number =>
  Math.max(1, Math.ceil(fog / blockLength))

/** Steps in all, of which every block has at least one. */
export const stepsOf = (fog: number, settings: PolicySettings): number =>
  Math.min(fog, Math.max(settings.steps ?? fog, mostBlocks(fog, settings)))

/** The first block that is not finished. */
export function blockOf(view: PolicyState): Block {
  const { state, settings } = view
  const length = state.length
  const tail = state.lastIndexOf(states.given) + 1
  const size = settings.blockLength ?? length
  const count = tail < length ? Math.ceil((length - tail) / size) : 1
  const fog = state.indexOf(states.fog)
  const index = Math.max(0, Math.floor((fog - tail) / size))
  const end = index === count - 1 ? length : tail + (index + 1) * size
  const start = index === 0 ? 0 : tail + index * size
  const writable = state.subarray(start, end).filter((s) => s !== states.given).length
  const first = state.findIndex((s, position) => position >= start && s !== states.given)
  return { index, count, first: Math.max(start, first), end, size: writable }
}

/** Positions in the fog up to the end of the current block. */
export const blockFog = (view: PolicyState): Int32Array => {
  const { end } = blockOf(view)
  return view.fog.filter((position) => position < end)
}

/** How many positions this step settles: steps are shared evenly among blocks and a block's positions among its steps,
 * the first taking the remainder (so LLaDA's get_num_transfer_tokens). The last step of a block takes all that is left. */
export function share(view: PolicyState): number {
  const { index, count, size } = blockOf(view)
  const { step, steps } = view
  const own = Math.floor(steps / count) + (index < steps % count ? 1 : 0)
  const before = index * Math.floor(steps / count) + Math.min(index, steps % count)
  // a block of fewer positions than steps is done before its time, and the next one waits for its own
  if (step < before) return 0
  if (step - before === own - 1) return blockFog(view).length
  return Math.floor(size / own) + (step - before < size % own ? 1 : 0)
}

/** What a released sampler draws for a position: the mask is one of its outcomes, and then the position stays in the
 * fog though its turn is used up. Not at the last step of a block, which must end it.
 * @param settles how many positions this step settles */
export function drawn(prediction: Prediction, view: PolicyState, settles: number): number {
  const { maskId, settings } = view
  if (settles === blockFog(view).length) return prediction.token
  const { temperature } = settings
  const { logits, best } = prediction
  if (temperature === 0) return logits[maskId] > logits[best] ? maskId : best
  return prediction.tokenOrMask(probabilities(logits.map((l) => l / temperature))[maskId])
}
