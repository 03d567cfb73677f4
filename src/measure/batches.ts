// Many items through a scorer, a few at a time: items of like length together, at most so many tokens a call.
import { UnfogError } from '../error/index.ts'
import { sum } from './estimate.ts'
import type { ScoreItem, Scorer } from './scorer.ts'

export interface BatchOptions {
  /** most tokens a call */
  batchTokens: number
  signal?: AbortSignal
}

/** Summed nats of the rows of every item.
 * @throws UnfogError `bad_model` when a loss is not a number, `aborted` */
export async function summedLosses(
  scorer: Scorer,
  items: readonly ScoreItem[],
  options: BatchOptions,
): Promise<Float64Array> {
  const sums = new Float64Array(items.length)
  for (const batch of batchesOf(items, options.batchTokens)) {
    if (options.signal?.aborted) throw new UnfogError('aborted', 'scoring was stopped')
    const losses = await scorer.losses(batch.map((i) => items[i]))
    batch.forEach((i, b) => {
      const { weights } = items[i]
      sums[i] = weights
        ? weights.reduce((all, weight, row) => all + weight * losses[b][row], 0)
        : sum(losses[b])
      if (!Number.isFinite(sums[i])) {
        throw new UnfogError('bad_model', `the model gives a text the cost ${sums[i]} nats`)
      }
    })
  }
  return sums
}

/** Indices of items, by length, in groups. */
function batchesOf(items: readonly ScoreItem[], batchTokens: number): number[][] {
  const length = (i: number) => items[i].tokens.length
  const order = items.map((_, i) => i).sort((a, b) => length(a) - length(b) || a - b)
  const batches: number[][] = []
  let tokens = 0
  for (const i of order) {
    tokens += length(i)
    if (batches.length === 0 || tokens > batchTokens) {
      batches.push([])
      tokens = length(i)
    }
    batches[batches.length - 1].push(i)
  }
  return batches
}
