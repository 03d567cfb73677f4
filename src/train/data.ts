// What a run learns from: files, texts in memory, or a world of TinyTales. Each becomes a tokenizer and a dataset.
import { labelsOf, labelValues, tell, type WorldName, worlds } from '../tales/index.ts'
import {
  answersOf,
  type Corpus,
  chatForms,
  chooseForm,
  corpusDocuments,
  type Dataset,
  type DocumentMode,
  type DocumentPart,
  type Encoded,
  encodeDocuments,
  guessCorpusDocuments,
  type LabelValues,
  makeDataset,
  mixDatasets,
  partTexts,
  type Tokenizer,
  type TokenizerName,
  type Turn,
  trainTokenizer,
} from '../text/index.ts'

/** Texts that can be read more than once. */
export interface TrainingData {
  /** what a person called it */
  name: string
  /** bytes of text, about */
  bytes: number
  documents: DocumentMode
  /** why `documents` is what it is */
  reason: string
  labels: readonly LabelValues[]
  /** does it hold conversations, of which answers are learnt? */
  chat: boolean
  world?: WorldName
  texts(): AsyncIterable<DocumentPart> | Iterable<DocumentPart>
  /** data of which these are the mixture; undefined where they are one */
  sources?: readonly WeightedData[]
  /** texts to measure on; a part of the others when absent */
  heldOut?(): Iterable<DocumentPart>
  /** sentences about what reading changed */
  notes(): string[]
}

/** Data in a mixture. */
export interface WeightedData {
  data: TrainingData
  /** its part of the tokens that are seen, relative to the others'; by its size when absent */
  weight?: number
}

/** Several data as one. A single one is itself. */
export function mixedData(sources: readonly WeightedData[]): TrainingData {
  const all = sources.map(({ data }) => data)
  const [first] = all
  if (sources.length === 1) return first
  return {
    name: all.map(({ name }) => name).join(' + '),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    documents: first.documents,
    reason: all
      .map(({ name, reason }) => `From ${name}: ${reason.replace(/[.]+$/, '')}.`)
      .join(' '),
    labels: [],
    chat: all.some(({ chat }) => chat),
    sources,
    async *texts() {
      for (const data of all) yield* data.texts()
    },
    notes: () => all.flatMap((data) => data.notes()),
  }
}

/** Files. @param mode what one document is; guessed from the data when absent */
export async function corpusData(corpus: Corpus, mode?: DocumentMode): Promise<TrainingData> {
  const guess = mode ? undefined : await guessCorpusDocuments(corpus)
  const documents = mode ?? guess!.documents
  const { chat } = await corpus.reading()
  const spoken =
    chat &&
    `A record has ${chatForms[chat].has}, a conversation (--chat ${chat}): each answer is one document, and nothing else is learnt`
  return {
    name: corpus.name,
    bytes: corpus.bytes,
    documents,
    reason: spoken ?? guess?.reason ?? 'as asked',
    labels: [],
    chat: chat !== undefined,
    texts: () => corpusDocuments(corpus, documents),
    notes: () => [...corpus.notes],
  }
}

/** A conversation in memory. */
export interface Conversation {
  messages: readonly Turn[]
}

/** Texts in memory, one document each, and conversations, of which each answer is one. */
export function textData(name: string, texts: readonly (string | Conversation)[]): TrainingData {
  const chat = texts.some((text) => typeof text !== 'string')
  const parts = texts.flatMap((text): DocumentPart[] =>
    typeof text === 'string' ? [{ text }] : answersOf(text.messages),
  )
  return {
    name,
    bytes: parts.reduce((sum, { text }) => sum + text.length, 0),
    documents: 'line',
    reason: chat ? 'each answer is one document' : 'each text is one document',
    labels: [],
    chat,
    texts: () => parts,
    notes: () => [],
  }
}

/** labels that a tale carries in front, in this order */
export const taleLabels = ['style', 'words', 'who', 'what'] as const

/** Seeds of tales for training and for measuring, far from each other and from those that people type. */
const firstSeed = { training: 2 ** 40, heldOut: 2 ** 44 }

