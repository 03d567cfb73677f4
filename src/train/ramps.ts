// Beginning small: batches, or texts, that double three times on their way to full size. Early gradients agree with each
// other, so that small batches lose little and give many steps (arXiv 1812.06162); short texts come cheaper and teach
// what is near (arXiv 2108.06084). Stages are laid out in tokens when a run begins: a budget that is extended later moves
// none of them, and which stage a step is in follows from the tokens before it.
import type { Recipe } from './recipe.ts'

/** A part of a run in which batches and texts have one size. */
export interface Stage {
  /** tokens of the run after which it ends */
  readonly until: number
  /** size of its batches, of the recipe's */
  readonly batch: number
  /** length of its longest texts, of the longest there are */
  readonly length: number
}

const doublings = 3

/** After all stages. */
export const whole: Stage = { until: Number.POSITIVE_INFINITY, batch: 1, length: 1 }

/** @param budget tokens of the run  @returns the stages before everything has its full size */
export function stagesOf(
  { batchRamp, lengthRamp }: Pick<Recipe, 'batchRamp' | 'lengthRamp'>,
  budget: number,
): Stage[] {
  const endsOf = (ramp: number) =>
    Array.from({ length: doublings }, (_, i) => Math.round((ramp * budget * (i + 1)) / doublings))
  const [batches, lengths] = [endsOf(batchRamp), endsOf(lengthRamp)]
  const sizeAt = (tokens: number, ends: readonly number[]) =>
    2 ** (ends.filter((end) => end <= tokens).length - doublings)
  const ends = [...new Set([...batches, ...lengths])].filter((end) => end > 0)
  return ends
    .sort((a, b) => a - b)
    .map((until, i, all) => {
      const from = i === 0 ? 0 : all[i - 1]
      return { until, batch: sizeAt(from, batches), length: sizeAt(from, lengths) }
    })
}

export const stageAt = (stages: readonly Stage[], tokens: number): Stage =>
  stages.find(({ until }) => tokens < until) ?? whole
