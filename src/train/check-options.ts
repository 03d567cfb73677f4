// What may be asked of a run, checked once, before anything is read or written.
import { UnfogError } from '../error/index.ts'
import {
  divisible,
  learnable,
  mostExpands,
  processesWith,
  ranging,
  recallable,
  replaceable,
} from '../model/config.ts'
import { fewestPieces, mostPieces, type Noise, noises, schedules, times } from '../noise/index.ts'
import { weightings } from './objective.ts'
import { optimisers } from './optimiser.ts'
import { processOf, type RunOptions } from './plan.ts'
import { losses, type Recipe, without } from './recipe.ts'
import { checkDistillation, type Distillation } from './rounds.ts'

interface Rule {
  allows(value: unknown): boolean
  says: string
}
const number = (says: string, within: (value: number) => boolean): Rule => ({
  says,
  allows: (value) => typeof value === 'number' && Number.isFinite(value) && within(value),
})
const whole = (least: number): Rule =>
  number(
    `a whole number of at least ${least}`,
    (value) => Number.isSafeInteger(value) && value >= least,
  )
const oneOf = (names: readonly string[]): Rule => ({
  says: `one of ${names.join(', ')}`,
  allows: (value) => names.includes(value as string),
})
const aboveZero = number('a number above 0', (value) => value > 0)
const notNegative = number('a number of at least 0', (value) => value >= 0)
const belowOne = number('a number from 0 to below 1', (value) => value >= 0 && value < 1)
const between = number('a number above 0 and below 1', (value) => value > 0 && value < 1)
const chance = number('a number from 0 to 1', (value) => value >= 0 && value <= 1)

const optionRules = {
  time: aboveZero,
  tokens: whole(1),
  until: aboveZero,
  patience: whole(1),
  params: number('between 10 thousand and 10 billion', (n) => n >= 1e4 && n <= 1e10),
  seed: { ...whole(0), says: 'a whole number from 0 to 2^53-1' },
  vocabSize: whole(1),
  length: whole(1),
  block: {
    says: 'a whole number of at least 1, or different ones such as 8,4,16',
    allows: (value) => {
      const lengths = [value].flat()
      const several = Array.isArray(value) && value.length < 2
      return !several && new Set(lengths).size === lengths.length && lengths.every(whole(1).allows)
    },
  },
  dtype: oneOf(['bf16', 'f32']),
  noise: oneOf(Object.keys(noises)),
  schedule: oneOf(Object.keys(schedules)),
  replaced: between,
  expand: number(
    `a number above 0 and up to ${mostExpands}`,
    (value) => value > 0 && value <= mostExpands,
  ),
  pieces: {
    says: `a whole number from ${fewestPieces} to ${mostPieces}`,
    allows: (value) =>
      Number.isInteger(value) &&
      (value as number) >= fewestPieces &&
      (value as number) <= mostPieces,
  },
  sigma: {
    says: 'two numbers above 0 and up to 1000, the smaller first, such as 0.05-20',
    allows: (value) => {
      const [low, high] = value as readonly number[]
      return low > 0 && low < high && high <= 1000
    },
  },
} satisfies Partial<Record<keyof RunOptions, Rule>>

const distillationRules: Record<keyof Distillation, Rule> = {
  steps: whole(2),
  together: whole(2),
  rounds: whole(1),
  temperature: notNegative,
  topP: number('a number above 0 and up to 1', (value) => value > 0 && value <= 1),
}

