// The stages of a text: a model of blocks (arXiv 2503.09573) finishes one block before it begins the next, and each is
// a text of its own to the policy, which sees nothing else. A model of whole texts has one stage. Where a text stands
// follows from the step alone, so it can be taken up again from any frame.
import { blocksOf } from '../noise/index.ts'
import { states } from './frame.ts'
import type { Plan } from './plan.ts'

export interface Stage {
  /** its positions: from … to-1 */
  readonly from: number
  readonly to: number
  /** the step it begins with, and the most it takes */
  readonly first: number
  readonly steps: number
  /** positions that are not given */
  readonly start: number
  /** the plan, with this stage's part of the steps */
  readonly settings: Plan
}

/** @param block tokens of a block; the whole text is one without
 * @returns at least one; blocks that are given need none */
export function stagesOf(state: Uint8Array, plan: Plan, block?: number): Stage[] {
  const fogOf = (from: number, to: number) =>
    state.subarray(from, to).filter((s) => s !== states.given).length
  const all = blocksOf(state.length, block, plan.before?.length)
  const open = all.filter(([from, to]) => fogOf(from, to) > 0)
  const blocks = open.length > 0 ? open : [[0, state.length] as const]
  let first = 0
  return blocks.map(([from, to], i) => {
    const start = fogOf(from, to)
    const settings = { ...plan, steps: partOf(plan.steps, i, blocks.length) }
    const steps = plan.policy.steps(Math.max(1, start), settings)
    const stage = { from, to, first, steps, start, settings }
    first += steps
    return stage
  })
}

/** Steps are shared evenly, the first stages taking the remainder; each has one at least. */
const partOf = (steps: number | undefined, i: number, count: number): number | undefined =>
  steps && Math.max(1, Math.floor(steps / count) + (i < steps % count ? 1 : 0))
