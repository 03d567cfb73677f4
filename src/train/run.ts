// A run from its first step to a saved model: plan, steps, reports, checkpoints, resume. An async generator of events;
// whoever iterates shows them, and may stop it by its signal, which leaves everything saved.
import { UnfogError } from '../error/index.ts'
import { modelCard } from '../model/card.ts'
import type { ModelConfig } from '../model/config.ts'
import { writeModelFolder } from '../model/folder.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { parameterCount, parameterShapes } from '../nn/index.ts'
import type { Device } from '../runtime/index.ts'
import { type Clock, readText, type Store, systemClock } from '../store/index.ts'
import { loadTokenizer, type Tokenizer } from '../text/index.ts'
import { answerMeter } from './answers.ts'
import { checkpointProgress, loadCheckpoint, type Progress, saveCheckpoint } from './checkpoint.ts'
import { type Prepared, prepare, type TrainingData } from './data.ts'
import { design, type Start } from './design.ts'
import { type HeldOutLoss, heldOutMeter } from './evaluate.ts'
import { appendMetric, cutMetrics, type Metric } from './metrics.ts'
import { checkSame, extended, type RunOptions, type RunPlan, readPlan, writePlan } from './plan.ts'
import { type Phase, phasesOf, Trainer } from './trainer.ts'

export type TrainEvent =
  /** what was chosen and why, before the first step */
  | { type: 'plan'; plan: RunPlan; reasons: string[]; resumed: boolean }
  | { type: 'phase'; phase: string }
  | ({ type: 'report'; budget: number; secondsLeft: number } & Metric)
  /** time to write something: the network as it is now, with averaged weights */
  | { type: 'sample'; network: Network; config: ModelConfig; tokenizer: Tokenizer; tokens: number }
  | { type: 'saved'; tokens: number }
  | { type: 'done'; heldOut: HeldOutLoss; tokens: number; seconds: number; aborted: boolean }

export interface RunSettings {
  data: TrainingData
  out: Store
  device: Device
  options?: RunOptions
  /** the model to start from, if any */
  start?: Start
  clock?: Clock
  signal?: AbortSignal
  /** seconds between reports, checkpoints */
  every?: { report?: number; checkpoint?: number }
}

/** share of the time that measuring, sampling and saving may take */
const overhead = 0.06
/** held-out measurements in a run */
const measurements = 20
/** of them, those after which something is written */
const samples = 5
const warmStartFolder = 'warm-start'

