// Which noise times a run's texts have, beyond the density they are drawn from: none at which too little is hidden, and
// for a text that is hidden twice, the time of its second view.
import { type Schedule, type Times, timeOf } from '../noise/index.ts'

/** The same times without those at which less than `share` of the words is lost on average. What the others count stays
 * as it was, so the mean is that of the times that are left (clipped noise: arXiv 2503.09573).
 * @param share in [0, 1) */
export function timesAbove(times: Times, schedule: Schedule, share: number): Times {
  if (share === 0) return times
  const least = timeOf(schedule, share)
  const below = chanceBelow(times, least)
  return {
    ...times,
    // rounding must not reach 1
    draw: (u) => Math.max(least, times.draw(Math.min(1 - 2 ** -53, below + u * (1 - below)))),
    density: (t) => (t >= least ? times.density(t) / (1 - below) : 0),
  }
}

/** The u from which on times lie above t, by bisection. */
function chanceBelow({ draw }: Times, t: number): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (draw(middle) < t) low = middle
    else high = middle
  }
  return high
}

/** The time at which as many words stand as are lost at t: that of a text hidden exactly where it stood at t. It lies
 * above 0, as a time must. */
export const oppositeTime = (schedule: Schedule, t: number): number =>
  Math.max(2 ** -53, timeOf(schedule, schedule.survival(t)))

/** What a view at time t counts where texts have two, one at a time that is drawn and one at the opposite time. A time
 * comes about in both ways, and counts for how often it was meant to be seen, divided by how often it is: the balance
 * heuristic (Veach and Guibas 1995). So means over two views are the means over one.
 * @returns factor on a row's price, 0 for a time that is never drawn */
export function pairedCorrection(times: Times, schedule: Schedule, t: number): number {
  const drawn = times.density(t)
  if (drawn === 0) return 0
  const opposite = oppositeTime(schedule, t)
  const mirrored =
    times.density(opposite) * (schedule.derivative(t) / schedule.derivative(opposite))
  return (times.correction(t) * drawn) / ((drawn + mirrored) / 2)
}
