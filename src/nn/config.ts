// The options of the one Transformer. Everything a released architecture varies is a field here; nothing in the
// network asks what the model is called.
import type { Blocks } from '../graph/index.ts'

/** qkv: queries, keys and values; out: the projection behind attention; norm: norms that have a weight */
export const biasedParts = ['qkv', 'out', 'mlp', 'norm', 'head'] as const
export type BiasedPart = (typeof biasedParts)[number]

export interface TransformerConfig {
  /** rows of the embedding table: all token ids, special ones included */
  vocabSize: number
  /** size of the residual stream */
  width: number
  layers: number
  heads: number
  /** key/value heads; equal to `heads` unless queries share them (GQA, arXiv 2305.13245) */
  kvHeads: number
  headSize: number
  /** width of the feed-forward layer */
  hidden: number
  /** swiglu (arXiv 2002.05202), relu2 (arXiv 2109.08668), gelu (arXiv 1606.08415), gelu-tanh its approximation */
  activation: 'swiglu' | 'relu2' | 'gelu' | 'gelu-tanh'
  norm: 'rms' | 'layer'
  /** do norms carry a learnt weight? */
  normWeight: boolean
  normEps: number
  /** none; plain: queries and keys normalised per head; gain: with a learnt weight per channel */
  qkNorm: 'none' | 'plain' | 'gain'
  /** base of the rotary angles (arXiv 2104.09864), half-split form */
  ropeTheta: number
  /** which parts have biases; true is all of them but the head */
  biases: boolean | readonly BiasedPart[]
  /** is the head the embedding table transposed? */
  tiedHead: boolean
  /** what a position sees: all, nothing behind it, or nothing behind its block (arXiv 2503.09573) */
  attention: 'full' | 'causal' | 'block'
  /** with attention in blocks: where they begin and how long they are. Before the first stands what every text begins
   * with */
  blocks?: Blocks
  /** width of an embedding of the noise time that shifts, scales and gates every block (adaLN, arXiv 2212.09748);
   * absent without one. The network is asked at time 0, as released models without time conditioning are */
  timeWidth?: number
  /** vectors that stand for words in noise on embeddings (arXiv 2211.15089): the width of a word's own, and of what the
   * network is shown in its place, projected and added to the stream; absent without such noise */
  vectors?: { width: number; shown: number }
  /** most positions, prefix included */
  context: number
}
