// Predictor and corrector in one step, under any noise (Ψ-samplers of Duo's second chapter, arXiv 2602.21185): as
// `posterior`, but a position may instead draw its clean word and take fresh noise, whatever noise it had. How noisy the
// text is at each time stays the same, which of its words are changes: so what was written too early is written again.
// The rows differ in the share of positions with fresh noise; the last step takes what is most probable (greedy tail).
import type { Policy, PolicySettings } from '../policy.ts'
import { posterior } from './posterior.ts'

/** A step, as the share of fresh noise depends on it. */
export interface Span {
  /** noise times, to ≤ from */
  readonly from: number
  readonly to: number
  /** α_t */
  readonly survival: (t: number) => number
  readonly eta: number
}

interface Rule {
  readonly name: string
  readonly about: string
  /** default of --eta */
  readonly eta: number
  /** in [0, 1] */
  readonly fresh: (span: Span) => number
  /** noise time after a step; equal steps from 1 to 0 without */
  readonly time?: (step: number, steps: number) => number
  /** options besides --steps and --eta */
  readonly takes?: readonly (keyof PolicySettings)[]
}

const equal = (step: number, steps: number) => 1 - step / steps

const superposing = ({ name, about, eta, fresh, time = equal, takes = [] }: Rule): Policy => ({
  ...posterior,
  name,
  about,
  source: 'Deschenaux et al., arXiv 2602.21185; github.com/s-sahoo/duo',
  takes: ['steps', 'eta', ...takes],
  time: ({ step, steps }) => time(step, steps),
  choose(predictions, { step, steps, settings }) {
    const [from, to] = [time(step, steps), time(step + 1, steps)]
    if (step === steps - 1) {
      return predictions.map((prediction) => prediction.earlier(from, to, 'likeliest'))
    }
    const span = { from, to, survival: settings.survival, eta: settings.eta ?? eta }
    const share = Math.min(1, fresh(span))
    return predictions.map((prediction) => prediction.earlier(from, to, 'drawn', share))
  },
})

export const psiConstant = superposing({
  name: 'psi-constant',
  about: 'as posterior, and each position takes fresh noise with probability --eta at every step',
  eta: 0.1,
  fresh: ({ eta }) => eta,
})

export const psiCap = superposing({
  name: 'psi-cap',
  about: 'as posterior, and each word is lost again with probability --eta at every step',
  eta: 0.008,
  takes: ['survival'],
  // 1 - α_s of fresh noise hides the word
  fresh: ({ to, survival, eta }) => eta / (1 - survival(to)),
})

export const psiRescale = superposing({
  name: 'psi-rescale',
  about: 'as psi-cap, with the share --eta of the largest probability possible',
  eta: 0.015,
  takes: ['survival'],
  fresh: ({ from, to, survival, eta }) => eta / Math.max(1 - survival(to), survival(from)),
})

/** Shares of the steps before and during the stand, and the noise time at which time stands. */
const stand = { before: 0.4, during: 0.2, at: 0.1 }

/** Falls to the stand, stands still, and falls to 0. */
function withStand(step: number, steps: number): number {
  if (step === steps) return 0
  const before = Math.max(1, Math.floor(stand.before * steps))
  const after = before + Math.floor(stand.during * steps)
  if (step >= before) return stand.at * Math.min(1, (steps - step) / (steps - after))
  return Math.max(stand.at, 1 - ((1 - stand.at) * step) / Math.max(1, before - 1))
}

export const psiLoop = superposing({
  name: 'psi-loop',
  about: 'as posterior to a tenth of the noise, takes fresh noise there with --eta, then ends',
  eta: 0.5,
  fresh: ({ from, to, eta }) => (from === to ? eta : 0),
  time: withStand,
})
