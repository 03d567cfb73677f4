// A short text by the network of a run, as it is at that moment.
import { denoise, makeCanvas, makePlan } from '../denoise/index.ts'
import { turnsOf } from '../text/index.ts'
import type { TrainEvent } from '../train/run.ts'
import { lengthWeights } from './lengths.ts'

/** tokens, where the data do not say how long a text is */
const longest = 96
/** forwards that a sample may cost, where the model does not say how it writes */
const mostSteps = 32

/** The same seed every time: one sees the same fog clear up better and better.
 * @returns the text; an answer behind what was asked */
export async function writeSample({
  network,
  config,
  tokenizer,
  before,
}: Extract<TrainEvent, { type: 'sample' }>): Promise<string> {
  const weights = network.causal || network.block ? undefined : lengthWeights(config, {})
  const limit = { maximum: Math.min(longest, network.context - (before?.length ?? 0)) }
  const steps = config.sampling?.steps ?? mostSteps
  const plan = makePlan(
    { seed: 7, before, ...(weights ? {} : limit), ...(network.causal ? {} : { steps }) },
    network,
  )
  const canvas = makeCanvas(plan, network, tokenizer, weights)
  let text = ''
  for await (const frame of denoise(network, canvas, plan, {
    decode: (ids) => tokenizer.decode(ids),
  }))
    text = frame.text
  const asked = before && turnsOf(tokenizer, before).at(-1)?.content
  return asked ? `${asked} → ${text}` : text
}
