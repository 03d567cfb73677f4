// What a page must know of the model before it asks for a text.
import { makePlan, policiesFor } from '../../denoise/index.ts'
import { tell } from '../../index.ts'
import { noiseOf } from '../../noise/index.ts'
import { generateParameters, noParameters } from '../query.ts'
import { route, type Served } from '../service.ts'

export interface ModelJSON {
  name: string
  parameters: number
  /** longest text in tokens */
  context: number
  /** sees it only what is to the left? Then it fills no gaps */
  causal: boolean
  /** the TinyTales world whose tales it writes, if it does */
  world?: string
  /** what a text may be asked to be; the names are parameters of /generate */
  labels: { name: string; values: string[] }[]
  /** the order it writes in unless another is asked for */
  policy: string
  /** the orders it can write in, and which parameters each takes */
  policies: { name: string; about: string; takes: string[] }[]
  /** letters of a token on average: how wide the fog is */
  charactersPerToken: number
  /** what one might type */
  examples: string[]
  /** the name of the model that /twin writes with, where there is one */
  twin?: string
}

export const model = route({
  about: 'The model: name, size, labels, examples.',
  parameters: noParameters,
  handle: (_, { model, twin }) => Response.json({ ...modelJSON(model), twin: twin?.config.name }),
})

function modelJSON(model: Served): ModelJSON {
  const { config, tokenizer, parameters, context } = model
  const causal = config.architecture.attention === 'causal'
  const trained = { causal, process: noiseOf(config.noise) }
  const { world } = config.text
  return {
    name: config.name,
    parameters,
    context,
    causal,
    world,
    labels: tokenizer.labels
      .filter(({ name }) => name in generateParameters.shape)
      .map(({ name, values }) => ({ name, values: [...values] })),
    policy: makePlan({}, trained).policy.name,
    policies: policiesFor(trained).map(({ name, about, takes }) => ({
      name,
      about,
      takes: [...takes],
    })),
    charactersPerToken: charactersPerToken(model),
    examples: world ? taleExamples(world, causal, model) : [],
  }
}

function charactersPerToken({ config, tokenizer }: Served): number {
  const { world } = config.text
  if (world) {
    const { text } = tell(world, 1)
    return text.length / tokenizer.encode(text).length
  }
  const long = tokenizer.characters.filter((characters) => characters > 1)
  return long.reduce((sum, characters) => sum + characters, 1) / (long.length + 1)
}

/** The first words of a few tales, and for a model that sees both sides a tale without its middle. */
function taleExamples(world: 'small' | 'full', causal: boolean, { tokenizer }: Served): string[] {
  const beginnings = [11, 12, 13].map((seed) => firstWords(tell(world, seed).text))
  if (causal) return beginnings
  const { text, sentences } = tell(world, 14)
  const last = sentences[sentences.length - 1]
  const gap = tokenizer.encode(text).length - tokenizer.encode(`${sentences[0]} ${last}`).length
  return [...beginnings, `${sentences[0]} [${gap}] ${last}`]
}

const firstWords = (text: string): string => text.split(' ').slice(0, 5).join(' ')
