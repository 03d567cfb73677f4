// Which noise times training sees. Any density π on (0, 1] may be used: with the correction 1/π(t) on the row's price
// the average stays the bound; without it training weighs the noise levels differently, on purpose (arXiv 2605.13026
// draws from a bell and learns faster; 2511.19664 calls the price a reweighted bound). Measuring always uses the bound.
import { UnfogError } from '../error/index.ts'
import { type Schedule, timeOf } from './schedule.ts'

export interface Times {
  readonly name: string
  readonly about: string
  /** The time that stands for u in (0, 1), increasing with u. */
  draw(u: number): number
  /** π(t), the density of `draw` of a uniform number */
  density(t: number): number
  /** what a row's price at t is multiplied by */
  correction(t: number): number
}

/** Shortest time of training: below it a text of ordinary length has no masked word, or one with a huge weight. */
const shortest = 1e-3

/** of the table of a density */
const cells = 4096

const even = 1 / (1 - shortest)

const uniform: Times = {
  name: 'uniform',
  about: 'every noise level alike',
  draw: (u) => shortest + u / even,
  density: (t) => (t >= shortest && t <= 1 ? even : 0),
  correction: () => 1,
}

const bellShape = fromShape((t) => Math.exp((-0.5 * (t - 0.6) ** 2) / 0.2 ** 2))

const bell: Times = {
  name: 'bell',
  about:
    'mostly half noisy texts: normal around .6, deviation .2; another weighting than the bound',
  ...bellShape,
  correction: () => 1,
}

const bellCorrected: Times = {
  name: 'bellCorrected',
  about: 'the same bell, corrected so that the average is the bound',
  ...bellShape,
  correction: (t) => 1 / bellShape.density(t),
}

const squared: Times = {
  name: 'squared',
  about:
    'nearly clean texts more often, down to none lost; corrected so that the average is the bound',
  draw: (u) => u * u,
  density: (t) => (t > 0 && t <= 1 ? 1 / (2 * Math.sqrt(t)) : 0),
  correction: (t) => 2 * Math.sqrt(t),
}

/** Every way to draw noise times. */
export const times = { uniform, bell, bellCorrected, squared } satisfies Record<string, Times>

/** Times at which a schedule has lost a share of the text within a range: the clipped schedules of block diffusion (arXiv
 * 2503.09573). A nearly clean text has a huge weight and little to learn from, a nearly lost one little to see: without
 * them gradients differ less. What is left out is not paid for, so the average is no bound: for training alone.
 * @param shares the least and the most of a text that is lost, in [0, 1] */
export function clippedTimes(
  schedule: Pick<Schedule, 'noise'>,
  [least, most]: readonly [number, number],
): Times {
  const from = Math.max(timeOf(schedule, least), least === 0 ? shortest : 0)
  const to = timeOf(schedule, most)
  return {
    name: 'clipped',
    about: `from ${least} to ${most} of a text are lost`,
    draw: (u) => from + u * (to - from),
    density: (t) => (t >= from && t <= to ? 1 / (to - from) : 0),
    correction: () => 1,
  }
}

/** Low-variance times of a batch (arXiv 2107.00630): one uniform number, spread evenly, so that every batch sees all
 * noise levels. Feed each to `draw`.
 * @param u in (0, 1)  @returns [count] numbers in (0, 1), each uniform over u */
export function spread(u: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, b) => {
    const shifted = u + b / count
    return Math.max(shifted < 1 ? shifted : shifted - 1, 2 ** -53)
  })
}

/** One of any number of places in [0, 1) that are evenly spread however many there are: steps of the golden ratio. */
export const scattered = (from: number, index: number): number =>
  (from + index * 0.6180339887498949) % 1

/** A density of any shape on (0, 1]: its integral is tabled once (Simpson's rule in each cell) and turned round. */
function fromShape(shape: (t: number) => number): Pick<Times, 'draw' | 'density'> {
  const below = new Float64Array(cells + 1)
  for (let i = 0; i < cells; i++) {
    const [a, middle, b] = [i, i + 0.5, i + 1].map((x) => shape(x / cells))
    below[i + 1] = below[i] + (a + 4 * middle + b) / (6 * cells)
  }
  const total = below[cells]
  return {
    density: (t) => (t > 0 && t <= 1 ? shape(t) / total : 0),
    draw(u) {
      if (!(u > 0 && u < 1)) throw new UnfogError('bad_time', `${u} is not a number in (0, 1)`)
      const target = u * total
      let low = 0
      let high = cells
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (below[middle] <= target) low = middle
        else high = middle
      }
      return (low + (target - below[low]) / (below[high] - below[low])) / cells
    },
  }
}
