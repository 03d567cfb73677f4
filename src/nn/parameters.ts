// The parameters of the Transformer: names, shapes, initial values. Matrices are stored [in, out].
import { UnfogError } from '../error/index.ts'
import { normal, type Random } from '../random/index.ts'
import type { BiasedPart, TransformerConfig } from './config.ts'

export type ParameterShapes = Record<string, number[]>

/** features of a noise time: cosines, then sines (arXiv 2212.09748) */
export const timeFeatures = 256

const hasBias = ({ biases }: TransformerConfig, part: BiasedPart): boolean =>
  typeof biases === 'boolean' ? biases && part !== 'head' : biases.includes(part)

const linear = (name: string, from: number, to: number, bias: boolean): ParameterShapes => ({
  [name]: [from, to],
  ...(bias ? { [`${name}.bias`]: [to] } : {}),
})

/** What a time does to a norm and to what follows it: `count` vectors of the stream's size. */
const modulation = (
  { width, timeWidth }: TransformerConfig,
  name: string,
  count: number,
): ParameterShapes => (timeWidth ? linear(name, timeWidth, count * width, true) : {})

function blockShapes(config: TransformerConfig): ParameterShapes {
  const { width, heads, kvHeads, headSize, hidden } = config
  const mlp = hasBias(config, 'mlp')
  const gain = config.qkNorm === 'gain'
  return {
    // shift, scale and gate of attention, then of the feed-forward layer
    ...modulation(config, 'time', 6),
    ...normShapes(config, 'norm1'),
    ...linear('attn.qkv', width, (heads + 2 * kvHeads) * headSize, hasBias(config, 'qkv')),
    ...(gain ? { 'attn.qnorm': [headSize], 'attn.knorm': [headSize] } : {}),
    ...linear('attn.out', heads * headSize, width, hasBias(config, 'out')),
    ...normShapes(config, 'norm2'),
    ...(config.activation === 'swiglu' ? linear('mlp.gate', width, hidden, mlp) : {}),
    ...linear('mlp.up', width, hidden, mlp),
    ...linear('mlp.down', hidden, width, mlp),
  }
}

function normShapes(config: TransformerConfig, name: string): ParameterShapes {
  const { width, normWeight, norm } = config
  const bias = normWeight && norm === 'layer' && hasBias(config, 'norm')
  return {
    ...(normWeight ? { [name]: [width] } : {}),
    ...(bias ? { [`${name}.bias`]: [width] } : {}),
  }
}

/** Names and shapes, in the order of computation. */
export function parameterShapes(config: TransformerConfig): ParameterShapes {
  const { vocabSize, width, timeWidth, vectors, tiedHead } = config
  const shapes: ParameterShapes = { embed: [vocabSize, width] }
  if (vectors) {
    shapes.vectors = [vocabSize, vectors.width]
    shapes['vectors.in'] = [vectors.shown, width]
  }
  if (timeWidth) {
    Object.assign(shapes, linear('time.in', timeFeatures, timeWidth, true))
    Object.assign(shapes, linear('time.out', timeWidth, timeWidth, true))
  }
  for (let block = 0; block < config.layers; block++) {
    for (const [name, shape] of Object.entries(blockShapes(config)))
      shapes[`block.${block}.${name}`] = shape
  }
  Object.assign(shapes, modulation(config, 'time', 2), normShapes(config, 'norm'))
  if (!tiedHead) shapes.head = [width, vocabSize]
  if (hasBias(config, 'head')) shapes['head.bias'] = [vocabSize]
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
  // of these only the direction counts
  if (name === 'vectors') return 0.5
  // shifts, scales and gates start at nothing (arXiv 2212.09748)
  if (name === 'time' || name.endsWith('.time')) return 0
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
  const { heads, kvHeads, headSize, context, attention, blocks } = config
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
  if ((attention === 'block') !== (blocks !== undefined)) {
    throw new UnfogError(
      'bad_model',
      `attention ${attention} ${blocks ? 'has no blocks' : 'needs blocks: their length, and where they begin'}`,
      { param: 'blocks' },
    )
  }
  if (blocks && !(blocks.length >= 1 && blocks.from >= 0 && blocks.from < context)) {
    throw new UnfogError(
      'bad_model',
      `blocks of ${blocks.length} positions from ${blocks.from} on do not fit a context of ${context}`,
      { param: 'blocks' },
    )
  }
  if (context < 1)
    throw new UnfogError('bad_model', `context ${context} holds no text`, { param: 'context' })
}