const recipeRules: Record<keyof Recipe, Rule> = {
  batchTokens: whole(1),
  warmStart: belowOne,
  curriculum: belowOne,
  times: oneOf(Object.keys(times)),
  masking: {
    says: 'two shares from 0 to 1, the smaller first, such as 0.3-0.8',
    allows: (value) =>
      Array.isArray(value) &&
      value.length === 2 &&
      value.every((share) => chance.allows(share)) &&
      value[0] < value[1],
  },
  loss: oneOf(Object.keys(losses)),
  weightCap: aboveZero,
  weighting: oneOf(weightings),
  focal: notNegative,
  complementary: { says: 'true or false', allows: (value) => typeof value === 'boolean' },
  leastMasked: belowOne,
  progressive: {
    says: '0, or a whole number from 2',
    allows: (value) => value === 0 || (Number.isInteger(value) && (value as number) >= 2),
  },
  reading: belowOne,
  batchRamp: belowOne,
  lengthRamp: belowOne,
  rate: notNegative,
  warmup: belowOne,
  decay: belowOne,
  optimiser: oneOf(optimisers),
  beta1: belowOne,
  beta2: belowOne,
  epsilon: aboveZero,
  momentum: belowOne,
  weightDecay: notNegative,
  clip: aboveZero,
  average: belowOne,
  dropAll: chance,
  dropEach: chance,
  seed: optionRules.seed,
}

/** @throws UnfogError `usage` naming the option at fault */
export function checkOptions(options: RunOptions): void {
  const { recipe = {}, distillation, ...rest } = options
  const unknown = Object.keys(recipe).find((name) => !Object.hasOwn(recipeRules, name))
  if (unknown) {
    throw new UnfogError(
      'usage',
      `a recipe has no ${unknown}: it has ${Object.keys(recipeRules).join(', ')}`,
      { param: unknown },
    )
  }
  check(rest, optionRules)
  check(recipe, recipeRules)
  if (distillation) {
    check(distillation, distillationRules)
    checkDistillation(distillation)
  }
  checkNoise(options)
  checkFog(options)
  checkLoss(recipe)
}

/** @throws UnfogError `usage` */
function checkLoss({ loss, weighting }: Partial<Recipe>): void {
  if (loss !== 'score-entropy' || weighting !== 'uniform') return
  const message =
    '--loss score-entropy and --weighting uniform cannot go together: each says what a hidden word costs; leave one of them out'
  throw new UnfogError('usage', message, { param: 'loss' })
}

/** parts of a recipe that are about words in the fog, several at once */
const aboutFog = ['weighting', 'focal', 'complementary', 'leastMasked', 'progressive'] as const

/** Refuses what would do nothing. @throws UnfogError `usage` */
function checkFog(options: RunOptions): void {
  const { recipe = {}, block } = options
  const noise: Noise = noises[processOf(options) as keyof typeof noises]
  const asked = aboutFog.find((name) => (recipe[name] ?? without[name]) !== without[name])
  if (!asked || (noise.settles && !noise.causal && block !== 1)) return
  const under =
    noise.causal || block === 1 ? 'a model that writes word by word' : `${noise.name} noise`
  const message = `--${asked} and ${under} cannot go together: it is for texts in which words are hidden, several at once, and nothing else happens to them; leave one of them out`
  throw new UnfogError('usage', message, { param: asked })
}

/** processes whose words can be shown softly */
const softening = processesWith(({ relaxed }) => relaxed)

