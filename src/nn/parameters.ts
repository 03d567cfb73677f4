// The parameters of the Transformer: names, shapes, initial values. Matrices are stored [in, out].
import { UnfogError } from '../error/index.ts'
import { normal, type Random } from '../random/index.ts'
import type { TransformerConfig } from './config.ts'

export type ParameterShapes = Record<string, number[]>

function blockShapes(config: TransformerConfig): ParameterShapes {
  const { width, heads, kvHeads, headSize, hidden, biases } = config
  const linear = (name: string, from: number, to: number): ParameterShapes => ({
    [name]: [from, to],
    ...(biases ? { [`${name}.bias`]: [to] } : {}),
  })
  const gain = config.qkNorm === 'gain'
  return {
    ...normShapes(config, 'norm1'),
    ...linear('attn.qkv', width, (heads + 2 * kvHeads) * headSize),
    ...(gain ? { 'attn.qnorm': [headSize], 'attn.knorm': [headSize] } : {}),
    ...linear('attn.out', heads * headSize, width),
    ...normShapes(config, 'norm2'),
    ...(config.activation === 'swiglu' ? linear('mlp.gate', width, hidden) : {}),
    ...linear('mlp.up', width, hidden),
    ...linear('mlp.down', hidden, width),
  }
}

function normShapes(
  { width, normWeight, norm, biases }: TransformerConfig,
  name: string,
): ParameterShapes {
  return {
    ...(normWeight ? { [name]: [width] } : {}),
    ...(normWeight && norm === 'layer' && biases ? { [`${name}.bias`]: [width] } : {}),
  }
}

/** Names and shapes, in the order of computation. */
export function parameterShapes(config: TransformerConfig): ParameterShapes {
  const shapes: ParameterShapes = { embed: [config.vocabSize, config.width] }
  for (let block = 0; block < config.layers; block++) {
    for (const [name, shape] of Object.entries(blockShapes(config)))
      shapes[`block.${block}.${name}`] = shape
  }
  Object.assign(shapes, normShapes(config, 'norm'))
  if (!config.tiedHead) shapes.head = [config.width, config.vocabSize]
  return shapes
}

export const parameterCount = (config: TransformerConfig): number =>
  Object.values(parameterShapes(config)).reduce(
    (total, shape) => total + shape.reduce((product, dim) => product * dim, 1),
    0,
  )

/** Standard deviation of a matrix's initial values: 1/√(fan in) keeps the size of activations, and projections back
 * into the residual stream are smaller by √(2 · layers), so that the stream's size does not grow with depth
 * (Radford et al. 2019). */
function deviation(name: string, [fanIn]: readonly number[], config: TransformerConfig): number {
  if (name === 'embed') return config.tiedHead ? 1 / Math.sqrt(config.width) : 0.5
  const intoStream = name.endsWith('attn.out') || name.endsWith('mlp.down')
  return 1 / Math.sqrt(fanIn) / (intoStream ? Math.sqrt(2 * config.layers) : 1)
}

/** Initial values: normal for matrices, ones for norm weights and gains, zeros for biases.
 * @param into views to fill, by name
 * @throws UnfogError `internal` when a view is missing */
export function initialise(
  config: TransformerConfig,
  random: Random,
  into: Readonly<Record<string, { data: Float32Array }>>,
): void {
  Object.entries(parameterShapes(config)).forEach(([name, shape], index) => {
    const view = into[name]
    if (!view) throw new UnfogError('internal', `no place for parameter ${name}`)
    if (name.endsWith('.bias')) view.data.fill(0)
    else if (shape.length === 1) view.data.fill(1)
    else {
      const scale = deviation(name, shape, config)
      for (let i = 0; i < view.data.length; i++) {
        const u1 = random.uniform(index, 2 * i, 'init')
        view.data[i] = scale * normal(u1, random.uniform(index, 2 * i + 1, 'init'))
      }
    }
  })
}

/** @throws UnfogError `bad_model` when the numbers of a config contradict each other */
export function checkConfig(config: TransformerConfig): void {
  const { heads, kvHeads, headSize, context } = config
  if (heads % kvHeads !== 0) {
    throw new UnfogError('bad_model', `kvHeads ${kvHeads} does not divide heads ${heads}`, {
      param: 'kvHeads',
    })
  }
  if (headSize % 2 !== 0) {
    throw new UnfogError('bad_model', `headSize ${headSize} is odd: rotary positions turn pairs`, {
      param: 'headSize',
    })
  }
  if (context < 1)
    throw new UnfogError('bad_model', `context ${context} holds no text`, { param: 'context' })
}