export async function* run(settings: RunSettings): AsyncGenerator<TrainEvent, void, undefined> {
  const { out, data, clock = systemClock, signal } = settings
  const existing = await readPlan(out)
  const opened = existing ? await reopen(settings, existing) : await begin(settings)
  const { trainer, prepared, reasons } = opened
  let { plan, progress } = opened
  yield { type: 'plan', plan, reasons, resumed: existing !== undefined }
  const { tokenizer, dataset } = prepared
  const meter = heldOutMeter(plan.config, tokenizer, dataset, {
    // a measurement costs a third of learning from as many tokens: all of them together 3 % of the run
    tokens: Math.min(16_384, Math.max(1024, plan.budget / 200)),
    seed: plan.recipe.seed,
  })
  const answers =
    plan.config.text.world &&
    answerMeter(plan.config.text.world, tokenizer, { tales: 64, seed: 2 ** 45 })
  const { report: reportEvery = 5, checkpoint: checkpointEvery = 60 } = settings.every ?? {}

  const began = clock.now() - progress.seconds * 1000
  const seconds = () => (clock.now() - began) / 1000
  const save = async () => {
    progress.seconds = seconds()
    await saveCheckpoint(out, trainer.buffers, progress)
  }
  const networkOf = (phase: Phase): Network =>
    openNetwork(settings.device, configOf(plan.config, phase), tokenizer, trainer.average.tensors, {
      fixed: false,
    })

  let phase = trainer.phaseAt(progress.tokens)
  let network = networkOf(phase)
  let window = fresh(seconds(), progress)
  let reported = seconds()
  let saved = seconds()
  const measureAt = (tokens: number) => Math.floor((tokens * measurements) / plan.budget)
  try {
    yield { type: 'phase', phase: phase.name }
    while (progress.tokens < plan.budget && !signal?.aborted) {
      const current = trainer.phaseAt(progress.tokens)
      if (current !== phase) {
        await saveModel(out, {
          plan,
          prepared,
          trainer,
          phase,
          progress,
          prefix: warmStartFolder,
          data,
        })
        await network.dispose()
        phase = current
        network = networkOf(phase)
        yield { type: 'phase', phase: phase.name }
      }
      const measured = measureAt(progress.tokens)
      const { loss, gradient, rate, tokens } = await trainer.step(progress.step, progress.tokens)
      progress = { ...progress, step: progress.step + 1, tokens: progress.tokens + tokens }
      window.loss += loss
      window.gradient += gradient
      window.steps++
      const due = measureAt(progress.tokens) > measured
      if (due || seconds() - reported >= reportEvery) {
        const held = due ? await meter(network) : undefined
        const metric: Metric = {
          step: progress.step,
          tokens: progress.tokens,
          seconds: round(seconds(), 3),
          loss: round(window.loss / window.steps, 5),
          rate: round(rate, 8),
          gradient: round(window.gradient / window.steps, 4),
          tokensPerSecond: Math.round(
            (progress.tokens - window.tokens) / (seconds() - window.seconds),
          ),
          phase: phase.name,
          ...(held
            ? { heldOut: round(held.natsPerToken, 5), heldOutPerChar: round(held.natsPerChar, 5) }
            : {}),
          ...(due && answers ? { answers: await answers(network) } : {}),
        }
        progress.metrics += await appendMetric(out, metric)
        const left = ((plan.budget - progress.tokens) * seconds()) / Math.max(1, progress.tokens)
        yield { type: 'report', budget: plan.budget, secondsLeft: left, ...metric }
        if (due && measureAt(progress.tokens) % (measurements / samples) === 0)
          yield {
            type: 'sample',
            network,
            config: configOf(plan.config, phase),
            tokenizer,
            tokens: progress.tokens,
          }
        window = fresh(seconds(), progress)
        reported = seconds()
      }
      if (seconds() - saved >= checkpointEvery) {
        await save()
        saved = seconds()
        yield { type: 'saved', tokens: progress.tokens }
      }
    }
    await save()
    const heldOut = await meter(network)
    await saveModel(out, { plan, prepared, trainer, phase, progress, heldOut, data })
    yield { type: 'saved', tokens: progress.tokens }
    yield {
      type: 'done',
      heldOut,
      tokens: progress.tokens,
      seconds: seconds(),
      aborted: progress.tokens < plan.budget,
    }
  } finally {
    await network.dispose()
    await trainer.dispose()
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const fresh = (seconds: number, { tokens }: Progress) => ({
  loss: 0,
  gradient: 0,
  steps: 0,
  seconds,
  tokens,
})

/** The model as it is within a phase. */
const configOf = (config: ModelConfig, { causal }: Phase): ModelConfig =>
  causal
    ? {
        ...config,
        architecture: { ...config.architecture, attention: 'causal' },
        noise: { ...config.noise, process: 'autoregressive' },
      }
    : config

interface Opened {
  plan: RunPlan
  prepared: Prepared
  trainer: Trainer
  progress: Progress
  reasons: string[]
}

async function begin({
  data,
  out,
  device,
  options = {},
  start,
  clock = systemClock,
}: RunSettings): Promise<Opened> {
  const began = clock.now()
  const designed = await design(data, options, { device, clock, start })
  const { config, recipe, tokenizer, dataset, reasons } = designed
  const setup = { device, config, tokenizer, dataset, recipe }
  const phases = (tokens: number) => phasesOf(config, recipe, tokens, start === undefined)
  let budget = designed.tokens
  let tokensPerSecond: number | undefined
  if (budget === undefined) {
    tokensPerSecond = await measureSpeed(
      new Trainer({ ...setup, budget: 1, phases: phases(1e9) }),
      clock,
    )
    const time = designed.time - (clock.now() - began) / 1000
    budget = Math.max(recipe.batchTokens, Math.round(time * (1 - overhead) * tokensPerSecond))
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
    before: tokensSeen(start?.config),
    tokensPerSecond,
  }
  await out.write(
    'tokenizer.json',
    new TextEncoder().encode(`${JSON.stringify(tokenizer.toJSON())}\n`),
  )
  await writePlan(out, plan)
  const trainer = new Trainer({ ...setup, budget, phases: plan.phases })
  trainer.begin(start?.weights)
  await cutMetrics(out, 0)
  return {
    plan,
    prepared: designed,
    trainer,
    progress: { step: 0, tokens: 0, seconds: 0, metrics: 0 },
    reasons,
  }
}

const tokensSeen = (config?: ModelConfig): number => Number(config?.training?.tokens ?? 0)

/** Tokens per second over the phases of a run, each by its share. */
async function measureSpeed(trainer: Trainer, clock: Clock): Promise<number> {
  trainer.begin()
  let secondsPerToken = 0
  let from = 0
  for (const phase of trainer.phases) {
    for (let i = 0; i < 3; i++) await trainer.measure(i, phase)
    const start = clock.now()
    let tokens = 0
    for (let i = 0; clock.now() - start < 1000; i++) {
      tokens += await trainer.measure(i, phase)
      trainer.learn(i, 0)
    }
    const share = (phase.until - from) / trainer.phases[trainer.phases.length - 1].until
    secondsPerToken += (share * (clock.now() - start)) / 1000 / tokens
    from = phase.until
  }
  await trainer.dispose()
  return 1 / secondsPerToken
}

async function reopen(settings: RunSettings, existing: RunPlan): Promise<Opened> {
  const { data, out, device, options = {}, start } = settings
  const tokenizer = loadTokenizer(JSON.parse(await readText(out, 'tokenizer.json')))
  const { context } = existing.data
  const prepared = await prepare(data, { tokenizer, context, seed: existing.recipe.seed })
  checkSame(existing, options, { name: data.name, hash: prepared.dataset.hash }, out.name)
  const found = await checkpointProgress(out)
  const progress = found ?? { step: 0, tokens: 0, seconds: 0, metrics: 0 }
  const plan = extended(existing, options, progress.tokens)
  const { config, recipe, budget, phases } = plan
  const trainer = new Trainer({ device, config, recipe, budget, phases, ...prepared })
  if (found) await loadCheckpoint(out, trainer.buffers)
  else trainer.begin(start?.weights)
  await cutMetrics(out, progress.metrics)
  await writePlan(out, plan)
  const said = `Going on at ${progress.tokens} of ${plan.budget} tokens.`
  return { plan, prepared, trainer, progress, reasons: [said] }
}

interface Saving {
  plan: RunPlan
  prepared: Prepared
  trainer: Trainer
  phase: Phase
  progress: Progress
  data: TrainingData
  heldOut?: HeldOutLoss
  prefix?: string
}

async function saveModel(store: Store, saving: Saving): Promise<void> {
  const { plan, prepared, trainer, phase, progress, heldOut, prefix, data } = saving
  const { tokenizer, dataset } = prepared
  const shapes = parameterShapes(plan.config.architecture)
  const config: ModelConfig = {
    ...configOf(plan.config, phase),
    training: {
      ...plan.recipe,
      data: plan.data.name,
      tokens: plan.before + progress.tokens,
      seconds: Math.round(progress.seconds),
      ...(heldOut ? { heldOut } : {}),
    },
  }
  const figures = heldOut
    ? [
        {
          what: `held-out text, ${heldOut.exact ? 'exact' : 'upper bound'}`,
          value: `${heldOut.exact ? '' : '≤ '}${heldOut.natsPerChar.toFixed(3)} nats/char, ${heldOut.natsPerToken.toFixed(3)} nats/token`,
        },
      ]
    : []
  const { train } = dataset
  await writeModelFolder(store, {
    config,
    tokenizer: tokenizer.toJSON(),
    tensors: Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      data: trainer.average.tensors[name].data,
    })),
    card: modelCard(config, {
      data: `${data.name}: ${train.documents} documents, ${train.tokens} tokens, ${train.characters} characters.`,
      parameters: parameterCount(config.architecture),
      figures,
      model: store.name,
    }),
    prefix,
  })
}

/** What a run's folder says when somebody else is training there. */
export const busy = (name: string, who: string): UnfogError =>
  new UnfogError('busy', `${name} is being trained by ${who}: wait, or use another --out`, {
    param: 'out',
  })
