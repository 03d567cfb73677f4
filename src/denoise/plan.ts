// How a text is to be written: the options of one request, checked once. Nothing further in checks them again.
import { UnfogError } from '../error/index.ts'
import type { Process } from '../noise/index.ts'
import { type Cache, type CacheName, caches } from './caches.ts'
import type { Denoiser } from './denoiser.ts'
import { type PolicyName, policies } from './policies/index.ts'
import type { Policy, PolicySettings } from './policy.ts'
import type { Sampling } from './sample.ts'

/** What a caller may say; everything has a default. */
export interface PlanOptions {
  /** the beginning of the text */
  prompt?: string
  /** the end of the text */
  suffix?: string
  /** the whole text with gaps, see parseInfill; in place of prompt, suffix and length */
  infill?: string
  /** tokens of the whole text, prompt included; a text of given length cannot end early */
  length?: number
  /** most tokens of a text whose length is not given */
  maximum?: number
  /** default: `confidence`; `left-to-right` on a causal model, `speculative` where it has a drafter, `posterior` under
   * noise in which words do not settle, `euler` under noise on embeddings */
  policy?: PolicyName | Policy
  steps?: number
  /** 0 takes the most probable token */
  temperature?: number
  /** draw among the fewest most probable tokens that together have this probability */
  topP?: number
  /** draw among so many most probable tokens; 0 is all */
  topK?: number
  /** draw among the tokens that have at least this share of the most probable one's probability; 0 is all */
  minP?: number
  orderTemperature?: number
  blockLength?: number
  threshold?: number
  editThreshold?: number
  factor?: number
  drafts?: number
  entropyBound?: number
  eps?: number
  eta?: number
  unsure?: readonly number[]
  /** ids that are not to be written */
  ban?: readonly number[]
  /** classifier-free guidance: how much more the given text counts than it does by itself; each step costs two forwards */
  guidance?: number
  /** how many of the most probable tokens frames name for each position; 0, the default, costs nothing */
  candidates?: number
  /** what is kept between steps: a row of `caches` */
  cache?: CacheName
  seed?: number
  /** label ids in front of the text */
  labels?: ArrayLike<number>
  /** ids before the text that are only read, and not part of it: what an answer answers */
  before?: ArrayLike<number>
  /** survival probability of the noise schedule; default 1 - t */
  survival?: (t: number) => number
  /** how long a text of which so many tokens are written is shown to a drafter; as long as the canvas without */
  draftLength?: (written: number) => number
}

/** Options that hold together. */
export interface Plan extends Sampling, PolicySettings {
  readonly prompt?: string
  readonly suffix?: string
  readonly infill?: string
  readonly length?: number
  readonly maximum?: number
  readonly policy: Policy
  readonly ban: readonly number[]
  /** 0 is none */
  readonly guidance: number
  /** 0 is none */
  readonly candidates: number
  readonly cache: Cache
  readonly seed: number
  readonly labels?: Int32Array
  readonly before?: Int32Array
  readonly draftLength?: (written: number) => number
}

interface Range {
  within(value: number): boolean
  says: string
}
const whole = (least: number): Range => ({
  within: (value) => Number.isSafeInteger(value) && value >= least,
  says: `a whole number of at least ${least}`,
})
const positive: Range = {
  within: (value) => Number.isFinite(value) && value >= 0,
  says: 'a number of at least 0',
}

/** The range of each number, for the check and for help. */
export const ranges = {
  steps: whole(1),
  length: whole(1),
  maximum: whole(1),
  temperature: positive,
  topP: { within: (value) => value > 0 && value <= 1, says: 'a number above 0 and up to 1' },
  topK: whole(0),
  minP: { within: (value) => value >= 0 && value <= 1, says: 'a number from 0 to 1' },
  orderTemperature: positive,
  blockLength: whole(1),
  threshold: { within: (value) => value >= 0 && value <= 1, says: 'a number from 0 to 1' },
  editThreshold: { within: (value) => value >= 0 && value <= 1, says: 'a number from 0 to 1' },
  factor: positive,
  drafts: whole(1),
  entropyBound: positive,
  eps: { within: (value) => value >= 0 && value < 1, says: 'a number of at least 0 and below 1' },
  eta: { within: (value) => value >= 0 && value <= 1, says: 'a number from 0 to 1' },
  guidance: positive,
  candidates: whole(0),
  seed: { ...whole(0), says: 'a whole number from 0 to 2^53-1' },
} satisfies { [K in keyof PlanOptions]?: Range }

