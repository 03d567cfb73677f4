// dLLM's sampler: as LLaDA's, but a step settles as many positions as the noise is expected to lift, rounded; a step that
// rounds to none is left out, so a text takes fewer forwards than steps.
import { blockFog, blockOf, mostBlocks } from '../blocks.ts'
import type { Policy, PolicySettings, PolicyState } from '../policy.ts'
import { surestDraws } from './low-confidence.ts'

export const expected: Policy = {
  name: 'expected',
  about: "dLLM's sampler: as low-confidence, so many a step as the noise schedule expects, rounded",
  source: 'github.com/ZHZisZZ/dllm MDLMSampler, get_num_transfer_tokens',
  causal: false,
  takes: ['steps', 'blockLength', 'unsure', 'survival'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => mostBlocks(fog, settings) * stepsOfBlock(fog, settings),
  wants: (state) => (lifted(state) === 0 ? new Int32Array() : blockFog(state)),
  choose: (predictions, state) => surestDraws(predictions, state, lifted(state)),
}

const stepsOfBlock = (fog: number, settings: PolicySettings): number =>
  Math.ceil((settings.steps ?? fog) / mostBlocks(fog, settings))

/** How many positions this step settles. */
function lifted(view: PolicyState): number {
  const { index, count, size } = blockOf(view)
  const own = Math.floor(view.steps / count)
  const step = view.step - index * own
  if (step < 0) return 0
  // positions for which the mask was drawn are left to the last
  if (step === own - 1) return blockFog(view).length
  return transfersOf(size, own, view.settings.survival)[step]
}

/** How many of `fog` positions each of `steps` equal steps settles: the share (α_s - α_t)/(1 - α_t) of what is left,
 * rounded, halves to the even number.
 * @param survival α of the time, 1 at 0 */
export function transfersOf(fog: number, steps: number, survival: (t: number) => number): number[] {
  // in float32, as PyTorch counts: a half is one only in these numbers
  const hidden = (t: number) => Math.fround(1 - Math.fround(survival(Math.fround(t))))
  let left = fog
  return Array.from({ length: steps }, (_, step) => {
    const kept = Math.fround(hidden((steps - step - 1) / steps) / hidden((steps - step) / steps))
    const some = Math.min(left, toEven(left * Math.fround(1 - kept)))
    left -= some
    return some
  })
}

function toEven(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor + (floor % 2)
}
