// From a model to one that writes in fewer steps: a run whose targets are what the model writes, see src/train/rounds.ts.
import { UnfogError } from '../error/index.ts'
import type { ModelConfig } from '../model/config.ts'
import { deviceOf } from '../runtime/devices.node.ts'
import { folderStore } from '../store/folder.node.ts'
import type { Recipe } from '../train/recipe.ts'
import {
  checkTeacher,
  type Distillation,
  defaultDistillation,
  distillationRecipe,
} from '../train/rounds.ts'
import { modelFolder } from './load.node.ts'
import { openFloats } from './open-model.ts'
import { runIn, type TrainEvent, type TrainOptions } from './train.node.ts'

/** What is as it is in `train`. */
type AsInTraining = 'out' | 'time' | 'tokens' | 'seed' | 'dtype' | 'name' | 'every' | 'signal'
type Read = 'documents' | 'field' | 'chat' | 'count'

export interface DistillOptions
  extends Partial<Distillation>,
    Pick<TrainOptions, AsInTraining | Read | 'device' | 'threads'> {
  /** texts like those that the model has learnt, which it is shown with parts of them hidden; a model of tales is told
   * tales when absent */
  data?: TrainOptions['data']
  /** parts of the recipe to change */
  config?: Partial<Pick<Recipe, 'rate' | 'batchTokens'>>
}

/** Trains a student that writes in `steps` / `together`^`rounds` steps what the model writes in `steps`, or goes on with that. It
 * begins with the model's weights, and its folder is a run like any other. Temperature and top-p are those by which the
 * model writes unless told.
 * @throws UnfogError `unsupported` for a model that has no steps to save; as `train` */
export async function* distill(
  nameOrFolder: string,
  options: DistillOptions,
): AsyncGenerator<TrainEvent, void, undefined> {
  const { out, device, threads, signal, every, config = {} } = options
  const chosen = await deviceOf(device, { threads })
  const start = await openFloats(folderStore(modelFolder(nameOrFolder)), chosen)
  checkTeacher(start.config)
  const { time, tokens, seed, dtype, name } = options
  const { documents, field, chat, count, data = textsOf(start.config, nameOrFolder) } = options
  const { noise, architecture, sampling = {} } = start.config
  const { steps, together, rounds, temperature, topP } = defaultDistillation
  const distillation: Distillation = {
    steps: options.steps ?? steps,
    together: options.together ?? together,
    rounds: options.rounds ?? rounds,
    temperature: options.temperature ?? sampling.temperature ?? temperature,
    topP: options.topP ?? sampling.topP ?? topP,
  }
  const asked = { time, tokens, seed, dtype, name, from: nameOrFolder, distillation }
  const same = {
    noise: noise.process,
    schedule: noise.schedule,
    block: architecture.blocks?.length,
  }
  yield* runIn(
    out,
    { data, documents, field, chat, count },
    {
      device: chosen,
      options: { ...asked, ...same, recipe: { ...distillationRecipe, ...config } },
      start,
      signal,
      every,
    },
  )
}

/** @throws UnfogError `usage` for a model of other texts than tales */
function textsOf({ text: { world } }: ModelConfig, name: string): string {
  if (world) return `tales:${world}`
  throw new UnfogError(
    'usage',
    `${name} needs texts to learn on, like those it was trained on: name them with --data`,
    { param: 'data' },
  )
}
