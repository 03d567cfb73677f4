// How much the gradient of one batch differs from that of the next: what a step follows is their mean, what it also
// follows is chance. Schedules that leave the bound alone are told apart by it (arXiv 2503.09573, section 4).
import type { Phase } from './phases.ts'
import type { Trainer } from './trainer.ts'

export interface GradientSpread {
  /** mean over batches, as training weighs it, and its variance between batches */
  loss: { mean: number; variance: number }
  /** variance of the gradient of a batch, summed over parameters */
  variance: number
  /** squared length of the mean gradient, without what chance adds to it. An objective that is weighed differently has
   * another length: `variance / signal` is what two of them can be compared by */
  signal: number
}

/** Measures batches 0, 1, … of a trainer without learning from them.
 * @param names the parameters that count  @param batches at least 2 */
export async function gradientSpread(
  trainer: Pick<Trainer, 'measure' | 'gradients' | 'loss'>,
  phase: Phase,
  names: readonly string[],
  batches: number,
): Promise<GradientSpread> {
  const views = names.map((name) => trainer.gradients.tensors[name].data)
  const sums = views.map(({ length }) => new Float64Array(length))
  const losses: number[] = []
  let squares = 0
  for (let step = 0; step < batches; step++) {
    await trainer.measure(step, phase)
    losses.push(trainer.loss.data[0])
    views.forEach((view, v) => {
      const sum = sums[v]
      for (let i = 0; i < view.length; i++) {
        sum[i] += view[i]
        squares += view[i] * view[i]
      }
    })
  }
  const ofMean = sums.map((sum) => sum.reduce((all, x) => all + (x / batches) ** 2, 0))
  const length = ofMean.reduce((all, x) => all + x, 0)
  const variance = (squares - batches * length) / (batches - 1)
  const mean = losses.reduce((all, x) => all + x, 0) / batches
  const differences = losses.reduce((all, x) => all + (x - mean) ** 2, 0)
  return {
    loss: { mean, variance: differences / (batches - 1) },
    variance,
    signal: length - variance / batches,
  }
}