/** What cannot go together in the noise of a run. */
function checkNoise(options: RunOptions): void {
  const { ar, noise, schedule, replaced, sigma, selfConditioning, block } = options
  const chosen: Noise = noises[processOf(options) as keyof typeof noises]
  if (ar && !chosen.causal) {
    const message = `--ar is --noise autoregressive and cannot go with --noise ${noise}: leave one of them out`
    throw new UnfogError('usage', message, { param: 'noise' })
  }
  if (chosen.causal && schedule !== undefined) {
    const message = `${chosen.name} noise has no --schedule: a word is fog until its turn comes`
    throw new UnfogError('usage', message, { param: 'schedule' })
  }
  if (replaced !== undefined && !chosen.replacing) {
    const message = `${chosen.name} noise has no --replaced share to choose: that is for --noise ${replaceable.join(', ')}`
    throw new UnfogError('usage', message, { param: 'replaced' })
  }
  if (sigma !== undefined && !chosen.between) {
    const message = `${chosen.name} noise has no --sigma range to choose: that is for --noise ${ranging.join(', ')}`
    throw new UnfogError('usage', message, { param: 'sigma' })
  }
  if (selfConditioning && !chosen.recalling) {
    const message = `${chosen.name} noise has no --self-conditioning, which shows a network its last prediction as vectors: that is for --noise ${recallable.join(', ')}`
    throw new UnfogError('usage', message, { param: 'selfConditioning' })
  }
  checkWarping(options, chosen)
  checkPieces(options, chosen)
  checkView(options, chosen)
  checkCurriculum(options, chosen)
  checkMasking(options, chosen)
  checkLearnt(options, chosen)
  checkExpand(options, chosen)
  checkProgressive(options)
  checkReading(options, chosen)
  if (block === undefined) return
  if (chosen.causal) {
    const message = `${ar ? '--ar' : `--noise ${noise}`} and --block cannot go together: the one writes word by word, the other in blocks`
    throw new UnfogError('usage', message, { param: 'block' })
  }
  if (!chosen.settles) {
    const message = `--noise ${noise} and --block cannot go together: a block is finished before the next begins, and under ${chosen.name} noise no word settles; leave one of them out`
    throw new UnfogError('usage', message, { param: 'block' })
  }
  if (block === 1 && schedule !== undefined) {
    const message = 'blocks of one word have no --schedule: a word is fog until its turn comes'
    throw new UnfogError('usage', message, { param: 'schedule' })
  }
}

/** @param what a flag, as it was given  @param reason undefined where there is none
 * @throws UnfogError `usage` */
function refuseFor(param: string, what: string, reason: string | undefined): void {
  if (reason) throw new UnfogError('usage', `${what} cannot be used: ${reason}`, { param })
}

/** What cannot go together with times that are warped. */
function checkWarping(
  { timeWarping, schedule, recipe }: RunOptions,
  { name, between }: Noise,
): void {
  if (!timeWarping) return
  const reason = !between
    ? `under ${name} noise a word is lost at once: that is for --noise ${ranging.join(', ')}`
    : schedule !== undefined && schedule !== 'linear'
      ? 'it makes a schedule of its own; leave --schedule out'
      : recipe?.times
        ? 'it says itself which times are drawn; leave --times out'
        : undefined
  refuseFor('timeWarping', '--time-warping', reason)
}

/** What cannot go together with words that vanish piece by piece. */
function checkPieces(options: RunOptions, { name, inPieces }: Noise): void {
  const { pieces, block, expand, schedule, recipe = {} } = options
  if (pieces === undefined) return
  const whole = { ...without, loss: 'cross-entropy', masking: undefined } as const
  const other = [...aboutFog, 'masking', 'reading', 'loss'] as const
  const asked = other.find((part) => (recipe[part] ?? whole[part]) !== whole[part])
  const reason = !inPieces
    ? `under ${name} noise words have no pieces: that is for --noise ${divisible.join(', ')}`
    : block !== undefined
      ? 'a block is finished before the next begins, in whole words; leave --block out'
      : expand !== undefined
        ? 'a mask that may become two is no word yet; leave --expand out'
        : schedule === 'learnt'
          ? 'paces are of words and not of their pieces; leave --schedule out'
          : asked
            ? `it is about words that are hidden as a whole; leave --${asked} out`
            : undefined
  refuseFor('pieces', '--pieces', reason)
}

/** @throws UnfogError `usage` */
function checkView({ recipe }: RunOptions, noise: Noise): void {
  const { loss } = recipe ?? {}
  if (loss === undefined || losses[loss](noise)) return
  const having = processesWith((row) => losses[loss](row))
  const message = `--loss ${loss} and ${noise.name} noise cannot go together: it is for --noise ${having.join(', ')}`
  throw new UnfogError('usage', message, { param: 'loss' })
}

/** @throws UnfogError `usage` */
function checkCurriculum({ recipe }: RunOptions, { name, relaxed }: Noise): void {
  if (!recipe?.curriculum || relaxed) return
  const message = `${name} noise has no --curriculum: words can be shown softly under ${softening.join(', ')} noise alone; leave it out`
  throw new UnfogError('usage', message, { param: 'curriculum' })
}

