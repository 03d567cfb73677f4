// Which noisy texts are drawn depends on the paces of their words, and a draw has no derivative. The score function has:
// E[cost · ∂log q(x_t|x)] is the missing half of the gradient (REINFORCE). Two or more versions of a text at one time
// take the mean cost of the others off their own, which changes no mean and takes most of the chance away (leave-one-out;
// Kool et al. 2019, as GenMD4, arXiv 2406.04329, learns its schedule).
import type { Paces } from './noise.ts'
import type { Schedule } from './schedule.ts'

/** Noisy texts of one clean one, drawn at one time, each on its own. */
export interface Versions {
  clean: Int32Array
  time: number
  noisy: readonly Int32Array[]
  /** of each, weighed as the loss weighs it: the loss is their sum */
  costs: ArrayLike<number>
}

/** Adds an estimate of what the paces do to the loss through which words are fog. Unbiased with two versions or more.
 * @param into [V] */
export function addLeaveOneOut(
  into: Float32Array | Float64Array,
  { clean, time, noisy, costs }: Versions,
  { score }: Pick<Paces, 'score'>,
  { maskId, schedule }: { maskId: number; schedule: Schedule },
): void {
  const total = Array.from(costs).reduce((sum, cost) => sum + cost, 0)
  const others = noisy.length - 1
  noisy.forEach((text, version) => {
    const advantage = costs[version] - (total - costs[version]) / others
    if (advantage === 0) return
    clean.forEach((token, i) => {
      into[token] += advantage * score(token, text[i] === maskId, time, schedule)
    })
  })
}
