// The config of the model that a run will make: its network, its noise, and what its texts are.
import { UnfogError } from '../error/index.ts'
import type { Counts, ModelConfig, TextConfig } from '../model/config.ts'
import { longestText } from '../model/framing.ts'
import { noiseOf } from '../noise/index.ts'
import { documentLength, type Encoded, type Tokenizer } from '../text/index.ts'
import type { Prepared, TrainingData } from './data.ts'
import { vocabularyOf } from './grown.ts'
import { blockLengthsOf, processOf, type RunOptions } from './plan.ts'
import { studentSampling } from './rounds.ts'
import { architectureFor } from './sizes.ts'

/** Numbers of a word's vector under noise on embeddings: enough for words to be far from each other, and few to draw. */
const vectorWidth = 32

/** The noise of a run, and what the network may look at to undo it.
 * @param from where text begins in a canvas */
function objective(options: RunOptions, from: number, { size }: Pick<Tokenizer, 'size'>) {
  const { schedule = 'linear', replaced, sigma, selfConditioning, timeWarping, expand } = options
  const [block] = blockLengthsOf(options)
  const pieces = options.pieces && { count: options.pieces, of: size }
  const process = processOf(options)
  const noise = {
    process,
    schedule,
    ...(replaced === undefined ? {} : { replaced }),
    ...(sigma === undefined ? {} : { sigma }),
    ...(selfConditioning ? { selfConditioning } : {}),
    ...(timeWarping ? { timeWarping } : {}),
    ...(expand === undefined ? {} : { expands: expand }),
    ...(pieces ? { pieces } : {}),
  }
  const { causal, settles, vectors } = noiseOf(noise).noise
  return {
    attention: causal ? ('causal' as const) : block ? ('block' as const) : ('full' as const),
    blocks: block ? { length: block, from } : undefined,
    noise,
    settles,
    reads: (options.recipe?.reading ?? 0) > 0,
    vectors: vectors && { width: vectorWidth, shown: vectors.shownWidth(vectorWidth) },
  }
}

/** How tales are best written (docs/benchmarks.md): a text that must be true to its end is worth a second look, and
 * its unlikeliest words are its errors. */
const taleSampling = {
  reads: { policy: 'proofread', temperature: 1, topP: 0.95 },
  full: { policy: 'revise', temperature: 1, topP: 0.9 },
  causal: { temperature: 0.6 },
  block: {},
} as const

/** A network of about so many parameters, as wide as the texts need. */
export function freshConfig(
  data: TrainingData,
  options: RunOptions,
  prepared: Prepared,
  parameters: number,
): ModelConfig {
  const { tokenizer, dataset } = prepared
  const { lengths, longest: own } = dataset.train
  const window =
    options.length ?? (tokenizer.kind === 'chars' || tokenizer.kind === 'bytes' ? 128 : 64)
  const longest = own ? Math.max(own, dataset.heldOut.longest ?? 0) : window
  expectOwnLengths(options, prepared)
  // a begin token, label slots, the text, and room for an end token
  const from = 1 + tokenizer.labels.length
  const { attention, noise, blocks, settles, vectors, reads } = objective(options, from, tokenizer)
  const several = severalOf(options)
  const room = (options.expand === undefined ? longest : grownLength(longest)) + (lengths ? 1 : 0)
  expectBlock(options, room)
  // an end token fills its block
  const units = lengths ? [1, ...blockLengthsOf(options)] : [1]
  const context = from + Math.max(...units.map((unit) => Math.ceil(room / unit) * unit))
  const vocabSize = vocabularyOf(tokenizer.size, options.pieces)
  const architecture = architectureFor(parameters, { vocabSize, context })
  return {
    unfog: 1,
    name: options.name ?? data.name,
    architecture: {
      ...architecture,
      attention,
      ...(blocks ? { blocks } : {}),
      ...(vectors ? { vectors } : {}),
    },
    // a block's first word is predicted where it stands, with what is known of its block
    shift: !blocks,
    noise,
    ...(reads ? { reads } : {}),
    ...several,
    text: textConfig(data, prepared, longest),
    weights: { dtype: options.dtype ?? 'f32' },
    ...(data.world && settles ? { sampling: taleSampling[reads ? 'reads' : attention] } : {}),
  }
}

/** The network of another model, under the objective and on the texts of this run. */
export function continuedConfig(
  from: ModelConfig,
  data: TrainingData,
  options: RunOptions,
  prepared: Prepared,
): ModelConfig {
  const begins = 1 + prepared.tokenizer.labels.length
  expectOwnLengths(options, prepared)
  const { attention, noise, blocks, settles, vectors, reads } = objective(
    options,
    begins,
    prepared.tokenizer,
  )
  expectReader(reads, from)
  expectRecall(options, from)
  expectPieces(options, from)
  expectBlock(options, from.architecture.context - begins)
  const { blocks: _, vectors: __, ...architecture } = from.architecture
  return {
    ...from,
    name: options.name ?? from.name,
    architecture: {
      ...architecture,
      attention,
      ...(blocks ? { blocks } : {}),
      ...(vectors ? { vectors } : {}),
    },
    ...(blocks ? { shift: false } : {}),
    noise,
    reads: reads || undefined,
    blockLengths: undefined,
    ...severalOf(options),
    text: textConfig(data, prepared, longestText(from, prepared.tokenizer)),
    weights: { dtype: options.dtype ?? from.weights.dtype },
    ...(data.world && reads ? { sampling: taleSampling.reads } : {}),
    // how it wrote under noise in which words settle
    ...(settles ? {} : { sampling: undefined }),
    ...(options.distillation ? { sampling: studentSampling(options.distillation) } : {}),
  }
}

