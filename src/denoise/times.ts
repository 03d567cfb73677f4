// Times of released samplers: from 1 to eps in equal steps, in float32 as PyTorch's linspace counts them. A share of the
// fog that is rounded down to whole positions depends on the last bit of these numbers.

/** The time after `step` of `steps` equal steps from 1 to eps, in float64. */
export const equalTime = (step: number, steps: number, eps: number): number =>
  1 - (step * (1 - eps)) / steps

/** `steps` + 1 times. */
export function linspace(eps: number, steps: number): Float32Array {
  const by = Math.fround((Math.fround(eps) - 1) / steps)
  const times = new Float32Array(steps + 1)
  for (let i = 0; i <= steps; i++) {
    // from both ends to the middle, so that both ends are exact
    times[i] = i < Math.floor((steps + 1) / 2) ? 1 + by * i : Math.fround(eps) - by * (steps - i)
  }
  return times
}

/** How many of `fog` positions a step from time t to s settles: ⌊fog · (1 - s/t)⌋ in float32, all at the last step. */
export function transfers(fog: number, step: number, steps: number, eps: number): number {
  if (step >= steps - 1) return fog
  const times = linspace(eps, steps)
  const kept = Math.fround(times[step + 1] / times[step])
  return Math.trunc(Math.fround(fog * Math.fround(1 - kept)))
}
