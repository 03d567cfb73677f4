// The plan of a new run: tokenizer, canvas, network, budget. What is not asked for is chosen, and every choice comes
// with its reason.
import { UnfogError } from '../error/index.ts'
import type { ModelConfig } from '../model/config.ts'
import { longestText } from '../model/framing.ts'
import { parameterCount } from '../nn/index.ts'
import type { Device } from '../runtime/index.ts'
import type { Clock } from '../store/index.ts'
import type { Tokenizer, TokenizerName } from '../text/index.ts'
import { type Prepared, prepare, type TrainingData } from './data.ts'
import { continuedConfig, freshConfig } from './model-config.ts'
import type { RunOptions } from './plan.ts'
import { defaultRecipe, type Recipe } from './recipe.ts'
import { memoryOf, operationsPerToken, parametersFor } from './sizes.ts'
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
    ? continuedConfig(start.config, data, options, prepared)
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
