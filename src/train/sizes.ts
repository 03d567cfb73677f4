// What a run chooses when it is not told: how large a network, how long a canvas, which tokenizer. Each choice is a
// rule with a reason that can be printed.
import type { TransformerConfig } from '../nn/index.ts'
import { parameterCount, parameterShapes } from '../nn/index.ts'
import { layoutOf } from '../runtime/index.ts'
import { largestStack } from './optimiser.ts'

/** Widths and depths from small to large; heads have 32 channels, feed-forwards 8/3 of the width (SwiGLU at the cost of
 * a plain layer of four widths, arXiv 2002.05202). */
const ladder: readonly (readonly [width: number, layers: number])[] = [
  [64, 3],
  [96, 4],
  [128, 4],
  [128, 6],
  [160, 6],
  [192, 6],
  [256, 6],
  [256, 8],
  [320, 8],
  [384, 8],
  [512, 8],
  [512, 12],
  [768, 12],
]

export function architectureOf(
  width: number,
  layers: number,
  { vocabSize, context }: { vocabSize: number; context: number },
): TransformerConfig {
  const headSize = 32
  const heads = width / headSize
  return {
    vocabSize,
    width,
    layers,
    heads,
    kvHeads: heads,
    headSize,
    hidden: Math.round((width * 8) / 3 / 32) * 32,
    activation: 'swiglu',
    norm: 'rms',
    normWeight: false,
    normEps: 1e-6,
    qkNorm: 'gain',
    ropeTheta: 10_000,
    biases: false,
    // a shared table where the vocabulary would else be most of the network
    tiedHead: vocabSize > 4 * width,
    attention: 'full',
    context,
  }
}

/** The largest network of the ladder with at most so many parameters (the smallest, if none). */
export function architectureFor(
  parameters: number,
  text: { vocabSize: number; context: number },
): TransformerConfig {
  const candidates = ladder.map(([width, layers]) => architectureOf(width, layers, text))
  const fitting = candidates.filter((config) => parameterCount(config) <= parameters)
  return fitting[fitting.length - 1] ?? candidates[0]
}

/** Floating-point operations of learning from one token: 6 per parameter that a token passes through, and the
 * attention scores (Kaplan et al., arXiv 2001.08361). */
export function operationsPerToken(config: TransformerConfig): number {
  const table = config.vocabSize * config.width
  const dense = parameterCount(config) - (config.tiedHead ? 0 : table)
  return 6 * dense + 12 * config.layers * config.width * config.context
}

/** How many tokens a network of so many parameters should see: measured on characters and small vocabularies, where
 * minutes, not data, are scarce. */
export const tokensPerParameter = 10

/** Parameters for so many operations: as many as then see `tokensPerParameter` tokens each, but not more than the data
 * can teach.
 * @param operations floating-point operations of the whole run  @param dataTokens tokens of training text */
export function parametersFor(operations: number, dataTokens: number): number {
  return Math.min(Math.sqrt(operations / (6 * tokensPerParameter)), Math.max(2e5, 4 * dataTokens))
}

/** buffers of parameters: values, gradients, two moments, the average, the best */
const buffers = 6
/** what graphs and optimiser make of values and gradients on their way: about eight more, as measured */
const within = 8
/** of them in a checkpoint, which is put together in memory */
const saved = 5
/** copies of the matrices that Muon makes orthogonal at a time: in, out, and what the iterations keep */
const orthogonal = 6
/** bytes of the program, its libraries and a few megabytes of text */
const program = 190e6

/** Bytes a run needs at its peak, within 15 % (`npm run bench -- memory`): buffers, a checkpoint, the tokens of the data, and
 * the activations of a batch, of which the widest stay alive until the backward pass.
 * @param lessons graphs that learn in turn: each keeps the memory of its activations
 * @param recompute is of each block kept only what comes out of it? */
export function memoryOf(
  config: TransformerConfig,
  batchTokens: number,
  { lessons = 1, dataTokens = 0, recompute = false } = {},
): number {
  const layout = layoutOf(parameterShapes(config))
  const floats = (buffers + within + saved) * layout.size + orthogonal * largestStack(layout)
  const perLayer = 8 * config.width + 3.5 * config.hidden + 1.75 * config.heads * config.context
  // a network that sees blocks is shown each text twice
  const seen = lessons * batchTokens * (config.blocks ? 2 : 1)
  const { layers, width } = config
  // forward and back, of a single block at a time
  const blocks = recompute ? 2 * perLayer + layers * width : layers * perLayer
  const activations = seen * (blocks + 3 * config.vocabSize)
  return 4 * (floats + activations + dataTokens) + program
}
