// When training goes wrong: numbers that are not finite, or a loss that explodes and stays there. The second is told
// from noise by how far the smoothed loss lies above its lowest: four times what single steps vary by, and so much
// that half of what was learnt beyond the frequencies of tokens is lost again; or half more than what knowing nothing
// costs. Fifty steps must be too high before the smoothed loss has come back, because a spike that passes is no
// divergence. It is watched within a phase: another phase, another loss.

/** What is remembered of the loss. Plain numbers, so that a checkpoint keeps them. */
export interface LossWatch {
  /** steps of the phase */
  steps: number
  /** nats a token in the run's first step, before anything was learnt */
  first?: number
  /** nats a token, smoothed; and how much single steps vary about it */
  mean: number
  variance: number
  /** the lowest mean, with the standard deviation of a step at that time */
  least?: { mean: number; deviation: number }
  /** steps that were too high since the mean has been */
  above: number
}

/** Watching begins anew: in another phase, or from weights gone back to. */
export const calm = ({ first }: Pick<LossWatch, 'first'> = {}): LossWatch => ({
  steps: 0,
  first,
  mean: 0,
  variance: 0,
  above: 0,
})

/** Nats per token of models that have learnt next to nothing. */
export interface Ignorance {
  /** how often each token occurs */
  unigram: number
  /** how many tokens there are */
  uniform: number
}

/** steps over which the loss is smoothed */
const horizon = 20
/** standard deviations of a single step; those of the smoothed loss are a sixth */
const far = 4
/** so many steps are no spike any more */
const patience = 50

export function watchLoss(watch: LossWatch, loss: number, ignorance: Ignorance): LossWatch {
  const steps = watch.steps + 1
  // a plain mean at first: no early step weighs more than another
  const share = 1 / Math.min(steps, horizon)
  const mean = watch.mean + share * (loss - watch.mean)
  const spread = (loss - watch.mean) * (loss - mean)
  const variance = watch.variance + share * (spread - watch.variance)
  const first = watch.first ?? loss
  const lowest = steps >= horizon && (watch.least === undefined || mean < watch.least.mean)
  const least = lowest ? { mean, deviation: Math.sqrt(variance) } : watch.least
  const most = ceiling({ first, least }, ignorance)
  const above = mean > most ? watch.above + (loss > most ? 1 : 0) : 0
  return { steps, first, mean, variance, ...(least ? { least } : {}), above }
}

function ceiling(
  { first, least }: { first: number; least: LossWatch['least'] },
  { unigram, uniform }: Ignorance,
): number {
  // a model that goes on with other text may know less than nothing of it
  const nothing = 1.5 * Math.max(uniform, first)
  if (!least) return nothing
  const { mean, deviation } = least
  return Math.min(nothing, mean + Math.max(far * deviation, (unigram - mean) / 2))
}

/** What went wrong with the last step, as the beginning of a sentence; undefined when nothing did. */
export function divergence(
  {
    step,
    loss,
    gradient,
    finite,
  }: { step: number; loss: number; gradient: number; finite: boolean },
  { mean, first = mean, least, above }: LossWatch,
): string | undefined {
  if (!finite)
    return `training left the finite numbers at step ${step} (loss ${loss}, gradient norm ${gradient})`
  if (above < patience) return undefined
  const before = Math.min(first, least?.mean ?? first)
  return `the training loss rose from ${before.toFixed(3)} to ${mean.toFixed(3)} nats a token and stayed there until step ${step}`
}
