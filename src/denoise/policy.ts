// The one question on which all ways of writing differ: which positions to ask the network about, and what to write
// where once it has answered. Everything else (the canvas, the forwards, the draws, when to stop) is the loop's.
// A policy is a pure function of what it is shown, so a text can be taken up again from any frame.
import type { Random } from '../random/index.ts'
import type { Candidate, Nucleus, Sampling } from './sample.ts'

/** What a policy may be told beyond the sampling of tokens. */
export interface PolicySettings {
  /** steps in all; each policy has its own default */
  readonly steps?: number
  /** Gumbel noise on the order in which positions settle, falling to 0 over the steps; 0 is none */
  readonly orderTemperature: number
  /** tokens of a block; blocks are written one after another (semi-autoregressive). One block is all without */
  readonly blockLength?: number
  /** certainty from which on a token is written besides the surest one */
  readonly threshold?: number
  /** certainty beyond which a word takes the place of a written one, see the policy `editing` */
  readonly editThreshold?: number
  /** how many tokens are written together grows with it, see the policy `factor` */
  readonly factor?: number
  /** words that a drafter guesses at once, see the policy `speculative` */
  readonly drafts?: number
  /** nats by which what is written together may depend on each other, see the policy `entropy-bound` */
  readonly entropyBound?: number
  /** the time at which the last step begins to end, where times fall from 1 in equal steps */
  readonly eps?: number
  /** how readily words are given up, see the policies `remdm-…` and `psi-…` */
  readonly eta?: number
  /** ids that count for nothing when certainties are compared */
  readonly unsure: readonly number[]
  /** chance that a position is still clean at time t, falling from 1 at t = 0 */
  readonly survival: (t: number) => number
}

/** Everything a choice may depend on. Arrays are the loop's own: read, never write. */
export interface PolicyState {
  /** steps done before this one */
  readonly step: number
  /** the policy's own `steps` */
  readonly steps: number
  /** [L] token ids, the mask where there is fog */
  readonly tokens: Int32Array
  /** [L] given, fog or settled: a value of `states` */
  readonly state: Uint8Array
  /** [L] of the settled: the probability with which they were written, or would be now, if they were asked since */
  readonly confidence: Float32Array
  /** [L] nats, of the same prediction */
  readonly entropy: Float32Array
  readonly maskId: number
  /** positions in the fog, ascending; at least one, unless the policy has a `done` of its own */
  readonly fog: Int32Array
  /** [L] what a drafter would write at this step, the mask where it was not asked; for policies with `guesses` */
  readonly guesses?: Int32Array
  /** how many positions were in the fog at the start: all that were not given */
  readonly start: number
  readonly settings: PolicySettings & Sampling
  readonly random: Random
}

/** The network's answer for one position that was asked. */
export interface Prediction {
  readonly position: number
  /** largest probability of the row, at temperature 1 */
  readonly top: number
  /** nats, at temperature 1 */
  readonly entropy: number
  /** the token drawn under temperature, top-k, top-p and min-p; drawn when first read, always the same */
  readonly token: number
  /** probability of that token, at temperature 1 */
  readonly confidence: number
  /** the same among all ids, those that are never written too: what released samplers compare */
  readonly certainty: number
  /** the most probable token that may be written */
  readonly best: number
  /** [V] as the network gave them, those of banned ids too: for certainties of a policy's own. Not for one that says
   * `summaries` */
  readonly logits: Float32Array
  /** The most probable tokens that may be written, at temperature 1, the surest first; fewer where there are no more. */
  mostProbable(count: number): Candidate[]
  /** A draw in which the mask is one outcome, with probability `stay`, and the tokens share the rest. */
  tokenOrMask(stay: number): number
  /** What stands here at an earlier time of the noise.
   * @param from the time now, in (0, 1]  @param to in [0, from]
   * @param fresh chance that what is drawn takes fresh noise, see `superposed`; 0 without */
  earlier(from: number, to: number, how: How, fresh?: number): Change
}

/** How a position gets to an earlier time: by its posterior drawn or the most probable; under noise on embeddings also
 * along the probability flow, and the step that it has just flowed corrected, see src/denoise/vectors.ts */
export type How = 'drawn' | 'likeliest' | 'flowing' | 'corrected'

/** A token written at a position. The mask id puts the position back into the fog. */
export interface Change {
  readonly position: number
  readonly token: number
  /** under noise on embeddings [D]: where it is near, the slope that led there, and the mean of the words it may be, for
   * a network that is shown that */
  readonly vector?: Float32Array
  readonly slope?: Float32Array
  readonly mean?: Float32Array
}

export interface Policy {
  readonly name: string
  /** one line for help and docs */
  readonly about: string
  /** where it comes from */
  readonly source: string
  /** does it work on a network that sees only to the left? */
  readonly causal: boolean
  /** true: it asks about every word in its place and may draw it again, as noise needs in which words do not settle.
   * Others write by lifting fog, believe what stands, and hide it where they ask about it */
  readonly redraws?: true
  /** It judges words where they stand, as a model can that has learnt from wrong ones; with the fog that it lifts, for
   * noise that leaves both */
  readonly judges?: 'words' | 'words and fog'
  /** true: it moves noisy vectors, as noise on embeddings alone has them */
  readonly moves?: true
  /** true: it asks about fog alone, and looks at nothing of a prediction but `top`, `entropy`, `best`, `token`,
   * `confidence` and `certainty`. So no row of logits need be brought to it */
  readonly summaries?: true
  /** true: it reads the `token` of every prediction, so the network draws them; others draw here the few that they write,
   * which costs less than a draw for every row */
  readonly draws?: true
  /** Positions that a drafter guesses before the network is asked, in a forward of its own. The network is then shown the
   * guesses. Positions that the drafter cannot see stay without one */
  guesses?(state: PolicyState): Int32Array
  /** The step whose random numbers draw a position's token; the current one without. The drafter's are the same */
  drawnAt?(position: number, state: PolicyState): number
  /** true at a step whose questions a reader answers: how likely words are where they stand, after those before them. So
   * nothing is hidden for them */
  reads?(state: PolicyState): boolean
  /** the options of its own that it understands; any other is refused by name */
  readonly takes: readonly (keyof PolicySettings)[]
  readonly defaults: { readonly temperature: number }
  /** what its top-p means; `reaching` without */
  readonly nucleus?: Nucleus
  /** The most steps it takes for so much fog (at least 1), and so the most forwards. */
  steps(fog: number, settings: PolicySettings): number
  /** Positions to ask at this step, ascending. None: nothing happens at this step and no forward is spent. Settled
   * positions that are asked are hidden in the question: the answer is what would stand there, judged by the others. */
  wants(state: PolicyState): Int32Array
  /** The noise time at which the canvas stands at this step, in (0, 1]; 1 without. */
  time?(state: PolicyState): number
  /** What is written, from the answers in the order of `wants`. */
  choose(predictions: readonly Prediction[], state: PolicyState): Change[]
  /** Is the text finished? For policies that change what is settled; else it is when the fog is gone.
   * @param quiet did the last step change nothing? */
  done?(state: PolicyState, quiet: boolean): boolean
}
