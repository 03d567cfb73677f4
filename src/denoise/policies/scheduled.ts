// dLLM's sampler: as `low-confidence`, but the schedule of the noise says how many words a step writes: of what is left
// of a block as many as it reveals in expectation, rounded. Steps that would write none are left out. The numbers are
// counted in float32 as the released code counts them, since a half is rounded to even and the last bit decides.
import { blockFog, blockOf, mostBlocks } from '../blocks.ts'
import type { Policy, PolicySettings, PolicyState } from '../policy.ts'
import { mostProbableDraws } from './low-confidence.ts'

export const scheduled: Policy = {
  name: 'scheduled',
  about: "dLLM's sampler: as low-confidence, with as many words a step as the noise would reveal",
  source: 'Zhou et al., arXiv 2602.22661; github.com/ZHZisZZ/dllm MDLMSampler',
  causal: false,
  takes: ['steps', 'blockLength', 'unsure', 'survival'],
  defaults: { temperature: 1 },
  // every block has as many as the first
  steps: (fog, settings) => (settings.steps ?? fog) + mostBlocks(fog, settings) - 1,
  wants: (state) => (share(state) === 0 ? new Int32Array() : blockFog(state)),
  choose: (predictions, state) => mostProbableDraws(predictions, state, share(state)),
}

/** How many positions this step settles: the last one of a block all that are left. */
function share(view: PolicyState): number {
  const { step, start, settings } = view
  const { index, count, size } = blockOf(view)
  const steps = Math.ceil((settings.steps ?? start) / count)
  const within = step - index * steps
  const counts = sharesOf(size, steps, settings.survival)
  if (within === counts.length - 1) return blockFog(view).length
  return counts[within] ?? 0
}

/** How many of `size` positions each step settles, in order; none of them is 0. */
export function sharesOf(
  size: number,
  steps: number,
  survival: PolicySettings['survival'],
): number[] {
  const noise = (k: number) => Math.fround(1 - Math.fround(survival(Math.fround(k / steps))))
  const counts: number[] = []
  let left = size
  for (let k = steps; k > 0 && left > 0; k--) {
    const revealed = Math.fround(1 - Math.fround(noise(k - 1) / noise(k)))
    const count = k === 1 ? left : Math.min(left, roundToEven(Math.fround(left * revealed)))
    if (count > 0) counts.push(count)
    left -= count
  }
  return counts
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}
