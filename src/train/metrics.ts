// metrics.jsonl: a line per report, appended. A checkpoint remembers how long the file was; what a killed run wrote
// after it is cut off when it goes on, so that no step is told twice.
import { UnfogError } from '../error/index.ts'
import { readText, type Store } from '../store/index.ts'

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
  /** nats a token of reading from left to right, where that is learnt too: a mean since the last report */
  reading?: number
  rate: number
  /** gradient norm, a mean since the last report */
  gradient: number
  tokensPerSecond: number
  phase: string
  /** nats per token and per character on held-out text, when it was measured */
  heldOut?: number
  heldOutPerChar?: number
  /** nats per masked token on held-out text, by the share of a text that is masked: ten equal parts of (0, 1] */
  byMasked?: (number | null)[]
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

/** The reports so far. A line that is still being written is left out.
 * @throws UnfogError `bad_run` when a line is damaged */
export async function readMetrics(store: Store): Promise<Metric[]> {
  if (!(await store.stat(metricsFile))) return []
  const lines = (await readText(store, metricsFile)).split('\n')
  lines.pop()
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as Metric
    } catch (cause) {
      throw new UnfogError(
        'bad_run',
        `${store.name}/${metricsFile} has no report in line ${i + 1}: remove that line`,
        { param: store.name, cause },
      )
    }
  })
}
