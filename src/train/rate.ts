// The learning rate over a run: a short warm-up, a plateau, a decay at the end (Hu et al., arXiv 2404.06395). It is a
// function of tokens seen, so that batches of different sizes and a run that was extended agree on it.

export interface RateOptions {
  rate: number
  /** share of the run that warms up */
  warmup: number
  /** share of the run that decays to zero */
  decay: number
}

/** @param progress tokens seen / tokens of the run, in [0, 1] */
export function rateAt(progress: number, { rate, warmup, decay }: RateOptions): number {
  if (progress < warmup) return (rate * (progress + warmup / 100)) / (warmup * 1.01)
  const left = (1 - progress) / decay
  // 1 - √ decays faster at first and slower at the end than a straight line (arXiv 2405.18392)
  return left < 1 ? rate * (1 - Math.sqrt(1 - Math.max(0, left))) : rate
}
