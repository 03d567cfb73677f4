// ReMDM's samplers: a settled word goes back into the fog with probability σ, and words in the fog come clear so much
// more often that the share of settled words is the schedule's all the same. So what was written too early is written
// again, and more steps make better texts. The rows differ in σ alone, which may be no larger than min(1, (1 - α_s)/α_t):
// beyond that no reveal could make up for it.
import { states } from '../frame.ts'
import type { Change, Policy, PolicySettings, PolicyState, Prediction } from '../policy.ts'
import { equalTime } from '../times.ts'

/** A step as σ sees it. */
interface Span {
  /** where it begins; it leads to an earlier time */
  readonly time: number
  /** share of settled words at its beginning, α_t, and at its end, α_s */
  readonly before: number
  readonly after: number
  /** the largest σ */
  readonly most: number
  readonly eta: number
}

/** σ of each position. */
type Sigma = (span: Span, state: PolicyState) => (position: number) => number

interface Rule {
  readonly name: string
  readonly about: string
  readonly source?: string
  readonly sigma: Sigma
  /** the share of σ that is used; without a default the row takes no such option */
  readonly eta?: number
  /** time of the schedule at a time of the steps */
  readonly clock?: (time: number) => number
}

const paper = 'Wang et al., arXiv 2503.00307; github.com/kuleshov-group/remdm'

function remasking({ name, about, source = paper, sigma, eta, clock = (t) => t }: Rule): Policy {
  const spanOf = ({ step, steps, settings }: PolicyState): Span => {
    const time = (k: number) => equalTime(k, steps - 1, settings.eps ?? 1e-5)
    const before = settings.survival(clock(time(step)))
    const after = settings.survival(clock(time(step + 1)))
    const most = before > 0 ? Math.min(1, (1 - after) / before) : 1
    return { time: time(step), before, after, most, eta: settings.eta ?? eta ?? 0 }
  }
  const goingBack = (state: PolicyState): Int32Array => {
    const chance = sigma(spanOf(state), state)
    return Int32Array.from(settled(state)).filter(
      (position) => state.random.uniform(state.step, position, 'position') < chance(position),
    )
  }
  const comingClear = (predictions: readonly Prediction[], state: PolicyState) => {
    const span = spanOf(state)
    const { before, after } = span
    const chance = sigma(span, state)
    const stay = (position: number) =>
      Math.max(0, (1 - after - chance(position) * before) / (1 - before))
    return predictions.map((prediction) => ({
      position: prediction.position,
      token: prediction.tokenOrMask(stay(prediction.position)),
    }))
  }
  return {
    name,
    about,
    source,
    causal: false,
    takes: eta === undefined ? takes : [...takes, 'eta'],
    defaults: { temperature: 1 },
    nucleus: 'within',
    // and one to clear what is left
    steps: (fog, settings) => (settings.steps ?? fog) + 1,
    // a word that goes back is judged by nobody; it is asked about only where the step would pass unseen
    wants: (state) => (state.fog.length > 0 || isLast(state) ? state.fog : goingBack(state)),
    choose(predictions, state) {
      if (isLast(state)) return predictions.map(({ position, best }) => ({ position, token: best }))
      if (state.fog.length === 0)
        return hidden(
          predictions.map(({ position }) => position),
          state,
        )
      return [...hidden(goingBack(state), state), ...comingClear(predictions, state)]
    },
    // words may go back until the last step
    done: ({ fog, step, steps }) => fog.length === 0 && step >= steps,
  }
}

const takes: readonly (keyof PolicySettings)[] = ['steps', 'eps', 'survival']

const isLast = ({ step, steps }: PolicyState): boolean => step === steps - 1

const settled = ({ state }: PolicyState): number[] =>
  [...state.keys()].filter((position) => state[position] === states.settled)

const hidden = (positions: ArrayLike<number>, { maskId }: PolicyState): Change[] =>
  Array.from(positions, (position) => ({ position, token: maskId }))

/** The same σ for every position. */
const everywhere =
  (sigma: (span: Span) => number): Sigma =>
  (span) => {
    const chance = Math.min(span.most, sigma(span))
    return () => chance
  }

export const forwardBackward = remasking({
  name: 'forward-backward',
  about: 'words go back as fast as the noise would hide them',
  source: 'Campbell et al., arXiv 2205.14987; as ReMDM, arXiv 2503.00307',
  sigma: everywhere(({ before, after, most }) => (before > 0 ? (after - before) / before : most)),
})

export const remdmCap = remasking({
  name: 'remdm-cap',
  about: 'each settled word goes back with probability --eta at every step',
  sigma: everywhere(({ eta }) => eta),
  eta: 0.008,
})

export const remdmRescale = remasking({
  name: 'remdm-rescale',
  about: 'settled words go back with the share --eta of the largest probability possible',
  sigma: everywhere(({ eta, most }) => eta * most),
  eta: 0.015,
})

/** The largest σ is shared out by softmax(-probability with which a word was written). A word in the fog has no share,
 * and comes clear no more often for what others lose: here there is more fog than the schedule says. */
export const remdmConf = remasking({
  name: 'remdm-conf',
  about: 'words go back the likelier, the less sure the model was of them',
  sigma({ most }, state) {
    const words = settled(state)
    const doubt = (position: number) => Math.exp(-state.confidence[position])
    const all = words.reduce((sum, position) => sum + doubt(position), 0)
    return (position) =>
      state.state[position] === states.settled ? (most * doubt(position)) / all : 0
  },
})

/** When the loop begins and ends, and the share of settled words during it. */
const loop = { on: 0.55, off: 0.05, settled: 0.9 }

export const remdmLoop = remasking({
  name: 'remdm-loop',
  about: 'writes nine words in ten, then lets words go back and come again, then ends',
  sigma: everywhere(({ time, eta }) => (time > loop.off && time <= loop.on ? eta : 0)),
  eta: 0.02,
  // it stands still during the loop, and nothing jumps where that begins and ends
  clock(time) {
    const left = 1 - loop.settled
    if (time > loop.on) return 1 - ((1 - time) * loop.settled) / (1 - loop.on)
    return Math.min(left, (time * left) / loop.off)
  },
})