/** What cannot go together with a range of hidden shares. */
function checkMasking({ recipe, block }: RunOptions, { name, causal, settles }: Noise): void {
  if (recipe?.masking === undefined) return
  const reason =
    causal || !settles
      ? `${name} noise has no share of hidden words to choose`
      : block === 1
        ? 'a block of one word is hidden as a whole'
        : recipe.times !== undefined
          ? `it says how noise times are drawn, and so does --times ${recipe.times}`
          : recipe.leastMasked
            ? 'it says what is hidden at least, and so does --leastMasked'
            : undefined
  if (reason)
    throw new UnfogError('usage', `--masking cannot be used: ${reason}; leave it out`, {
      param: 'masking',
    })
}

/** parts of a recipe that say at which times a text is seen */
const aboutTimes = ['masking', 'times', 'leastMasked', 'complementary'] as const

/** What cannot go together with a schedule that is learnt. */
function checkLearnt({ schedule, recipe, block }: RunOptions, { name, learning }: Noise): void {
  if (schedule !== 'learnt') return
  const narrowed = aboutTimes.find((name) => recipe?.[name])
  const reason = !learning
    ? `under ${name} noise words have no pace of their own, only under ${learnable.join(', ')} noise`
    : block !== undefined
      ? 'what a word costs then depends on its time, and the blocks of a text are looked at together'
      : narrowed
        ? `it is learnt from all times, in its own way: leave --${narrowed} out`
        : recipe?.loss === 'score-entropy'
          ? 'what its words cost is a divergence already: leave --loss out'
          : undefined
  refuseFor('schedule', '--schedule learnt', reason)
}

/** What cannot go together with texts that come out of the fog in the model's own order. */
function checkProgressive({ block, expand, schedule, recipe }: RunOptions): void {
  if (!recipe?.progressive) return
  const ordered = aboutTimes.find((name) => recipe[name])
  const reason =
    block !== undefined
      ? 'a block comes out of the fog by itself; leave --block out'
      : expand !== undefined
        ? 'masks that stand for any number of words come out in an order of their own; leave --expand out'
        : schedule === 'learnt'
          ? 'words with a pace of their own have an order already; leave --schedule out'
          : ordered
            ? `what is hidden follows from how sure the model is; leave --${ordered} out`
            : undefined
  refuseFor('progressive', '--progressive', reason)
}

/** What cannot go together with reading from left to right. */
function checkReading({ block, expand, recipe }: RunOptions, { name }: Noise): void {
  if (!recipe?.reading) return
  const reason =
    name !== 'masked'
      ? `under ${name} noise nobody asks a second time what was written`
      : block !== undefined
        ? 'blocks of one word read from left to right already; leave --block out'
        : expand !== undefined
          ? 'its texts lie in canvases with masks that no reader knows; leave --expand out'
          : recipe.progressive
            ? 'texts would wait in the fog meanwhile; leave --progressive out'
            : undefined
  refuseFor('reading', '--reading', reason)
}

/** What cannot go together with masks that stand for any number of words. */
function checkExpand(
  { expand, block, schedule, recipe }: RunOptions,
  { name, hides }: Noise,
): void {
  if (expand === undefined) return
  const reason =
    name !== 'masked'
      ? `under ${name} noise ${hides ? 'a word need not be hidden to be wrong, or is hidden alone' : 'no word is hidden'}`
      : block !== undefined
        ? 'a block has a length, and what is written in it would change that'
        : schedule === 'learnt'
          ? 'words with a pace of their own would have to tell it through masks that split'
          : recipe?.complementary
            ? 'a text under other masks has no opposite: leave --complementary out'
            : recipe?.loss === 'score-entropy'
              ? 'rates are of words, and a mask may become two: leave --loss out'
              : undefined
  refuseFor('expand', '--expand', reason)
}

function check(values: object, rules: Readonly<Record<string, Rule>>): void {
  for (const [name, value] of Object.entries(values)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (value === undefined || !rule || rule.allows(value)) continue
    throw new UnfogError('usage', `--${name} ${value} is not ${rule.says}`, { param: name })
  }
}
