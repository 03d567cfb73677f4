// What a text is made of while it is written under noise in which nothing settles: words, of which each step draws
// others, or vectors, which move until a word is near (see vectors.ts). The draft sees words either way.
import { UnfogError } from '../error/index.ts'
import { superposed, type WordNoise, type World } from '../noise/index.ts'
import { categorical } from '../random/index.ts'
import type { Ask } from './denoiser.ts'
import type { Frame } from './frame.ts'
import { guideStep } from './guidance.ts'
import type { Change, How } from './policy.ts'

/** A position and the step it takes. */
export interface Move {
  position: number
  /** what the draft shows there */
  token: number
  /** [V] probabilities of the clean word, as `Medium.heard` tells them */
  prediction: Float64Array
  /** with guidance the same without what is given, and how much more that counts */
  unprompted?: Float64Array
  guidance?: number
  /** noise times */
  from: number
  to: number
  how: How
  /** where it is drawn, the chance that it takes fresh noise */
  fresh: number
  /** see `PolicySettings.eta` */
  eta?: number
  /** of so many outcomes, as tokens are drawn */
  draw(weights: Float64Array): number
  /** another number of this step and position, in (0, 1) */
  uniform(): number
}

export interface Medium {
  /** What stands at a position before the first step. @param uniform in (0, 1)  @returns the word that is shown */
  begin(position: number, uniform: number): number
  /** The question as the network is shown it. @param state [L]  @param time of the noise */
  asked(ask: Ask, state: Uint8Array, time: number): Ask
  /** From the logits that the network answered to those of all that is known of a position; the same without. */
  heard?(position: number, time: number): (logits: Float32Array) => Float32Array
  earlier(move: Move): Omit<Change, 'position'>
  write(change: Change): void
  /** what a frame needs to go on from, up to a length */
  shown(length: number): Pick<Frame, 'vectors' | 'slopes' | 'recalled'>
}

/** Words, each drawn by Bayes' rule from what stands there. */
export const wordMedium = (noise: WordNoise, world: World): Medium => ({
  begin: (_, uniform) => categorical(noise.prior(world), uniform),
  asked: (ask) => ask,
  earlier({ token, prediction, unprompted, guidance = 0, from, to, how, draw, ...move }) {
    const fresh = how === 'drawn' ? move.fresh : 0
    const back = (known: Float64Array) =>
      superposed(noise, { noisy: token, prediction: known, from, to, fresh }, world)
    const q = unprompted
      ? guideStep(back(prediction), back(unprompted), guidance)
      : back(prediction)
    if (how === 'drawn') return { token: draw(q) }
    if (how === 'likeliest') return { token: likeliest(q) }
    throw new UnfogError('internal', `words under ${noise.name} noise cannot be ${how}`)
  },
  write() {},
  shown: () => ({}),
})

/** The lowest index among equals. */
export const likeliest = (p: Float64Array): number => p.indexOf(p.reduce((a, b) => Math.max(a, b)))
