// Fast-dLLM's confident decoding of Dream, whose rows predict the position behind them: the first word of a block is
// predicted by the last row before it, which a cache of blocks computes only when the block begins. So that word is
// written first, alone, and the others as in `threshold`.
import { blockFog, blockOf } from '../blocks.ts'
import type { Policy } from '../policy.ts'
import { threshold } from './threshold.ts'

export const opened: Policy = {
  ...threshold,
  name: 'opened',
  about: 'as threshold, but the first word of a block is written first, alone',
  source: 'Wu et al., arXiv 2505.22618; github.com/NVlabs/Fast-dLLM dream',
  takes: ['threshold', 'blockLength'],
  wants(state) {
    const fog = blockFog(state)
    return fog.length === blockOf(state).size ? fog.subarray(0, 1) : fog
  },
}
