// The plan of a new run: tokenizer, canvas, network, budget. What is not asked for is chosen, and every choice comes
// with its reason.
import { UnfogError } from '../error/index.ts'
import type { Counts, ModelConfig } from '../model/config.ts'
import { longestText } from '../model/framing.ts'
import { parameterCount } from '../nn/index.ts'
import type { Device } from '../runtime/index.ts'
import type { Clock } from '../store/index.ts'
import { documentLength, type Encoded, type Tokenizer, type TokenizerName } from '../text/index.ts'
import { type Prepared, prepare, type TrainingData } from './data.ts'
import type { RunOptions } from './plan.ts'
import { defaultRecipe, type Recipe } from './recipe.ts'
import { architectureFor, memoryOf, operationsPerToken, parametersFor } from './sizes.ts'
import { trainingSpeed } from './speed.ts'

/** A model to start from. */
export interface Start {
  config: ModelConfig
  tokenizer: Tokenizer
  weights: ReadonlyMap<string, Float32Array>
}

export interface Design extends Prepared {
  /** longest text in tokens by which the data was cut */
  context: number
  config: ModelConfig
  recipe: Recipe
  /** tokens, where they were asked for or limited by the data; else time decides */
  tokens?: number
  /** seconds */
  time: number
  /** sentences: what was chosen and why */
  reasons: string[]
}

const defaultTime = 600
/** bytes of text above which word pieces pay for their larger vocabulary */
const largeText = 4e6
/** tokens of the longest text that still has a canvas of its own */
const longestOwnCanvas = 255
/** how often a small text is read before time is better spent elsewhere */
const mostPasses = 100

const million = (n: number): string =>
  n < 1e6 ? `${Math.round(n / 1e3)}k` : `${(n / 1e6).toFixed(1)}M`

export function tokenizerFor(data: TrainingData): { name: TokenizerName; why: string } {
  if (data.world) return { name: 'words', why: 'tales have few words' }
  if (data.bytes < largeText)
    return { name: 'chars', why: 'a small text teaches letters better than word pieces' }
  return { name: 'bpe', why: 'a large text can teach word pieces' }
}

export async function design(
  data: TrainingData,
  options: RunOptions,
  { device, clock, start }: { device: Device; clock: Clock; start?: Start },
): Promise<Design> {
  const reasons = [`${data.reason.replace(/[.:]+$/, '')} (--documents ${data.documents}).`]
  const chosen = tokenizerFor(data)
  const tokenizer = start?.tokenizer ?? ((options.tokenizer ?? chosen.name) as TokenizerName)
  if (!start && !options.tokenizer) reasons.push(`Tokenizer ${chosen.name}: ${chosen.why}.`)
  const recipe = { ...defaultRecipe, ...options.recipe, seed: options.seed ?? 0 }
  const context = start ? longestText(start.config, start.tokenizer) : longestOwnCanvas
  const prepared = await prepare(data, {
    tokenizer,
    vocabSize: options.vocabSize ?? (data.bytes > 5e7 ? 8192 : 2048),
    context,
    seed: recipe.seed,
  })
  const { dataset } = prepared
  reasons.push(...data.notes(), dataset.summary)
  const time = options.time ?? defaultTime
  const speed = await trainingSpeed(device, clock)
  const config = start
    ? resumedConfig(start.config, options)
    : freshConfig(
        data,
        options,
        prepared,
        parametersWanted(options, time * speed, dataset.train.tokens),
      )
  const parameters = parameterCount(config.architecture)
  const limit = mostPasses * Math.max(dataset.train.tokens, 2e4)
  const byTime = (time * speed) / operationsPerToken(config.architecture)
  const tokens =
    options.tokens ?? (options.time === undefined && limit < byTime ? limit : undefined)
  const expected = tokens ?? byTime
  reasons.push(
    `Network: ${million(parameters)} parameters (${config.architecture.layers} layers of width ${config.architecture.width}), ${million(expected)} tokens of training, ${(expected / dataset.train.tokens).toFixed(1)} passes over ${million(dataset.train.tokens)}.`,
    `About ${Math.round((expected * operationsPerToken(config.architecture)) / speed)} s of training and ${Math.round(memoryOf(config.architecture, recipe.batchTokens) / 2 ** 20)} MiB of memory on this machine.`,
  )
  return { ...prepared, context, config, recipe, tokens, time, reasons }
}

function parametersWanted(options: RunOptions, operations: number, dataTokens: number): number {
  const { params } = options
  if (params === undefined) return parametersFor(operations, dataTokens)
  if (!(params >= 1e4 && params <= 1e10)) {
    throw new UnfogError('usage', `--params ${params} is not between 10 thousand and 10 billion`, {
      param: 'params',
    })
  }
  return params
}

function freshConfig(
  data: TrainingData,
  options: RunOptions,
  { tokenizer, dataset, encoded }: Prepared,
  parameters: number,
): ModelConfig {
  const exactLength = dataset.form === 'exact-length'
  const lengths = exactLength ? dataset.train.lengths : undefined
  const window =
    options.length ?? (tokenizer.kind === 'chars' || tokenizer.kind === 'bytes' ? 128 : 64)
  const longest = lengths
    ? Math.max(lengths.longest, dataset.heldOut.lengths?.longest ?? 0)
    : window
  const context = longest + 1 + tokenizer.labels.length + (exactLength ? 1 : 0)
  const architecture = architectureFor(parameters, { vocabSize: tokenizer.size, context })
  return {
    unfog: 1,
    name: options.name ?? data.name,
    architecture: { ...architecture, attention: options.ar ? 'causal' : 'full' },
    shift: true,
    noise: { process: options.ar ? 'autoregressive' : 'masked', schedule: 'linear' },
    text: {
      documents: data.documents,
      exactLength,
      ...(lengths
        ? { lengths: { counts: Object.fromEntries(lengths.counts), ...lengthsByLabel(encoded) } }
        : {}),
      labels: tokenizer.labels.map(({ name, values }) => ({ name, values: [...values] })),
      ...(data.world ? { world: data.world } : {}),
    },
    weights: { dtype: options.dtype ?? 'f32' },
  }
}

/** The same network under the objective now asked for. */
function resumedConfig(config: ModelConfig, options: RunOptions): ModelConfig {
  return {
    ...config,
    name: options.name ?? config.name,
    architecture: { ...config.architecture, attention: options.ar ? 'causal' : 'full' },
    noise: { ...config.noise, process: options.ar ? 'autoregressive' : 'masked' },
    weights: { dtype: options.dtype ?? config.weights.dtype },
  }
}

/** labels of more values say too little about length to be worth their room */
const mostValues = 16

/** How many texts of each label value have each length: so that a style or a number of words asked for gets a canvas
 * that fits it. */
function lengthsByLabel(encoded: Encoded): { by?: Record<string, Record<string, Counts>> } {
  const slots = encoded.tokenizer.labels
  const by: Record<string, Record<string, Counts>> = {}
  slots.forEach(({ name, values, ids }, slot) => {
    if (values.length > mostValues) return
    const counts = values.map((): Counts => ({}))
    for (let document = 0; document < encoded.documents; document++) {
      const value = ids.indexOf(encoded.labels[document * slots.length + slot])
      if (value < 0) continue
      const length = documentLength(encoded, document)
      counts[value][length] = (counts[value][length] ?? 0) + 1
    }
    const seen = values.flatMap((value, i) =>
      Object.keys(counts[i]).length > 0 ? [[value, counts[i]] as const] : [],
    )
    if (seen.length > 0) by[name] = Object.fromEntries(seen)
  })
  return Object.keys(by).length > 0 ? { by } : {}
}