/** Tokens of the longest canvas on which a text of so many may grow: it may begin with more masks than it has words. */
const grownLength = (longest: number): number => Math.ceil(1.5 * longest) + 8

/** @throws UnfogError `usage` */
function expectOwnLengths({ expand }: RunOptions, { dataset }: Prepared): void {
  if (expand === undefined || dataset.train.lengths) return
  throw new UnfogError(
    'usage',
    '--expand cannot be used: these data are cut into windows of one length, so there is none to choose; give texts of at most 255 tokens, one document each',
    { param: 'expand' },
  )
}

/** @throws UnfogError `usage` */
function expectReader(reads: boolean, { name, shift }: ModelConfig): void {
  if (!reads || shift) return
  const message = `--reading cannot be used: ${name} predicts each word where it stands, and a reader the next one; begin from another model, or from none`
  throw new UnfogError('usage', message, { param: 'reading' })
}

/** What a model has learnt to look at it goes on to be shown.
 * @throws UnfogError `usage` */
function expectRecall({ selfConditioning }: RunOptions, { name, noise }: ModelConfig): void {
  if (selfConditioning || !noise.selfConditioning) return
  const message = `${name} is shown what it last predicted: go on with --self-conditioning, or begin from another model`
  throw new UnfogError('usage', message, { param: 'selfConditioning' })
}

/** What a config says of blocks of several lengths. */
function severalOf(options: RunOptions): Pick<ModelConfig, 'blockLengths'> {
  const lengths = blockLengthsOf(options)
  return lengths.length > 1 ? { blockLengths: lengths } : {}
}

/** What is half known has its ids in the network, once and for all.
 * @throws UnfogError `usage` */
function expectPieces({ pieces }: RunOptions, { name, noise }: ModelConfig): void {
  if (!noise.pieces || noise.pieces.count === pieces) return
  const message = `${name} has learnt words of ${noise.pieces.count} pieces: go on with --pieces ${noise.pieces.count}, or begin from another model`
  throw new UnfogError('usage', message, { param: 'pieces' })
}

/** @throws UnfogError `usage` */
function expectBlock(options: RunOptions, longest: number): void {
  const block = Math.max(1, ...blockLengthsOf(options))
  if (block <= longest) return
  throw new UnfogError(
    'usage',
    `--block ${block} exceeds the context of ${longest} tokens: use --block ${longest} or less, or none to write the whole text at once`,
    { param: 'block' },
  )
}

function textConfig(data: TrainingData, prepared: Prepared, longest: number): TextConfig {
  const { tokenizer, dataset, sources } = prepared
  const { lengths } = dataset.train
  return {
    documents: data.documents,
    exactLength: lengths !== undefined,
    ...(lengths
      ? {
          lengths: {
            counts: Object.fromEntries(lengths.counts),
            // only tales have labels, and they are not mixed
            ...lengthsByLabel(sources[0].encoded, longest),
          },
        }
      : {}),
    labels: tokenizer.labels.map(({ name, values }) => ({ name, values: [...values] })),
    ...(data.chat ? { template: 'turns' as const } : {}),
    ...(data.world ? { world: data.world } : {}),
  }
}

/** labels of more values say too little about length to be worth their room */
const mostValues = 16

/** How many texts of each label value have each length: so that a style or a number of words asked for gets a canvas
 * that fits it. */
function lengthsByLabel(
  encoded: Encoded,
  longest: number,
): { by?: Record<string, Record<string, Counts>> } {
  const slots = encoded.tokenizer.labels
  const by: Record<string, Record<string, Counts>> = {}
  slots.forEach(({ name, values, ids }, slot) => {
    if (values.length > mostValues) return
    const counts = values.map((): Counts => ({}))
    for (let document = 0; document < encoded.documents; document++) {
      const value = ids.indexOf(encoded.labels[document * slots.length + slot])
      const length = documentLength(encoded, document)
      if (value < 0 || length > longest) continue
      counts[value][length] = (counts[value][length] ?? 0) + 1
    }
    const seen = values.flatMap((value, i) =>
      Object.keys(counts[i]).length > 0 ? [[value, counts[i]] as const] : [],
    )
    if (seen.length > 0) by[name] = Object.fromEntries(seen)
  })
  return Object.keys(by).length > 0 ? { by } : {}
}
