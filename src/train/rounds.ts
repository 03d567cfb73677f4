// Rounds of a distillation (arXiv 2410.21035): a student learns to take two steps of its teacher at once; then it is the
// teacher, which needs half as many. So a few rounds lead from many steps to few. A student may also learn all steps of
// its teacher in one round: then it learns whole texts, as the teacher finishes them.
import { UnfogError } from '../error/index.ts'
import type { ModelConfig } from '../model/config.ts'
import { type Noise, noiseOf } from '../noise/index.ts'
import type { Phase } from './phases.ts'
import type { RunPlan } from './plan.ts'
import type { Recipe } from './recipe.ts'
import type { Teaching } from './teacher.ts'

export interface Distillation extends Teaching {
  /** each divides the steps, which are those of the first teacher, by `together` */
  readonly rounds: number
}

/** From one word a step, about, on texts of a page, to so few that nothing but distilling could write in them. */
export const defaultDistillation: Distillation = {
  steps: 64,
  together: 2,
  rounds: 4,
  temperature: 1,
  topP: 1,
}

/** What is better otherwise than in learning from texts: a student begins as its teacher, and needs every noise time. */
export const distillationRecipe = { rate: 1e-3, times: 'uniform' } satisfies Partial<Recipe>

/** Steps in which a student writes once its rounds are over. */
export const stepsLeft = ({
  steps,
  together,
  rounds,
}: Pick<Distillation, 'steps' | 'together' | 'rounds'>): number => steps / together ** rounds

/** The phases of a run that distils: rounds of one length. */
export const roundsOf = ({ rounds, ...teaching }: Distillation, budget: number): Phase[] =>
  Array.from({ length: rounds }, (_, i) => ({
    name: `round ${i + 1}`,
    until: Math.round((budget * (i + 1)) / rounds),
    causal: false,
    teaching: { ...teaching, steps: stepsLeft({ ...teaching, rounds: i }) },
  }))

/** How a student writes unless told otherwise. */
export const studentSampling = (distillation: Distillation): ModelConfig['sampling'] => ({
  policy: 'confidence',
  temperature: 1,
  steps: stepsLeft(distillation),
})

/** What a student has learnt, in a sentence of its card. */
export const describeStudent = (distillation: Distillation, from = 'its teacher'): string =>
  `Distilled from ${from}: with parts of these texts hidden, it has learnt to write in ${counted(stepsLeft(distillation))} what ${from} writes in ${distillation.steps}.`

const counted = (steps: number): string => (steps === 1 ? '1 step' : `${steps} steps`)

/** What a distillation will be like, in a sentence. */
export const describeRounds = (distillation: Distillation): string => {
  const { steps, together, rounds } = distillation
  const many =
    rounds === 1 ? 'In one round' : `In ${rounds} rounds, in each ${together} steps at once`
  return `${many} it learns to write in ${counted(stepsLeft(distillation))} what takes ${steps} now.`
}

/** @throws UnfogError `usage` */
export function checkDistillation(distillation: Distillation): void {
  const { steps, together, rounds } = distillation
  if (Number.isInteger(stepsLeft(distillation))) return
  throw new UnfogError(
    'usage',
    `--steps ${steps} cannot be divided by --together ${together} in ${rounds === 1 ? 'one round' : `${rounds} rounds`}: give a multiple of ${together ** rounds}, or fewer --rounds`,
    { param: 'steps' },
  )
}

/** Refuses teachers that have no steps to save.
 * @throws UnfogError `unsupported` */
export function checkTeacher({ architecture, noise, text, name }: ModelConfig): void {
  const undone: Noise = noiseOf(noise).noise
  const reason = text.special
    ? 'is a released model, which unfog cannot train further yet'
    : undone.causal || architecture.blocks?.length === 1
      ? 'writes word by word, each from those before it, and has no steps that could be taken at once'
      : !undone.settles
        ? `has learnt ${undone.name} noise, under which no word is written once and for all, so that there is no moment at which a student could look`
        : noise.schedule === 'learnt'
          ? 'has learnt a pace for each word, and its steps are not those of a share of the text'
          : undefined
  if (!reason) return
  throw new UnfogError('unsupported', `${name} ${reason}: distil a model of masked noise`, {
    param: 'model',
  })
}

/** Refuses to go on from other weights than those that taught until now.
 * @throws UnfogError `bad_run` */
export function checkSameTeacher(
  { teacher, options: { from } }: Pick<RunPlan, 'teacher' | 'options'>,
  now: ModelConfig | undefined,
  where: string,
): void {
  if (teacher === undefined || teacher === now?.weights.fingerprint) return
  throw new UnfogError(
    'bad_run',
    `${where} was distilled from other weights than ${from} holds now: give the same model, or another --out`,
    { param: 'model' },
  )
}
