// The same weights in blocks of another length. A network has learnt several when the mask of its attention changed from
// step to step of its training; which one it writes in is then a choice: long blocks take few steps, short ones see more
// of what they go on from (BD3-LM, arXiv 2503.09573).
import type { ModelConfig } from './config.ts'

/** The model as one that writes in blocks of one length alone.
 * @param config of a model that sees blocks */
export function inBlocks(config: ModelConfig, length: number): ModelConfig {
  const { architecture, blockLengths: _, ...rest } = config
  const blocks = { from: 0, ...architecture.blocks, length }
  return { ...rest, architecture: { ...architecture, blocks } }
}
