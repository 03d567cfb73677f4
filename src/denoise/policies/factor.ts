// Fast-dLLM's factor rule: n words may be written together while (n + 1) · (1 - p) < factor for the least sure of them,
// which bounds how far their product can be from their joint distribution.
import type { Policy } from '../policy.ts'
import { parallel, surest } from './threshold.ts'

export const factor: Policy = {
  ...parallel,
  summaries: true,
  draws: true,
  name: 'factor',
  about: 'as many words a step as are sure together, by --factor (default 1)',
  source: 'Wu et al., arXiv 2505.22618 (Fast-dLLM)',
  takes: ['factor', 'blockLength'],
  choose(predictions, { settings: { factor = 1 } }) {
    // the rank-th of the first rank + 1 words, counted from 1 as the paper does
    return surest(predictions, (certainty, rank) => certainty >= 1 - factor / (rank + 2))
  },
}
