// The reports once more, as an event file that TensorBoard reads: `tensorboard --logdir runs`. It follows from
// metrics.jsonl, from which it is made again whenever reports were cut off, so both always tell the same.
import type { Clock, Store } from '../store/index.ts'
import { type Metric, readMetrics } from './metrics.ts'
import { scalarEvent, timeOf, versionEvent } from './tfevents.ts'

/** TensorBoard looks for `tfevents` in names. */
export const eventFile = 'events.out.tfevents.0.unfog'

/** What a report says, by the names of TensorBoard's charts. */
export function scalarsOf(metric: Metric): Record<string, number> {
  const { loss, rate, gradient, tokens, tokensPerSecond, recoveries = [] } = metric
  const { heldOut, heldOutPerChar, answers = {}, byMasked = [] } = metric
  const measured = Object.entries({
    'held out/nats per token': heldOut,
    'held out/nats per char': heldOutPerChar,
    ...Object.fromEntries(
      Object.entries(answers).map(([kind, nats]) => [`answers/${kind}`, nats] as const),
    ),
    ...Object.fromEntries(
      byMasked.map((nats, i) => [
        `held out by masked words/up to ${(100 * (i + 1)) / byMasked.length} %`,
        nats ?? undefined,
      ]),
    ),
  })
  return {
    'training/loss': loss,
    'training/learning rate': rate,
    'training/gradient norm': gradient,
    'training/tokens': tokens,
    'training/tokens per second': tokensPerSecond,
    'training/times gone back': recoveries.length,
    ...Object.fromEntries(
      measured.filter((pair): pair is [string, number] => pair[1] !== undefined),
    ),
  }
}

export interface EventFile {
  append(metric: Metric): Promise<void>
  /** Tells what metrics.jsonl tells, and nothing else. */
  rewrite(): Promise<void>
}

/** Times are those of training: seconds after the run's beginning, over all resumes. */
export async function openEventFile(store: Store, clock: Clock): Promise<EventFile> {
  const first = (await store.stat(eventFile)) ? await store.readRange(eventFile, 0, 21) : undefined
  const begin = (first && timeOf(first)) ?? clock.date() / 1000
  const event = (metric: Metric) =>
    scalarEvent(begin + metric.seconds, metric.step, scalarsOf(metric))
  const file: EventFile = {
    append: (metric) => store.append(eventFile, event(metric)),
    async rewrite() {
      const records = [versionEvent(begin), ...(await readMetrics(store)).map(event)]
      await store.write(eventFile, Uint8Array.from(records.flatMap((record) => [...record])))
    },
  }
  await file.rewrite()
  return file
}
