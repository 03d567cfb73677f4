// What a report says: what happened since the last one, and what is measured on text that is not learnt from.
import type { Network } from '../model/network.ts'
import { noiseOf } from '../noise/index.ts'
import { answerMeter } from './answers.ts'
import type { Progress } from './checkpoint.ts'
import { heldOutMeter } from './evaluate.ts'
import type { Metric } from './metrics.ts'
import type { Opened } from './open.ts'
import type { StepResult } from './trainer.ts'

/** What is measured on text that is not learnt from, always the same. */
export function metersOf({ plan, prepared }: Pick<Opened, 'plan' | 'prepared'>) {
  const { config, recipe, budget } = plan
  const { tokenizer, dataset } = prepared
  // a measurement costs a third of learning from as many tokens: all of them together 3 % of the run
  const tokens = Math.min(16_384, Math.max(1024, budget / 200))
  const heldOut = heldOutMeter(config, tokenizer, dataset, { tokens, seed: recipe.seed })
  const { world } = config.text
  // its questions hide words and ask for their cross-entropy: that is another noise where words are swapped, and another
  // cost where they have paces
  const { settles, paces } = noiseOf(config.noise).noise
  const hides = settles && !paces
  const answers = world && hides && answerMeter(world, tokenizer, { tales: 64, seed: 2 ** 45 })
  const all = async (network: Network): Promise<Partial<Metric>> => {
    const { natsPerToken, natsPerChar, byMasked } = await heldOut(network)
    return {
      heldOut: round(natsPerToken, 5),
      heldOutPerChar: round(natsPerChar, 5),
      ...(byMasked
        ? { byMasked: byMasked.map((nats) => (nats === null ? null : round(nats, 4))) }
        : {}),
      ...(answers ? { answers: await answers(network) } : {}),
    }
  }
  return Object.assign(all, { heldOut })
}

/** What happens between two reports.
 * @param before the report before, whose loss stands where nothing was learnt since but what is learnt beside */
export function sums(start: number, progress: Progress, before?: Metric) {
  let loss = 0
  let gradient = 0
  let steps = 0
  const reading = { loss: 0, steps: 0 }
  let last: StepResult
  return {
    seconds: start,
    add(result: StepResult) {
      last = result
      if (result.lesson !== result.phase) {
        reading.loss += result.loss
        reading.steps++
        return
      }
      loss += result.loss
      gradient += result.gradient
      steps++
    },
    metric: (seconds: number, { step, tokens, recoveries }: Progress): Metric => ({
      step,
      tokens,
      seconds: round(seconds, 3),
      loss: steps > 0 ? round(loss / steps, 5) : (before?.loss ?? round(last.loss, 5)),
      ...(reading.steps > 0 ? { reading: round(reading.loss / reading.steps, 5) } : {}),
      rate: round(last.rate, 8),
      gradient:
        steps > 0 ? round(gradient / steps, 4) : (before?.gradient ?? round(last.gradient, 4)),
      tokensPerSecond: Math.round((tokens - progress.tokens) / (seconds - start)),
      phase: last.phase.name,
      ...(recoveries.length > 0 ? { recoveries } : {}),
    }),
  }
}

/** As reports write numbers. */
export const round = (value: number, digits: number): number => Number(value.toFixed(digits))
