// What a run's folder tells of it, finished, stopped or still going: its plan, its reports, how far it is.
import { parameterCount } from '../nn/index.ts'
import type { Store } from '../store/index.ts'
import { type Metric, readMetrics } from './metrics.ts'
import { readPlan } from './plan.ts'
import { readSamples, type Sample } from './samples.ts'

export interface RunHistory {
  /** its folder */
  name: string
  data: string
  parameters: number
  /** 'masked', 'autoregressive' */
  noise: string
  /** tokens of the whole run */
  budget: number
  /** in order; the last one says how far it is */
  metrics: Metric[]
  /** what it wrote from time to time */
  samples: Sample[]
  /** its last held-out loss: exact for an autoregressive phase, else a bound */
  heldOut?: { natsPerToken: number; natsPerChar: number; exact: boolean }
}

/** @returns undefined when the folder holds no run
 * @throws UnfogError `bad_run` when it is damaged */
export async function readHistory(store: Store): Promise<RunHistory | undefined> {
  const plan = await readPlan(store)
  if (!plan) return undefined
  const metrics = await readMetrics(store)
  const last = metrics.findLast(({ heldOut }) => heldOut !== undefined)
  return {
    name: store.name,
    data: plan.data.name,
    parameters: parameterCount(plan.config.architecture),
    noise: plan.config.noise.process,
    budget: plan.budget,
    metrics,
    samples: await readSamples(store, metrics.at(-1)?.tokens ?? 0),
    ...(last
      ? {
          heldOut: {
            natsPerToken: last.heldOut as number,
            natsPerChar: last.heldOutPerChar as number,
            exact: plan.phases.find(({ name }) => name === last.phase)?.causal ?? false,
          },
        }
      : {}),
  }
}
