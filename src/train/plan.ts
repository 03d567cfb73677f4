// What a run is: everything that was asked and everything that was chosen, recorded in run.json before the first step.
// The same command goes on from it; a larger budget extends it; any other difference is refused by name.
import { UnfogError } from '../error/index.ts'
import { type ModelConfig, parseConfig } from '../model/config.ts'
import type { SigmaRange } from '../noise/index.ts'
import { readText, type Store, writeText } from '../store/index.ts'
import type { Phase } from './phases.ts'
import type { Stage } from './ramps.ts'
import { type Recipe, without } from './recipe.ts'
import type { Distillation } from './rounds.ts'

/** What a person may ask of a run; everything has a default. */
export interface RunOptions {
  /** seconds of training in all, over every resume */
  time?: number
  /** tokens of training text in all */
  tokens?: number
  /** stops as soon as held-out text costs no more nats a character, before the budget is spent */
  until?: number
  /** stops after so many measurements in a row of which none was better on held-out text */
  patience?: number
  /** parameters, about */
  params?: number
  /** an autoregressive model: the noise of that name */
  ar?: boolean
  /** a model that writes in blocks of so many tokens, from left to right; of several lengths the first is the usual one */
  block?: number | readonly number[]
  /** a row of the noise processes; default masked */
  noise?: string
  /** a row of the schedules; default linear */
  schedule?: string
  /** share of replaced words, for noise that has one */
  replaced?: number
  /** least and most noise, for noise on embeddings */
  sigma?: SigmaRange
  /** is the network shown what it last predicted, for noise under which that can be shown? */
  selfConditioning?: boolean
  /** are levels of noise drawn and stepped through as evenly as words cost there, for noise on embeddings? */
  timeWarping?: boolean
  /** pieces of a word, each hidden on its own, for noise under which words can be cut up */
  pieces?: number
  /** chance that a mask stands for several words, and that it stands for none: a model that chooses how long a text is */
  expand?: number
  seed?: number
  /** chars, bytes, words or bpe */
  tokenizer?: string
  vocabSize?: number
  /** parts of mixed data, relative */
  weights?: number[]
  /** tokens of a window, for long texts */
  length?: number
  /** are activations computed again for gradients instead of kept? It takes longer, in less memory, to the same weights */
  recompute?: boolean
  /** number type of the saved weights */
  dtype?: 'bf16' | 'f32'
  /** a model folder to start from: its name, for the record */
  from?: string
  /** is that model the teacher of this one, and how? */
  distillation?: Distillation
  /** parts of the recipe to change */
  recipe?: Partial<Recipe>
  /** name in the model's card */
  name?: string
}

/** The name of the noise process that is asked for. */
export const processOf = ({ ar, noise = ar ? 'autoregressive' : 'masked' }: RunOptions): string =>
  noise

/** Lengths of the blocks that are learnt, the usual one first; none for whole texts. */
export const blockLengthsOf = ({ block }: Pick<RunOptions, 'block'>): readonly number[] =>
  block === undefined ? [] : [block].flat()

export interface RunPlan {
  unfog: 1
  options: RunOptions
  /** `context`: longest text in tokens when the data was cut */
  data: { name: string; hash: string; context: number }
  config: ModelConfig
  recipe: Recipe
  /** tokens of training text in the whole run */
  budget: number
  phases: Phase[]
  /** of batches and texts that grow; runs of earlier versions have none */
  stages?: Stage[]
  /** tokens that the model it starts from had already seen */
  before: number
  /** `weights.fingerprint` of the model that teaches, where one does */
  teacher?: string
  /** measured once, for `time` */
  tokensPerSecond?: number
}

export const planFile = 'run.json'

export async function readPlan(store: Store): Promise<RunPlan | undefined> {
  if (!(await store.stat(planFile))) return undefined
  try {
    const plan = JSON.parse(await readText(store, planFile)) as RunPlan
    const whole = plan?.unfog === 1 && plan.options && plan.data && plan.recipe
    if (!whole || !(plan.budget > 0) || !plan.phases?.length) {
      throw new Error('it is no plan of a run')
    }
    const recipe = { ...without, ...plan.recipe }
    return { ...plan, recipe, config: parseConfig(plan.config, planFile) }
  } catch (cause) {
    throw new UnfogError(
      'bad_run',
      `${store.name}/${planFile} is damaged (${(cause as Error).message}): use another --out`,
      { param: 'out', cause },
    )
  }
}

export const writePlan = (store: Store, plan: RunPlan): Promise<void> =>
  writeText(store, planFile, `${JSON.stringify(plan, null, 2)}\n`)

const said = (value: unknown): string =>
  value === undefined ? 'its default' : JSON.stringify(value)

/** Refuses a resume that would be another run.
 * @throws UnfogError `bad_run` naming what differs */
export function checkSame(
  plan: RunPlan,
  options: RunOptions,
  data: { name: string; hash: string },
  where: string,
): void {
  const free = new Set(['time', 'tokens', 'until', 'patience', 'recompute'])
  const [before, now] = [plan.options, options].map(
    ({ recipe, distillation, ...rest }): Record<string, unknown> => ({
      ...rest,
      ...recipe,
      ...distillation,
    }),
  )
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (free.has(name) || JSON.stringify(before[name]) === JSON.stringify(now[name])) continue
    throw new UnfogError(
      'bad_run',
      `${where} was started with --${name} ${said(before[name])} and not ${said(now[name])}: give the same flags, or another --out`,
      { param: name },
    )
  }
  if (plan.data.hash !== data.hash) {
    throw new UnfogError(
      'bad_run',
      `${where} was trained on other data than ${data.name} holds now: give the same data, or another --out`,
      { param: 'data' },
    )
  }
}

/** share of the time that measuring, sampling and saving may take */
const overhead = 0.06

/** Tokens that are learnt in so many seconds. */
export const tokensIn = (seconds: number, tokensPerSecond: number): number =>
  Math.round(seconds * (1 - overhead) * tokensPerSecond)

/** The plan with the budget now asked for. Time is turned into tokens by the speed that was measured at the start.
 * @throws UnfogError `bad_run` when less is asked for than before */
export function extended(plan: RunPlan, { time, tokens, until, patience }: RunOptions): RunPlan {
  let budget = tokens ?? plan.budget
  if (tokens === undefined && time !== undefined && time !== plan.options.time) {
    if (!plan.tokensPerSecond) {
      throw new UnfogError(
        'bad_run',
        `this run has a budget of ${plan.budget} tokens, not of time: extend it by --tokens`,
        { param: 'time' },
      )
    }
    budget = tokensIn(time, plan.tokensPerSecond)
  }
  if (budget < plan.budget) {
    throw new UnfogError(
      'bad_run',
      `this run is planned for ${plan.budget} tokens, more than the ${budget} asked for: give at least as much, or another --out`,
      { param: tokens === undefined ? 'time' : 'tokens' },
    )
  }
  // earlier phases stay where they were; the last one lasts longer
  const phases = plan.phases.map((phase, i) =>
    i < plan.phases.length - 1 ? phase : { ...phase, until: budget },
  )
  const said = {
    ...plan.options,
    ...(time ? { time } : {}),
    ...(tokens ? { tokens } : {}),
    ...{ until, patience },
  }
  return { ...plan, budget, phases, options: said }
}
