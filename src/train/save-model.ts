// A run's network as a model folder: averaged weights, config, tokenizer, card.
import { type Figure, modelCard } from '../model/card.ts'
import type { ModelConfig } from '../model/config.ts'
import { writeModelFolder } from '../model/folder.ts'
import { modelShapes } from '../model/shapes.ts'
import { parameterCount } from '../nn/index.ts'
import type { Store } from '../store/index.ts'
import { turnsOf } from '../text/index.ts'
import { type Best, here, type Progress } from './checkpoint.ts'
import type { Prepared, TrainingData } from './data.ts'
import { type HeldOutLoss, heldOutQuestion } from './evaluate.ts'
import { configOf, type Phase } from './phases.ts'
import type { RunPlan } from './plan.ts'
import { describeStudent } from './rounds.ts'
import type { Trainer } from './trainer.ts'

export interface Saving {
  plan: RunPlan
  prepared: Prepared
  trainer: Trainer
  phase: Phase
  progress: Progress
  data: TrainingData
  heldOut?: HeldOutLoss
  /** of which step the averaged weights are; the last when absent */
  kept?: Best
  prefix?: string
}

export async function saveModel(store: Store, saving: Saving): Promise<void> {
  const { plan, prepared, trainer, phase, progress, heldOut, prefix, data } = saving
  const { kept = here(progress) } = saving
  const { distillation, from } = plan.options
  const { tokenizer, dataset } = prepared
  const config: ModelConfig = {
    ...configOf(plan.config, phase),
    training: {
      ...plan.recipe,
      ...(distillation ? { distilled: { from, ...distillation } } : {}),
      data: plan.data.name,
      tokens: plan.before + kept.tokens,
      seconds: Math.round(progress.seconds),
      // by share of masked words it is a curve of the run, not a figure of the model
      ...(heldOut ? { heldOut: { ...heldOut, byMasked: undefined } } : {}),
    },
  }
  const shapes = modelShapes(config)
  const { train } = dataset
  const question = config.text.template && heldOutQuestion(dataset)
  await writeModelFolder(store, {
    config,
    tokenizer: tokenizer.toJSON(),
    tensors: Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      data: trainer.average.tensors[name].data,
    })),
    card: modelCard(config, {
      data: [
        `${data.name}: ${train.documents} documents, ${train.tokens} tokens, ${train.characters} characters.`,
        ...(distillation ? [describeStudent(distillation, from)] : []),
      ].join(' '),
      parameters: parameterCount(config.architecture),
      figures: figuresOf(saving),
      model: store.name,
      ...(question ? { prompt: turnsOf(tokenizer, question).at(-1)?.content } : {}),
    }),
    prefix,
  })
}

function figuresOf({ heldOut, kept, progress }: Saving): Figure[] {
  if (!heldOut) return []
  const { exact, natsPerChar, natsPerToken } = heldOut
  const loss = {
    what: `held-out text, ${exact ? 'exact' : 'upper bound'}`,
    value: `${exact ? '' : '≤ '}${natsPerChar.toFixed(3)} nats/char, ${natsPerToken.toFixed(3)} nats/token`,
  }
  if (!kept || kept.step === progress.step) return [loss]
  const value = `${kept.step} of ${progress.step}, the best on held-out text`
  return [loss, { what: 'step whose weights these are', value }]
}
