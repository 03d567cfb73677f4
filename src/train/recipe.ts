// The recipe of a run: every choice a run makes besides its data, in one flat object that is recorded with it.
import type { Noise, times } from '../noise/index.ts'
import type { weightings } from './objective.ts'
import type { OptimiserOptions } from './optimiser.ts'
import type { RateOptions } from './rate.ts'

/** What training can minimise, where a noise has such a view of its words. */
export const losses = {
  'cross-entropy': (noise) => noise.loss,
  'score-entropy': (noise) => noise.scoreEntropy,
  'squared-error': (noise) => noise.squaredError,
} satisfies Record<string, (noise: Noise) => Noise['loss'] | undefined>

export interface Recipe extends OptimiserOptions, RateOptions {
  /** tokens of a batch, about */
  batchTokens: number
  /** share of the tokens on which a masked model first learns to write from left to right; the mask of its attention
   * is then dropped (measured: the same loss in a third of the time) */
  warmStart: number
  /** share of the tokens behind the warm start on which words are shown softly, for noise that has such a form; 0: none */
  curriculum: number
  /** how noise times are drawn: a row of the table in src/noise */
  times: keyof typeof times
  /** in place of `times`: the least and the most of a text, or of a block, that is hidden (`clippedTimes`); evenly drawn */
  masking?: readonly [number, number]
  /** what a row costs: `Noise.loss` unless it says otherwise */
  loss?: keyof typeof losses
  /** most that a masked token may weigh */
  weightCap: number
  /** what masked tokens weigh: as the bound has it, up to the cap, or all the same */
  weighting: (typeof weightings)[number]
  /** γ of the focal weight (1 - p)^γ of a masked token that was given probability p; 0: none */
  focal: number
  /** is each text of a batch hidden twice, the second time exactly where it stood the first? */
  complementary: boolean
  /** least share of a text that is hidden, on average at a time */
  leastMasked: number
  /** steps in which texts come out of the fog while they are learnt from, in the model's own order; 0: texts are hidden at
   * random, see `progressive.ts` */
  progressive: number
  /** share of the steps of denoising at which reading from left to right is learnt, under a causal mask: such a model can
   * judge what it has written (`asReader`) */
  reading: number
  /** share of the tokens on which batches grow: an eighth of their size first, then a quarter, then half */
  batchRamp: number
  /** the same for the length of texts: shorter windows, or of short texts the shortest alone */
  lengthRamp: number
  /** chance that all labels of a text are dropped, and then of each label on its own */
  dropAll: number
  dropEach: number
  seed: number
}

/** What a run that has not heard of a choice does: one of an earlier version, or under noise that has no use for it. */
export const without = {
  weighting: 'bound',
  focal: 0,
  curriculum: 0,
  complementary: false,
  leastMasked: 0,
  progressive: 0,
  reading: 0,
  batchRamp: 0,
  lengthRamp: 0,
} satisfies Partial<Recipe>

export const defaultRecipe: Recipe = {
  ...without,
  batchTokens: 1024,
  warmStart: 0.25,
  times: 'bell',
  weightCap: 5,
  rate: 2e-3,
  warmup: 0.02,
  decay: 0.3,
  optimiser: 'muon',
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-9,
  momentum: 0.95,
  weightDecay: 0.05,
  clip: 1,
  average: 0.998,
  dropAll: 0.5,
  dropEach: 0.3,
  seed: 0,
}

/** Where words learn their paces, which lower the bound itself and nothing else: a bound that leaves out some times, or
 * weighs them otherwise, would be lowered by moving words there. */
export const learntRecipe = { times: 'squared' } satisfies Partial<Recipe>
