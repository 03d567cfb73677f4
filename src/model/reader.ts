// The same weights under a causal mask: a model that has also learnt to read from left to right says of every word of a
// finished text how likely it was after those before it. What does not fit is seen better so than word by word between
// neighbours that fit it (measured: docs/notes/002-learning-tales.md).
import type { ModelConfig } from './config.ts'

/** The model as a reader from left to right. */
export function asReader(config: ModelConfig): ModelConfig {
  const { architecture, noise, reads: _, sampling, ...rest } = config
  const { policy: __, steps: ___, ...drawing } = sampling ?? {}
  return {
    ...rest,
    ...(sampling ? { sampling: drawing } : {}),
    architecture: { ...architecture, attention: 'causal' },
    // what else belongs to its noise means nothing to a reader
    noise: {
      process: 'autoregressive',
      schedule: 'linear',
      predictsMask: noise.predictsMask,
      pieces: noise.pieces,
    },
  }
}
