// metrics.jsonl: a line per report, appended. A checkpoint remembers how long the file was; what a killed run wrote
// after it is cut off when it goes on, so that no step is told twice.
import type { Store } from '../store/index.ts'

export const metricsFile = 'metrics.jsonl'

/** A run that diverged has gone back. */
export interface Recovery {
  /** what went wrong, and what is done, in a sentence */
  text: string
  /** the step that went wrong, and the step gone back to */
  failed: number
  step: number
  /** the highest learning rate from here on */
  rate: number
}

export interface Metric {
  step: number
  /** of training text */
  tokens: number
  /** of training, over all resumes */
  seconds: number
  /** what is minimised, per token: a mean since the last report */
  loss: number
  rate: number
  /** gradient norm, a mean since the last report */
  gradient: number
  tokensPerSecond: number
  phase: string
  /** nats per token and per character on held-out text, when it was measured */
  heldOut?: number
  heldOutPerChar?: number
  /** nats at the words that a tale's facts fix, by kind */
  answers?: Record<string, number>
  /** every time the run went back so far, when it did */
  recoveries?: readonly Recovery[]
}

export async function appendMetric(store: Store, metric: Metric): Promise<number> {
  const line = new TextEncoder().encode(`${JSON.stringify(metric)}\n`)
  await store.append(metricsFile, line)
  return line.length
}

export async function cutMetrics(store: Store, size: number): Promise<void> {
  const info = await store.stat(metricsFile)
  if (info && info.size > size) await store.truncate(metricsFile, size)
}