/** What a plan depends on: what the network sees, and what it was trained to undo. */
export interface Trained
  extends Pick<Denoiser, 'causal' | 'block' | 'drafter' | 'reader' | 'growth'> {
  process?: Pick<Process, 'noise'>
}

/** @throws UnfogError `usage` naming the option at fault */
export function makePlan(options: PlanOptions, network: Trained): Plan {
  checkRanges(options)
  checkTogether(options)
  checkGuidance(options, network)
  const policy = choosePolicy(options, network)
  if (network.growth && options.length !== undefined) {
    throw misuse(
      'length',
      `--length ${options.length} cannot be chosen: this model chooses itself how long a text is; leave it out, or say --maximum`,
    )
  }
  if (network.block !== undefined && options.blockLength !== undefined) {
    throw misuse(
      'blockLength',
      `--block-length ${options.blockLength} cannot be chosen: this model has learnt to write in blocks of ${network.block} tokens`,
    )
  }
  return {
    prompt: options.prompt,
    suffix: options.suffix,
    infill: options.infill,
    length: options.length,
    maximum: options.maximum,
    policy,
    steps: options.steps,
    temperature: options.temperature ?? policy.defaults.temperature,
    topP: options.topP ?? 1,
    nucleus: policy.nucleus,
    topK: options.topK ?? 0,
    minP: options.minP ?? 0,
    orderTemperature: options.orderTemperature ?? 0,
    blockLength: options.blockLength,
    threshold: options.threshold,
    editThreshold: options.editThreshold,
    factor: options.factor,
    drafts: options.drafts,
    entropyBound: options.entropyBound,
    eps: options.eps,
    eta: options.eta,
    unsure: options.unsure ?? [],
    ban: options.ban ?? [],
    guidance: options.guidance ?? 0,
    candidates: options.candidates ?? 0,
    cache: chooseCache(options, network),
    survival: options.survival ?? ((t) => 1 - t),
    seed: options.seed ?? 0,
    labels: options.labels && Int32Array.from(options.labels),
    before: options.before && Int32Array.from(options.before),
    draftLength: options.draftLength,
  }
}

function checkRanges(options: PlanOptions): void {
  for (const name of Object.keys(ranges) as (keyof typeof ranges)[]) {
    const value = options[name]
    if (value !== undefined && !(typeof value === 'number' && ranges[name].within(value))) {
      throw misuse(name, `${flag(name)} ${value} is not ${ranges[name].says}`)
    }
  }
}

/** What already says how long a text is, and what then cannot be said. */
const exclusive = {
  infill: ['prompt', 'suffix', 'length', 'maximum'],
  length: ['maximum'],
} as const

function checkTogether(options: PlanOptions): void {
  for (const [says, others] of Object.entries(exclusive)) {
    if (options[says as keyof typeof exclusive] === undefined) continue
    for (const name of others) {
      if (options[name] !== undefined) {
        throw misuse(
          name,
          `${flag(name)} and ${flag(says)} cannot go together: leave one of them out`,
        )
      }
    }
  }
}

/** options that only some policies understand */
const own = [
  'steps',
  'orderTemperature',
  'blockLength',
  'threshold',
  'editThreshold',
  'factor',
  'drafts',
  'entropyBound',
  'eps',
  'eta',
  'unsure',
  'survival',
] as const satisfies readonly (keyof PolicySettings)[]

/** The policy that a network writes by unless another is asked for. */
function usual({ causal, drafter, process: undone }: Trained): PolicyName {
  if (drafter) return 'speculative'
  if (causal) return 'left-to-right'
  if (undone?.noise.vectors) return 'euler'
  return undone && !undone.noise.settles ? 'posterior' : 'confidence'
}

