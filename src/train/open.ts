// How a run begins, or goes on: its data, its plan, and a trainer in the state it stopped in.
import type { ModelConfig } from '../model/config.ts'
import { readModelFolder } from '../model/folder.ts'
import { modelShapes } from '../model/shapes.ts'
import type { Device } from '../runtime/index.ts'
import { type Clock, readText, type Store, systemClock } from '../store/index.ts'
import { loadTokenizer } from '../text/index.ts'
import { checkOptions } from './check-options.ts'
import { beginning, checkpointProgress, loadCheckpoint, type Progress } from './checkpoint.ts'
import { type Prepared, prepare, type TrainingData } from './data.ts'
import { design, type Start } from './design.ts'
import { grownStart } from './grown.ts'
import { cutMetrics } from './metrics.ts'
import { folderOf, type Phase, phasesOf } from './phases.ts'
import {
  checkSame,
  extended,
  type RunOptions,
  type RunPlan,
  readPlan,
  tokensIn,
  writePlan,
} from './plan.ts'
import { stageAt, stagesOf } from './ramps.ts'
import { checkSameTeacher, describeRounds, roundsOf } from './rounds.ts'
import { type Setup, Trainer } from './trainer.ts'

export interface RunSource {
  data: TrainingData
  out: Store
  device: Device
  options?: RunOptions
  /** the model to start from, if any */
  start?: Start
  clock?: Clock
}

export interface Opened {
  plan: RunPlan
  prepared: Prepared
  trainer: Trainer
  progress: Progress
  /** sentences: what was chosen and why */
  reasons: string[]
  resumed: boolean
}

/** @throws UnfogError `usage` for a wrong option, `bad_run` when a run that is there is another one */
export async function open(source: RunSource): Promise<Opened> {
  checkOptions(source.options ?? {})
  const existing = await readPlan(source.out)
  const { data, start, options = {} } = source
  const { expand, pieces } = options
  const asked = { roles: data.chat, growth: expand !== undefined, pieces }
  const ready = { ...source, start: start && grownStart(start, asked) }
  return existing ? reopen(ready, existing) : begin(ready)
}

async function begin({
  data,
  out,
  device,
  options = {},
  start,
  clock = systemClock,
}: RunSource): Promise<Opened> {
  const began = clock.now()
  const designed = await design(data, options, { device, clock, start })
  const { config, recipe, tokenizer, dataset, reasons } = designed
  const { recompute } = options
  const setup = { device, config, tokenizer, dataset, recipe, recompute }
  const { distillation } = options
  if (distillation) reasons.push(describeRounds(distillation))
  const phases = (tokens: number) =>
    distillation
      ? roundsOf(distillation, tokens)
      : phasesOf(config, recipe, tokens, start === undefined)
  const stages = (tokens: number) => stagesOf(recipe, tokens)
  let budget = designed.tokens
  let tokensPerSecond: number | undefined
  if (budget === undefined) {
    tokensPerSecond = await measureSpeed(
      new Trainer({
        ...setup,
        ...{ budget: 1, phases: phases(1e9), stages: stages(1e9) },
        // a teacher that has not learnt yet takes as long
        teacherOf: async () => (start as Start).weights,
      }),
      clock,
    )
    const time = designed.time - (clock.now() - began) / 1000
    budget = Math.max(recipe.batchTokens, tokensIn(time, tokensPerSecond))
    reasons.push(
      `Measured ${Math.round(tokensPerSecond)} tokens/s: ${designed.time} s are ${(budget / 1e6).toFixed(2)}M tokens.`,
    )
  }
  const plan: RunPlan = {
    unfog: 1,
    options,
    data: { name: data.name, hash: dataset.hash, context: designed.context },
    config,
    recipe,
    budget,
    phases: phases(budget),
    stages: stages(budget),
    before: tokensSeen(start?.config),
    ...(distillation ? { teacher: start?.config.weights.fingerprint } : {}),
    tokensPerSecond,
  }
  await out.write(
    'tokenizer.json',
    new TextEncoder().encode(`${JSON.stringify(tokenizer.toJSON())}\n`),
  )
  await writePlan(out, plan)
  const teacherOf = teachers(out, plan.phases, start)
  const trainer = new Trainer({
    ...setup,
    ...{ budget, phases: plan.phases, stages: plan.stages, teacherOf },
  })
  trainer.begin(start?.weights)
  await cutMetrics(out, 0)
  return {
    plan,
    prepared: designed,
    trainer,
    progress: beginning,
    reasons,
    resumed: false,
  }
}

/** The teacher of the first round is the model that was given, that of any other the student of the round before. */
const teachers =
  (out: Store, phases: readonly Phase[], start?: Start): Setup['teacherOf'] =>
  async (phase) => {
    const before = phases[phases.findIndex(({ name }) => name === phase.name) - 1]
    if (!before) return (start as Start).weights
    const { names, tensor } = await readModelFolder(out, modelShapes, { prefix: folderOf(before) })
    const weights = new Map<string, Float32Array>()
    for (const name of names) weights.set(name, (await tensor(name)) as Float32Array)
    return weights
  }

const tokensSeen = (config?: ModelConfig): number => Number(config?.training?.tokens ?? 0)

/** Tokens per second over the phases of a run and the stages within them, each by its share. */
async function measureSpeed(trainer: Trainer, clock: Clock): Promise<number> {
  trainer.begin()
  let secondsPerToken = 0
  let from = 0
  const { phases, setup } = trainer
  const { stages = [] } = setup
  const ends = new Set([...phases, ...stages].map(({ until }) => until))
  const last = phases[phases.length - 1].until
  for (const until of [...ends].sort((a, b) => a - b)) {
    const part = [trainer.phaseAt(from), stageAt(stages, from)] as const
    for (let i = 0; i < 3; i++) await trainer.measure(i, ...part)
    const start = clock.now()
    let tokens = 0
    for (let i = 0; clock.now() - start < 1000; i++) {
      tokens += await trainer.measure(i, ...part)
      await trainer.learn(i, 0)
    }
    secondsPerToken += (((until - from) / last) * (clock.now() - start)) / 1000 / tokens
    from = until
  }
  await trainer.dispose()
  return 1 / secondsPerToken
}

async function reopen(source: RunSource, existing: RunPlan): Promise<Opened> {
  const { data, out, device, options = {}, start } = source
  const tokenizer = loadTokenizer(JSON.parse(await readText(out, 'tokenizer.json')))
  const { context } = existing.data
  const prepared = await prepare(data, { tokenizer, context, seed: existing.recipe.seed })
  checkSame(existing, options, { name: data.name, hash: prepared.dataset.hash }, out.name)
  checkSameTeacher(existing, start?.config, out.name)
  const found = await checkpointProgress(out)
  const progress = found ?? beginning
  const plan = extended(existing, options)
  const { config, recipe, budget, phases, stages } = plan
  const teacherOf = teachers(out, phases, start)
  const { recompute } = options
  const setup = { device, config, recipe, recompute, budget, phases, stages, teacherOf }
  const trainer = new Trainer({ ...setup, ...prepared })
  if (found) await loadCheckpoint(out, trainer.buffers)
  else trainer.begin(start?.weights)
  await cutMetrics(out, progress.metrics)
  await writePlan(out, plan)
  const said = `Going on at ${progress.tokens} of ${plan.budget} tokens.`
  return { plan, prepared, trainer, progress, reasons: [said], resumed: true }
}