function* tales(world: WorldName, from: number, count: number): Generator<DocumentPart> {
  for (let i = 0; i < count; i++) {
    const { text, facts } = tell(world, from + i)
    const labels = labelsOf(world, text, facts)
    yield { text, labels: Object.fromEntries(taleLabels.map((name) => [name, labels[name]])) }
  }
}

/** Tales of a world, told as they are needed. @param count tales to learn from */
export function taleData(world: WorldName, count: number): TrainingData {
  const values = labelValues(world)
  const sample = [...tales(world, firstSeed.training, 100)]
  return {
    name: `tales:${world}`,
    bytes: Math.round(
      (count * sample.reduce((sum, { text }) => sum + text.length, 0)) / sample.length,
    ),
    documents: 'line',
    reason: 'each tale is one document',
    labels: taleLabels.map((name) => ({ name, values: values[name] })),
    chat: false,
    world,
    texts: () => tales(world, firstSeed.training, count),
    heldOut: () => tales(world, firstSeed.heldOut, 1000),
    notes: () => [],
  }
}

export const isWorld = (name: string): name is WorldName => Object.hasOwn(worlds, name)

/** Data ready to be learnt from, and their part in it. */
export interface PreparedSource {
  name: string
  encoded: Encoded
  dataset: Dataset
  /** part of the tokens that are seen, 0 to 1 */
  share: number
}

export interface Prepared {
  tokenizer: Tokenizer
  dataset: Dataset
  /** what the data set is a mixture of; one where it is none */
  sources: readonly PreparedSource[]
}

/** how many tales decide the vocabulary of a world: it is small, and rare words show up well before */
const vocabularyTales = 20_000

/** Learns the tokenizer, unless one is given, and encodes everything.
 * @param context longest canvas in tokens of text */
export async function prepare(
  data: TrainingData,
  options: {
    tokenizer: Tokenizer | TokenizerName
    vocabSize?: number
    context: number
    seed: number
    /** shall it have tokens for masks that become two, or nothing? */
    growth?: boolean
  },
): Promise<Prepared> {
  const { context, seed, vocabSize, growth } = options
  const tokenizer =
    typeof options.tokenizer !== 'string'
      ? options.tokenizer
      : await trainTokenizer(
          options.tokenizer,
          data.world
            ? partsOnce(tales(data.world, firstSeed.training, vocabularyTales))
            : partTexts(asyncParts(data.texts())),
          { labels: data.labels, vocabSize, roles: data.chat, growth },
        )
  const mixed = data.sources ?? [{ data }]
  const read: { data: TrainingData; weight?: number; encoded: Encoded; heldOut?: Encoded }[] = []
  for (const { data, weight } of mixed) {
    const encoded = await encodeDocuments(tokenizer, data.texts())
    const heldOut = data.heldOut && (await encodeDocuments(tokenizer, data.heldOut()))
    read.push({ data, weight, encoded, heldOut })
  }
  const form = chooseForm(
    read.map(({ encoded }) => encoded),
    context,
  )
  const sets = read.map(({ data, encoded, heldOut, weight }) => {
    const dataset = makeDataset(encoded, { seed, context, heldOut, form })
    return { name: data.name, encoded, dataset, weight: weight ?? dataset.train.tokens }
  })
  const weights = sets.reduce((sum, { weight }) => sum + weight, 0)
  return {
    tokenizer,
    dataset: mixDatasets(sets, context),
    sources: sets.map(({ weight, ...set }) => ({ ...set, share: weight / weights })),
  }
}

/** How data are cut and, where they are mixed, how much of each is seen: in sentences. */
export const describeSources = ({ sources }: Prepared): string[] =>
  sources.map(({ name, dataset, share }) =>
    sources.length === 1
      ? dataset.summary
      : `${(100 * share).toFixed(1)} % of what is seen is ${name}: ${dataset.summary}`,
  )

function* partsOnce(parts: Iterable<DocumentPart>): Generator<string> {
  for (const { text } of parts) yield text
}

async function* asyncParts(
  parts: AsyncIterable<DocumentPart> | Iterable<DocumentPart>,
): AsyncGenerator<DocumentPart> {
  yield* parts
}