/** Why a policy cannot write what such a network has learnt, as the end of a sentence; undefined when it can. */
function misfit(policy: Policy, network: Trained): string | undefined {
  const { causal, process: undone } = network
  if (causal && !policy.causal)
    return `needs a model that sees both sides, and this one sees only to the left: use --policy ${usual(network)}`
  if (undone?.noise.pieces && (!policy.redraws || policy.judges))
    return 'reveals whole words, and this model has learnt to reveal their pieces: use --policy posterior'
  if (undone?.noise.paces && policy.takes.includes('survival'))
    return `reveals all words at one pace, and this model has learnt a pace for each: use --policy posterior`
  if (undone && !undone.noise.settles && !policy.redraws)
    return `believes every word that it has written, but under ${undone.noise.name} noise any word may be wrong: use --policy ${usual(network)}`
  if (network.growth && policy.redraws)
    return `asks about every word where it stands, and in this model a mask may become two masks or nothing: use --policy ${usual(network)}`
  const judged = undone && !undone.noise.settles && !undone.noise.vectors ? undone.noise : undefined
  if (policy.judges === 'words and fog' && !judged?.hides)
    return `lifts fog and replaces wrong words, and under ${undone?.noise.name ?? 'masked'} noise a model has learnt of but one of them: use --policy ${usual(network)}`
  if (policy.judges && !judged)
    return `doubts words where they stand, and under ${undone?.noise.name ?? 'masked'} noise a model has learnt of no wrong one: use --policy ${usual(network)}`
  if (policy.moves && !undone?.noise.vectors)
    return `moves noisy embeddings, and under ${undone?.noise.name ?? 'masked'} noise there are none: use --policy ${usual(network)}`
  if (policy.guesses && !network.drafter)
    return causal
      ? `needs a masked model that drafts: name that with --model and this one with --verifier`
      : `needs a model that reads from left to right and checks what is drafted: name it with --verifier`
  if (policy.reads && !network.reader)
    return `reads what it has written from left to right, which this model has not learnt: train one with --reading, or use --policy revise`
  return undefined
}

/** The policies that can write what such a network has learnt. */
export const policiesFor = (network: Trained): Policy[] =>
  Object.values<Policy>(policies).filter((policy) => misfit(policy, network) === undefined)

function checkGuidance({ guidance = 0 }: PlanOptions, { process: undone }: Trained): void {
  if (guidance > 0 && undone && !undone.noise.hides) {
    throw misuse(
      'guidance',
      `--guidance asks once more with the given text in the fog, and a model of ${undone.noise.name} noise knows no fog: leave it out`,
    )
  }
}

function choosePolicy(options: PlanOptions, network: Trained): Policy {
  const named = options.policy ?? usual(network)
  const policy: Policy | undefined =
    typeof named !== 'string' ? named : Object.hasOwn(policies, named) ? policies[named] : undefined
  if (!policy) {
    throw misuse(
      'policy',
      `there is no --policy ${named}: choose one of ${Object.keys(policies).join(', ')}`,
    )
  }
  const reason = misfit(policy, network)
  if (reason) throw misuse('policy', `--policy ${policy.name} ${reason}`)
  for (const name of own) {
    if (options[name] !== undefined && !policy.takes.includes(name)) {
      throw misuse(name, `--policy ${policy.name} takes no ${flag(name)}: ${policy.about}`)
    }
  }
  return policy
}

function chooseCache(
  { cache: name }: PlanOptions,
  { causal, block, growth, process: undone }: Trained,
): Cache {
  // neither sees what is written later
  const forward = causal || block !== undefined
  const named = name ?? (forward ? 'exact' : 'none')
  if (!Object.hasOwn(caches, named)) {
    throw misuse(
      'cache',
      `there is no --cache ${named}: choose one of ${Object.keys(caches).join(', ')}`,
    )
  }
  const cache: Cache = caches[named]
  if (cache.keep && undone?.noise.vectors) {
    throw misuse(
      'cache',
      `--cache ${named} is not for a model of ${undone.noise.name} noise, in which every vector moves at every step: use --cache none`,
    )
  }
  if (cache.keep && growth) {
    throw misuse(
      'cache',
      `--cache ${named} is not for a model that chooses how long a text is, in which every word may move: use --cache none`,
    )
  }
  if (cache.networks === 'forward' && !forward) {
    throw misuse(
      'cache',
      `--cache ${named} needs a model that sees nothing behind what it writes, and this one sees both sides: use --cache prefix, dual or delayed`,
    )
  }
  if (cache.networks === 'full' && forward) {
    throw misuse(
      'cache',
      `--cache ${named} is for models that see both sides, and this one sees nothing behind ${causal ? 'a word' : 'a block'} that it writes: use --cache exact`,
    )
  }
  return cache
}

/** An option as the command line writes it. */
const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`

const misuse = (param: string, message: string): UnfogError =>
  new UnfogError('usage', message, { param })
