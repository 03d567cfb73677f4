// The plan of a new run: tokenizer, canvas, network, budget. What is not asked for is chosen, and every choice comes
// with its reason.
import type { ModelConfig } from '../model/config.ts'
import { longestText } from '../model/framing.ts'
import { parameterCount } from '../nn/index.ts'
import type { Device } from '../runtime/index.ts'
import type { Clock } from '../store/index.ts'
import type { Tokenizer, TokenizerName } from '../text/index.ts'
import { describeSources, type Prepared, prepare, type TrainingData } from './data.ts'
import { findingSentences, findingsIn } from './findings.ts'
import { continuedConfig, freshConfig } from './model-config.ts'
import type { RunOptions } from './plan.ts'
import { defaultRecipe, learntRecipe, type Recipe } from './recipe.ts'
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
export const longestOwnCanvas = 255
/** the same for a question and its answer, which lose each other in windows */
const longestConversation = 1023
/** how often a small text is read before time is better spent elsewhere */
const mostPasses = 100

const million = (n: number): string =>
  n < 1e6 ? `${Math.round(n / 1e3)}k` : `${(n / 1e6).toFixed(1)}M`

/** Tokens of the longest canvas of a model that starts from nothing. */
export const ownCanvasFor = ({ chat }: TrainingData): number =>
  chat ? longestConversation : longestOwnCanvas

export function tokenizerFor(data: TrainingData): { name: TokenizerName; why: string } {
  if (data.world) return { name: 'words', why: 'tales have few words' }
  if (data.bytes < largeText)
    return { name: 'chars', why: 'a small text teaches letters better than word pieces' }
  return { name: 'bpe', why: 'a large text can teach word pieces' }
}

/** Most ids of a tokenizer that learns its own. */
export const vocabularyFor = ({ bytes }: TrainingData): number => (bytes > 5e7 ? 8192 : 2048)

export async function design(
  data: TrainingData,
  options: RunOptions,
  { device, clock, start }: { device: Device; clock: Clock; start?: Start },
): Promise<Design> {
  const by = data.sources ? '.' : ` (--documents ${data.documents}).`
  const reasons = [data.reason.replace(/[.:]+$/, '') + by]
  const chosen = tokenizerFor(data)
  const tokenizer = start?.tokenizer ?? ((options.tokenizer ?? chosen.name) as TokenizerName)
  if (!start && !options.tokenizer) reasons.push(`Tokenizer ${chosen.name}: ${chosen.why}.`)
  const changes = Object.entries(options.recipe ?? {}).filter(([, value]) => value !== undefined)
  const recipe: Recipe = {
    ...defaultRecipe,
    ...(options.schedule === 'learnt' ? learntRecipe : {}),
    ...Object.fromEntries(changes),
    seed: options.seed ?? 0,
  }
  const context = start ? longestOwnText(start) : ownCanvasFor(data)
  const prepared = await prepare(data, {
    tokenizer,
    vocabSize: options.vocabSize ?? vocabularyFor(data),
    context,
    seed: recipe.seed,
    growth: options.expand !== undefined,
  })
  const { dataset } = prepared
  reasons.push(...data.notes(), ...describeSources(prepared))
  // tales are told anew, and short worlds repeat themselves
  if (!data.world) {
    reasons.push(...findingSentences(findingsIn(prepared.sources.map(({ encoded }) => encoded))))
  }
  const time = options.time ?? defaultTime
  const speed = await trainingSpeed(device, clock)
  const config = start
    ? continuedConfig(start.config, data, options, prepared)
    : freshConfig(
        data,
        options,
        prepared,
        options.params ?? parametersFor(time * speed, dataset.train.tokens),
      )
  const limit = mostPasses * Math.max(dataset.train.tokens, 2e4)
  const byTime = (time * speed) / operationsPerToken(config.architecture)
  const tokens =
    options.tokens ?? (options.time === undefined && limit < byTime ? limit : undefined)
  const known = dataset.train.tokens
  const { recompute } = options
  reasons.push(...expectations(config, recipe, tokens ?? byTime, { known, speed, recompute }))
  return { ...prepared, context, config, recipe, tokens, time, reasons }
}

/** Tokens of the longest text that still has a canvas of its own in the network of another model, which may have learnt
 * windows: these leave no room for an end token. */
const longestOwnText = ({ config, tokenizer }: Start): number =>
  longestText({ ...config, text: { ...config.text, exactLength: true } }, tokenizer)

/** What a run will be like, in sentences.
 * @param learnt tokens of training  @param known tokens of the data
 * @param speed floating-point operations a second */
function expectations(
  { architecture, blockLengths }: ModelConfig,
  { batchTokens, reading }: Recipe,
  learnt: number,
  { known, speed, recompute = false }: { known: number; speed: number; recompute?: boolean },
): string[] {
  const { layers, width } = architecture
  const lessons = (blockLengths?.length ?? 1) + (reading > 0 ? 1 : 0)
  const parameters = million(parameterCount(architecture))
  const seconds = Math.round((learnt * operationsPerToken(architecture)) / speed)
  const mebibytes = Math.round(
    memoryOf(architecture, batchTokens, { lessons, dataTokens: known, recompute }) / 2 ** 20,
  )
  return [
    `Network: ${parameters} parameters (${layers} layers of width ${width}), ${million(learnt)} tokens of training, ${(learnt / known).toFixed(1)} passes over ${million(known)}.`,
    `About ${seconds} s of training and ${mebibytes} MiB of memory on this machine.`,
  ]
}
