// A run from its first step to a saved model: steps, reports, checkpoints. An async generator of events; whoever
// iterates shows them, and may stop it by its signal, which leaves everything saved.
import type { ModelConfig } from '../model/config.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { systemClock } from '../store/index.ts'
import { type Tokenizer, unigramNats } from '../text/index.ts'
import { type Best, here, type Progress, saveCheckpoint } from './checkpoint.ts'
import { watcher } from './concerns.ts'
import { calm, divergence, watchLoss } from './divergence.ts'
import { type HeldOutLoss, heldOutQuestion } from './evaluate.ts'
import { openEventFile } from './event-file.ts'
import { appendMetric, cutMetrics, type Metric, type Recovery } from './metrics.ts'
import { open, type RunSource } from './open.ts'
import { configOf, folderOf, type Phase } from './phases.ts'
import type { RunOptions, RunPlan } from './plan.ts'
import { goneBack, slowed } from './recovery.ts'
import { metersOf, round, sums } from './report.ts'
import { saveModel } from './save-model.ts'

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
  /** it diverged, has gone back and learns more slowly from here on */
  | ({ type: 'recovery' } & Recovery)
  | { type: 'saved'; tokens: number }
  | ({ type: 'done' } & Ending)

export interface Ending {
  /** of the weights that were kept */
  heldOut: HeldOutLoss
  /** whose weights were kept: the last ones, or better ones before */
  kept: { step: number; tokens: number }
  /** of text in the whole run */
  tokens: number
  seconds: number
  aborted: boolean
  /** why it ended before its budget was spent, in a sentence */
  early?: string
}

export interface RunSettings extends RunSource {
  signal?: AbortSignal
  /** seconds between reports, checkpoints */
  every?: { report?: number; checkpoint?: number }
}

/** held-out measurements in a run */
const measurements = 20
/** of them, those after which something is written */
const samples = 5

