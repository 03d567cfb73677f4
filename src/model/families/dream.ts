// Dream (arXiv 2508.15487): Qwen 2.5 without the causal mask. It keeps the head of its autoregressive start, so
// position i is predicted by row i - 1, and position 0 by its own.
import type { Family } from './family.ts'
import { qwenRelease } from './qwen.ts'

export const dream: Family = {
  name: 'Dream',
  source: 'Ye et al., arXiv 2508.15487; huggingface.co/Dream-org/Dream-v0-Base-7B',
  modelTypes: ['Dream', 'dream'],
  read: (config) => qwenRelease(config, { biases: ['qkv'], qkNorm: 'none', shift: true }),
}
