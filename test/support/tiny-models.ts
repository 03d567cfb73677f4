// Models of a few thousand random weights, for tests of what stands around a network: nothing they write makes sense,
// and everything about them is known.
import type { ModelConfig } from '../../src/model/config.ts'
import { framing } from '../../src/model/framing.ts'
import { initialise, parameterShapes, type TransformerConfig } from '../../src/nn/index.ts'
import { seeded, stream } from '../../src/random/index.ts'
import { flat, type HostTensor, layoutOf } from '../../src/runtime/index.ts'
import { type LabelValues, type Tokenizer, trainTokenizer } from '../../src/text/index.ts'

export const tinyArchitecture: TransformerConfig = {
  vocabSize: 32,
  width: 16,
  layers: 2,
  heads: 2,
  kvHeads: 2,
  headSize: 8,
  hidden: 24,
  activation: 'swiglu',
  norm: 'rms',
  normWeight: false,
  normEps: 1e-6,
  qkNorm: 'gain',
  ropeTheta: 10_000,
  biases: false,
  tiedHead: false,
  attention: 'full',
  context: 48,
}

export interface TinyOptions {
  causal?: boolean
  /** default true */
  shift?: boolean
  /** default true, with a histogram of lengths 1 … longest */
  exactLength?: boolean
  labels?: readonly LabelValues[]
  architecture?: Partial<TransformerConfig>
  dtype?: 'bf16' | 'f32'
  seed?: number
}

export interface TinyModel {
  config: ModelConfig
  tokenizer: Tokenizer
  weights: Readonly<Record<string, HostTensor & { data: Float32Array }>>
}

export async function tinyModel({
  causal = false,
  shift = true,
  exactLength = true,
  labels = [],
  architecture = {},
  dtype = 'f32',
  seed = 1,
}: TinyOptions = {}): Promise<TinyModel> {
  const tokenizer = await trainTokenizer('bytes', [], { labels })
  const config: ModelConfig = {
    unfog: 1,
    name: 'tiny',
    architecture: {
      ...tinyArchitecture,
      attention: causal ? 'causal' : 'full',
      ...architecture,
      vocabSize: tokenizer.size,
    },
    shift,
    noise: { process: causal ? 'autoregressive' : 'masked', schedule: 'linear' },
    text: {
      documents: 'line',
      exactLength,
      labels: labels.map(({ name, values }) => ({ name, values: [...values] })),
    },
    weights: { dtype },
  }
  if (exactLength) {
    const longest = config.architecture.context - 2 - labels.length
    const counts = Array.from({ length: longest }, (_, i) => [String(i + 1), 1 + (i % 3)] as const)
    config.text.lengths = { counts: Object.fromEntries(counts) }
  }
  return { config, tokenizer, weights: randomWeights(config.architecture, seed) }
}

/** Initial weights made larger, and biases and gains that are not 0 and 1: a network that has an opinion. */
export function randomWeights(
  config: TransformerConfig,
  seed: number,
): Readonly<Record<string, HostTensor & { data: Float32Array }>> {
  const { tensors } = flat(layoutOf(parameterShapes(config)))
  initialise(config, seeded(seed), tensors)
  const uniform = stream(seeded(seed), 'data')
  for (const { data, dims } of Object.values(tensors)) {
    for (let i = 0; i < data.length; i++) {
      data[i] = dims.length > 1 && data[i] !== 0 ? 1.5 * data[i] : data[i] + uniform() - 0.5
    }
  }
  return tensors
}

/** Ids that may stand in a text of this model, at random. */
export function randomText({ config, tokenizer }: TinyModel, length: number, seed: number) {
  const { banned } = framing(config, tokenizer, config.architecture.attention === 'causal')
  const no = new Set([...banned, tokenizer.special.eos])
  const ids = Array.from({ length: tokenizer.size }, (_, id) => id).filter((id) => !no.has(id))
  const uniform = stream(seeded(seed), 'token')
  return Int32Array.from({ length }, () => ids[Math.floor(uniform() * ids.length)])
}
