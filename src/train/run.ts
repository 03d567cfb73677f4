// A run from its first step to a saved model: steps, reports, checkpoints. An async generator of events; whoever
// iterates shows them, and may stop it by its signal, which leaves everything saved.
import type { ModelConfig } from '../model/config.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { systemClock } from '../store/index.ts'
import { type Tokenizer, unigramNats } from '../text/index.ts'
import { answerMeter } from './answers.ts'
import { type Progress, saveCheckpoint } from './checkpoint.ts'
import { watcher } from './concerns.ts'
import { type HeldOutLoss, heldOutMeter, heldOutQuestion } from './evaluate.ts'
import { appendMetric, type Metric } from './metrics.ts'
import { type Opened, open, type RunSource } from './open.ts'
import type { RunPlan } from './plan.ts'
import { configOf, saveModel } from './save-model.ts'
import type { Phase, StepResult } from './trainer.ts'

export type TrainEvent =
  /** what was chosen and why, before the first step */
  | { type: 'plan'; plan: RunPlan; reasons: string[]; resumed: boolean }
  | { type: 'phase'; phase: string }
  | ({ type: 'report'; budget: number; secondsLeft: number } & Metric)
  /** time to write something: the network as it is now, with averaged weights */
  | {
      type: 'sample'
      network: Network
      config: ModelConfig
      tokenizer: Tokenizer
      tokens: number
      /** ids of a held-out question, for a model that answers */
      before?: Int32Array
    }
  /** something that may be wrong, in a sentence */
  | { type: 'concern'; text: string }
  | { type: 'saved'; tokens: number }
  | { type: 'done'; heldOut: HeldOutLoss; tokens: number; seconds: number; aborted: boolean }

export interface RunSettings extends RunSource {
  signal?: AbortSignal
  /** seconds between reports, checkpoints */
  every?: { report?: number; checkpoint?: number }
}

/** held-out measurements in a run */
const measurements = 20
/** of them, those after which something is written */
const samples = 5
const warmStartFolder = 'warm-start'

export async function* run(settings: RunSettings): AsyncGenerator<TrainEvent, void, undefined> {
  const { out, data, device, clock = systemClock, signal } = settings
  const { report: reportEvery = 5, checkpoint: checkpointEvery = 60 } = settings.every ?? {}
  const { plan, prepared, trainer, reasons, resumed, ...opened } = await open(settings)
  yield { type: 'plan', plan, reasons, resumed }
  const { tokenizer } = prepared
  const meters = metersOf({ plan, prepared })
  const model = { plan, prepared, trainer, data }
  const tensors = trainer.average.tensors
  const networkOf = (phase: Phase) =>
    openNetwork(device, configOf(plan.config, phase), tokenizer, tensors, { fixed: false })
  const question = plan.config.text.template && heldOutQuestion(prepared.dataset)
  const concernsOf = watcher(unigramNats(prepared.sources))
  const { until = 0 } = plan.options
  let reached = false
  const measured = (tokens: number) => Math.floor((tokens * measurements) / plan.budget)

  let { progress } = opened
  let phase = trainer.phaseAt(progress.tokens)
  let network = networkOf(phase)
  const began = clock.now() - progress.seconds * 1000
  const seconds = () => (clock.now() - began) / 1000
  let since = sums(seconds(), progress)
  let saved = seconds()
  const save = async () => {
    progress = { ...progress, seconds: seconds() }
    await saveCheckpoint(out, trainer.buffers, progress)
    saved = progress.seconds
  }
  try {
    yield { type: 'phase', phase: phase.name }
    while (progress.tokens < plan.budget && !reached && !signal?.aborted) {
      const before = measured(progress.tokens)
      const result = await trainer.step(progress.step, progress.tokens)
      const tokens = progress.tokens + result.tokens
      progress = { ...progress, step: progress.step + 1, tokens }
      since.add(result)
      const due = measured(tokens) > before
      if (due || seconds() - since.seconds >= reportEvery) {
        const metric = {
          ...since.metric(seconds(), progress),
          ...(due ? await meters(network) : {}),
        }
        progress = { ...progress, metrics: progress.metrics + (await appendMetric(out, metric)) }
        const secondsLeft = ((plan.budget - tokens) * seconds()) / tokens
        yield { type: 'report', budget: plan.budget, secondsLeft, ...metric }
        for (const text of concernsOf(metric, tokens / plan.budget)) yield { type: 'concern', text }
        // what a warm start reaches is another loss than the run's
        const last = phase === trainer.phases.at(-1)
        reached = last && metric.heldOutPerChar !== undefined && metric.heldOutPerChar <= until
        if (due && measured(tokens) % (measurements / samples) === 0) {
          const config = configOf(plan.config, phase)
          yield { type: 'sample', network, config, tokenizer, tokens, before: question }
        }
        since = sums(seconds(), progress)
      }
      const next = trainer.phaseAt(tokens)
      if (next !== phase) {
        // before a checkpoint can say that the phase is over
        progress = { ...progress, seconds: seconds() }
        await saveModel(out, { ...model, phase, progress, prefix: warmStartFolder })
        await network.dispose()
        phase = next
        network = networkOf(phase)
        yield { type: 'phase', phase: phase.name }
      }
      if (seconds() - saved >= checkpointEvery) {
        await save()
        yield { type: 'saved', tokens }
      }
    }
    await save()
    const heldOut = await meters.heldOut(network)
    await saveModel(out, { ...model, phase, progress, heldOut })
    const { tokens } = progress
    yield { type: 'saved', tokens }
    yield {
      type: 'done',
      heldOut,
      tokens,
      seconds: seconds(),
      aborted: tokens < plan.budget && !reached,
    }
  } finally {
    await network.dispose()
    await trainer.dispose()
  }
}

/** What is measured on text that is not learnt from, always the same. */
function metersOf({ plan, prepared }: Pick<Opened, 'plan' | 'prepared'>) {
  const { config, recipe, budget } = plan
  const { tokenizer, dataset } = prepared
  // a measurement costs a third of learning from as many tokens: all of them together 3 % of the run
  const tokens = Math.min(16_384, Math.max(1024, budget / 200))
  const heldOut = heldOutMeter(config, tokenizer, dataset, { tokens, seed: recipe.seed })
  const { world } = config.text
  const answers = world && answerMeter(world, tokenizer, { tales: 64, seed: 2 ** 45 })
  const all = async (network: Network): Promise<Partial<Metric>> => {
    const { natsPerToken, natsPerChar } = await heldOut(network)
    return {
      heldOut: round(natsPerToken, 5),
      heldOutPerChar: round(natsPerChar, 5),
      ...(answers ? { answers: await answers(network) } : {}),
    }
  }
  return Object.assign(all, { heldOut })
}

/** What happens between two reports. */
function sums(start: number, progress: Progress) {
  let loss = 0
  let gradient = 0
  let steps = 0
  let last: StepResult
  return {
    seconds: start,
    add(result: StepResult) {
      loss += result.loss
      gradient += result.gradient
      steps++
      last = result
    },
    metric: (seconds: number, { step, tokens }: Progress): Metric => ({
      step,
      tokens,
      seconds: round(seconds, 3),
      loss: round(loss / steps, 5),
      rate: round(last.rate, 8),
      gradient: round(gradient / steps, 4),
      tokensPerSecond: Math.round((tokens - progress.tokens) / (seconds - start)),
      phase: last.phase.name,
    }),
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
