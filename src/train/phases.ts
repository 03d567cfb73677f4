// The parts of a run, each with one objective, and the model as it is within each.
import type { ModelConfig } from '../model/config.ts'
import { inBlocks } from '../model/in-blocks.ts'
import { asReader } from '../model/reader.ts'
import type { Recipe } from './recipe.ts'
import type { Teaching } from './teacher.ts'

/** A part of a run with one objective. */
export interface Phase {
  readonly name: 'left to right' | 'soft words' | 'denoising' | 'reading' | `round ${number}`
  /** tokens of the run after which it ends */
  readonly until: number
  readonly causal: boolean
  /** tokens of the run at which it begins, where it shows words softly, harder toward its end (`Noise.relaxed`) */
  readonly softFrom?: number
  /** how its teacher writes; undefined where texts themselves are learnt */
  readonly teaching?: Teaching
  /** tokens of a block at its steps, where several lengths are learnt */
  readonly block?: number
  /** what is learnt at some of its steps: to read from left to right, or blocks of other lengths */
  readonly beside?: readonly Phase[]
}

/** The folder in which a phase leaves its model when another follows. */
export const folderOf = ({ name, causal }: Phase): string =>
  causal ? 'warm-start' : name.replaceAll(' ', '-')

/** The model as it is within a phase. */
export function configOf(config: ModelConfig, { causal, block }: Phase): ModelConfig {
  if (config.architecture.blocks && (causal || block)) return inBlocks(config, block ?? 1)
  return causal ? asReader(config) : config
}

/** Phases of a run: a masked model that starts from nothing first learns to write from left to right.
 * @param fresh does it begin with random weights? */
export function phasesOf(
  config: ModelConfig,
  recipe: Recipe,
  budget: number,
  fresh: boolean,
): Phase[] {
  const causal = config.architecture.attention === 'causal'
  if (causal || config.architecture.blocks?.length === 1)
    return [{ name: 'left to right', until: budget, causal: true }]
  // in blocks of one word a model writes from left to right, shifted or not
  const warm =
    fresh && (config.shift || config.architecture.blocks)
      ? Math.round(recipe.warmStart * budget)
      : 0
  const beside = [
    ...(recipe.reading > 0 ? [{ name: 'reading', until: budget, causal: true } as const] : []),
    ...otherBlocks(config).map(
      (block) => ({ name: 'denoising', until: budget, causal: block === 1, block }) as const,
    ),
  ]
  const denoising: Phase = {
    name: 'denoising',
    until: budget,
    causal: false,
    ...(beside.length > 0 ? { beside } : {}),
  }
  const soft = warm + Math.round(recipe.curriculum * (budget - warm))
  return [
    ...(warm > 0 ? [{ name: 'left to right', until: warm, causal: true } as const] : []),
    ...(soft > warm
      ? [{ name: 'soft words', until: soft, causal: false, softFrom: warm } as const]
      : []),
    denoising,
  ]
}

/** Lengths of blocks that are learnt beside the usual one. */
const otherBlocks = ({ blockLengths = [], architecture: { blocks } }: ModelConfig): number[] =>
  blockLengths.filter((length) => length !== blocks?.length)