export async function* run(settings: RunSettings): AsyncGenerator<TrainEvent, void, undefined> {
  const { out, data, device, clock = systemClock, signal } = settings
  const { report: reportEvery = 5, checkpoint: checkpointEvery = 60 } = settings.every ?? {}
  const { plan, prepared, trainer, reasons, resumed, ...opened } = await open(settings)
  yield { type: 'plan', plan, reasons, resumed }
  const { tokenizer } = prepared
  const events = await openEventFile(out, clock)
  const meters = metersOf({ plan, prepared })
  const model = { plan, prepared, trainer, data }
  const tensors = trainer.average.tensors
  const networkOf = (phase: Phase) =>
    openNetwork(device, configOf(plan.config, phase), tokenizer, tensors, { fixed: false })
  const question = plan.config.text.template && heldOutQuestion(prepared.dataset)
  const unigram = unigramNats(prepared.sources)
  const ignorance = { unigram, uniform: Math.log(plan.config.architecture.vocabSize) }
  let concernsOf = watcher(unigram)
  // what a student is for, writing in few steps, held-out text does not tell: it costs more, the surer a student gets
  const judged = ({ teaching }: Phase) => teaching === undefined
  const measured = (tokens: number) => Math.floor((tokens * measurements) / plan.budget)
  const enough = ({ tokens, best }: Progress): string | undefined => {
    // what a warm start reaches is another loss than the run's
    if (trainer.phaseAt(tokens) !== trainer.phases.at(-1)) return undefined
    const since = measured(tokens) - measured(best.tokens)
    return earlyEnd(best, since, plan.options)
  }

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
    const over = () => progress.tokens >= plan.budget || enough(progress) || signal?.aborted
    while (!over() || trainer.goesOn(progress.step)) {
      const before = measured(progress.tokens)
      const result = await trainer.step(progress.step, progress.tokens, slowed(progress))
      const tokens = progress.tokens + result.tokens
      // what is learnt beside it costs something else
      const watched = result.finite && result.lesson === result.phase
      const watch = watched ? watchLoss(progress.watch, result.loss, ignorance) : progress.watch
      progress = { ...progress, step: progress.step + 1, tokens, watch }
      const why = divergence({ ...result, step: progress.step }, watch)
      if (why) {
        progress = goneBack(progress, why, plan.recipe.rate)
        trainer.goBack()
        // the checkpoint first: an older one remembers more reports than are left
        await save()
        await cutMetrics(out, progress.metrics)
        await events.rewrite()
        yield { type: 'recovery', ...(progress.recoveries.at(-1) as Recovery) }
        concernsOf = watcher(unigram)
        since = sums(seconds(), progress)
        continue
      }
      since.add(result)
      const due = measured(tokens) > before
      if (due || seconds() - since.seconds >= reportEvery) {
        const metric = {
          ...since.metric(seconds(), progress),
          ...(due ? await meters(network) : {}),
        }
        const metrics = progress.metrics + (await appendMetric(out, metric))
        await events.append(metric)
        progress = { ...progress, metrics }
        const { heldOut, heldOutPerChar } = metric
        const least = progress.best.heldOut ?? ignorance.uniform
        if (judged(phase) && heldOut !== undefined && heldOut < least) {
          trainer.keepBest()
          progress = { ...progress, best: { ...here(progress), heldOut, heldOutPerChar } }
        }
        const secondsLeft = ((plan.budget - tokens) * seconds()) / tokens
        yield { type: 'report', budget: plan.budget, secondsLeft, ...metric }
        const concerns = judged(phase) ? concernsOf(metric, tokens / plan.budget) : []
        for (const text of concerns) yield { type: 'concern', text }
        if (due && measured(tokens) % (measurements / samples) === 0) {
          const config = configOf(plan.config, phase)
          yield { type: 'sample', network, config, tokenizer, tokens, before: question }
        }
        since = sums(seconds(), progress, metric)
      }
      const next = trainer.phaseAt(tokens)
      if (next !== phase) {
        // before a checkpoint can say that the phase is over
        progress = { ...progress, seconds: seconds() }
        // a model of its own: the others are the one that is being made
        if (phase.causal || phase.teaching)
          await saveModel(out, { ...model, phase, progress, prefix: folderOf(phase) })
        trainer.keepBest()
        progress = { ...progress, best: here(progress), watch: calm(progress.watch) }
        await network.dispose()
        phase = next
        network = networkOf(phase)
        yield { type: 'phase', phase: phase.name }
      }
      if (seconds() - saved >= checkpointEvery && !trainer.goesOn(progress.step)) {
        await save()
        yield { type: 'saved', tokens }
      }
    }
    await save()
    const { tokens, best } = progress
    let heldOut = await meters.heldOut(network)
    let kept = here(progress)
    if ((best.heldOut ?? Infinity) < round(heldOut.natsPerToken, 5)) {
      trainer.takeBest()
      heldOut = await meters.heldOut(network)
      kept = here(best)
    }
    await saveModel(out, { ...model, phase, progress, heldOut, kept })
    yield { type: 'saved', tokens }
    const early = tokens < plan.budget ? enough(progress) : undefined
    yield {
      type: 'done',
      heldOut,
      kept: { step: kept.step, tokens: kept.tokens },
      tokens,
      seconds: seconds(),
      aborted: tokens < plan.budget && !early,
      ...(early ? { early } : {}),
    }
  } finally {
    await network.dispose()
    await trainer.dispose()
  }
}

/** Why a run may end before its budget is spent, in a sentence.
 * @param since measurements since the best one */
function earlyEnd(
  { heldOut, heldOutPerChar, tokens }: Best,
  since: number,
  { until, patience }: RunOptions,
): string | undefined {
  if (heldOut === undefined || heldOutPerChar === undefined) return undefined
  if (until !== undefined && heldOutPerChar <= until)
    return `held-out text costs ${heldOutPerChar} nats/char, no more than the ${until} asked for`
  if (patience !== undefined && since >= patience)
    return `of ${since} measurements in a row none was better than that at ${tokens} tokens`
  return undefined
}
