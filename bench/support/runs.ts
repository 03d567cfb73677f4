// Whole training runs in memory, for benchmarks that compare recipes: what data there are, and how a run ends on them.

import { UnfogError } from '../../src/error/index.ts'
import { parameterCount } from '../../src/nn/index.ts'
import { cpu } from '../../src/runtime/cpu.node.ts'
import { memoryStore } from '../../src/store/index.ts'
import { openCorpusPath } from '../../src/text/corpus.node.ts'
import { corpusData, type TrainingData, taleData } from '../../src/train/data.ts'
import type { RunOptions } from '../../src/train/plan.ts'
import { run } from '../../src/train/run.ts'

/** What recipes are compared on. `figure`: what of the held-out loss stands in tables. */
export const tasks = {
  shakespeare: {
    about: 'nats/char on the last tenth of Tiny Shakespeare',
    figure: 'natsPerChar',
    open: async (path: string): Promise<TrainingData> => corpusData(await openCorpusPath(path)),
  },
  tales: {
    about: 'nats per tale of the small world',
    figure: 'natsPerText',
    open: async (): Promise<TrainingData> => taleData('small', 20_000),
  },
} as const

export type TaskName = keyof typeof tasks

export interface Ended {
  /** held-out loss as the task has it: exact, or a bound */
  nats: number
  parameters: number
  tokens: number
  seconds: number
}

/** One run to its end. One that diverges for good costs infinitely many nats. */
export async function ended(
  task: TaskName,
  data: TrainingData,
  options: RunOptions,
): Promise<Ended> {
  const how = { data, out: memoryStore(), device: cpu(), options, every: { checkpoint: 1e9 } }
  let result: Ended = { nats: Number.POSITIVE_INFINITY, parameters: 0, tokens: 0, seconds: 0 }
  try {
    for await (const event of run(how)) {
      if (event.type === 'plan') result.parameters = parameterCount(event.plan.config.architecture)
      if (event.type !== 'done') continue
      const { heldOut, tokens, seconds } = event
      result = { ...result, nats: heldOut[tasks[task].figure], tokens, seconds }
    }
  } catch (error) {
    if (!(error instanceof UnfogError && error.code === 'diverged')) throw error
  }
  return result
}

export const mean = (list: readonly number[]): number =>
  list.reduce((a, b) => a + b, 0) / list.length

/** 'mean (lowest–highest)' */
export const spreadOf = (list: readonly number[], digits = 3): string =>
  `${mean(list).toFixed(digits)} (${Math.min(...list).toFixed(digits)}–${Math.max(...list).toFixed(digits)})`

/** Names with commas between, each a row of a table; all of them when none is named. */
export function chosen<T extends string>(
  names: string | undefined,
  table: Readonly<Record<T, unknown>>,
  flag: string,
): T[] {
  const all = Object.keys(table) as T[]
  const asked = names?.split(',').map((name) => name.trim()) ?? all
  const unknown = asked.find((name) => !Object.hasOwn(table, name))
  if (unknown !== undefined) refuse(`${flag} ${unknown} is none of ${all.join(', ')}`)
  return asked as T[]
}

/** Ends with a sentence and status 2, as a command does. */
export function refuse(sentence: string): never {
  console.error(`unfog: ${sentence}`)
  process.exit(2)
}
