// Training in Node: data by path or name, a folder to write to, one trainer at a time.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UnfogError } from '../error/index.ts'
import { type DeviceName, deviceOf } from '../runtime/devices.node.ts'
import type { Device } from '../runtime/index.ts'
import { folderStore } from '../store/folder.node.ts'
import { openCorpusPath } from '../text/corpus.node.ts'
import { type ChatChoice, type DocumentMode, plainFiles } from '../text/index.ts'
import {
  type Conversation,
  corpusData,
  isWorld,
  mixedData,
  type TrainingData,
  taleData,
  textData,
} from '../train/data.ts'
import { type DataReport, reportOf } from '../train/data-report.ts'
import { type RunHistory, readHistory } from '../train/history.ts'
import type { RunOptions } from '../train/plan.ts'
import { type TrainEvent as RunEvent, type RunSettings, run } from '../train/run.ts'
import { appendSample, type Sample } from '../train/samples.ts'
import { modelFolder } from './load.node.ts'
import { lockFolder } from './lock.node.ts'
import { openFloats } from './open-model.ts'
import { writeSample } from './training-sample.ts'

/** A file or a folder (plain text, .jsonl, .csv, .tsv, .parquet, each also as .gz or .zst), '-' for plain text from stdin,
 * 'tales:small' or 'tales:full', or texts and conversations in memory. */
export type Data = string | readonly (string | Conversation)[]

/** How files are read; what is absent is guessed. */
export interface ReadingOptions {
  /** what one document is */
  documents?: DocumentMode
  /** which field of records is the text */
  field?: string
  /** how records hold conversations, of which only answers are learnt; 'none': they are texts */
  chat?: ChatChoice
}

/** Data in a mixture. How it is read may be said here, or for all. */
export interface DataSource extends ReadingOptions {
  data: Data
  /** its part of the tokens that are seen, relative to the others'; by its size when none has a weight */
  weight?: number
}

export interface TrainOptions extends Omit<RunOptions, 'recipe' | 'weights'>, ReadingOptions {
  data: Data | readonly DataSource[]
  /** the run's folder; a run that is there already goes on */
  out: string
  /** parts of the recipe to change */
  config?: RunOptions['recipe']
  /** tales to learn from, for `tales:` data */
  count?: number
  /** a row of the table of devices, or one of your own; cpu when absent */
  device?: Device | DeviceName
  threads?: number
  signal?: AbortSignal
  /** seconds between reports, checkpoints */
  every?: { report?: number; checkpoint?: number }
}

const defaultTales = 200_000

export type DataOptions = Pick<TrainOptions, 'data' | 'count' | keyof ReadingOptions>

interface OpenedData {
  data: TrainingData
  close(): Promise<void>
}

const isMixture = (data: TrainOptions['data']): data is readonly DataSource[] =>
  typeof data !== 'string' && data.some((one) => typeof one === 'object' && 'data' in one)

async function openData({ data, ...how }: DataOptions): Promise<OpenedData> {
  if (!isMixture(data)) return openOne(data, how)
  checkWeights(data)
  const opened: (OpenedData & { weight?: number })[] = []
  const close = async () => {
    for (const one of opened) await one.close()
  }
  try {
    for (const { data: one, weight, ...own } of data) {
      opened.push({ ...(await openOne(one, { ...own, count: how.count }, how)), weight })
    }
    const world = opened.find(({ data }) => data.world)?.data.name
    if (world && opened.length > 1) {
      throw new UnfogError(
        'usage',
        `${world} cannot be mixed with other data, because of its labels: learn from it alone, or from a file that unfog tales wrote`,
        { param: 'data' },
      )
    }
    return { data: mixedData(opened), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @throws UnfogError `usage` */
function checkWeights(sources: readonly DataSource[]): void {
  const given = sources.filter(({ weight }) => weight !== undefined)
  const wrong = given.find(({ weight }) => !(Number.isFinite(weight) && weight! > 0))
  if (wrong) {
    throw new UnfogError('usage', `a weight of ${wrong.weight} is not a number above 0`, {
      param: 'weights',
    })
  }
  if (given.length > 0 && given.length < sources.length) {
    throw new UnfogError(
      'usage',
      `${given.length} of ${sources.length} data have a weight: give one to each, or to none`,
      { param: 'weights' },
    )
  }
}

/** @param all how data are read where nothing of their own is said, and as far as it concerns them */
async function openOne(
  data: Data,
  { field, chat, documents, count }: ReadingOptions & { count?: number },
  all: ReadingOptions = {},
): Promise<OpenedData> {
  const nothing = async () => {}
  if (typeof data !== 'string') return { data: textData('texts', data), close: nothing }
  const world = data.startsWith('tales:') ? data.slice(6) : undefined
  if (world !== undefined) {
    if (!isWorld(world))
      throw new UnfogError('usage', `there is no world ${world}: use tales:small or tales:full`, {
        param: 'data',
      })
    return { data: taleData(world, count ?? defaultTales), close: nothing }
  }
  const corpus = await openCorpusPath(data, process.stdin, {
    field: field ?? all.field,
    chat: chat ?? all.chat,
  })
  try {
    const mode = documents ?? (plainFiles(corpus).length > 0 ? all.documents : undefined)
    return { data: await corpusData(corpus, mode), close: () => corpus.close() }
  } catch (error) {
    await corpus.close()
    throw error
  }
}

/** What a run tells; samples are written, and kept in the run's folder. */
export type TrainEvent = Exclude<RunEvent, { type: 'sample' }> | ({ type: 'sample' } & Sample)

/** Trains a model, or goes on with a run. Iterate to let it work; stop it by its signal, and everything is saved.
 * @throws UnfogError `usage`, `bad_input`, `bad_run`, `busy`, `disk_full`, `diverged`, `unsupported` */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const {
    data: _data,
    out,
    documents: _documents,
    field: _field,
    chat: _chat,
    config,
    count: _count,
    device,
    threads,
    signal,
    every,
    ...asked
  } = options
  const chosen = await deviceOf(device, { threads })
  const start =
    asked.from === undefined
      ? undefined
      : await openFloats(folderStore(modelFolder(asked.from)), chosen)
  if (start?.config.text.special) {
    throw new UnfogError(
      'unsupported',
      `${asked.from} is a released model, which unfog cannot train further yet: start from one that unfog trained`,
      { param: 'from' },
    )
  }
  yield* runIn(out, options, {
    device: chosen,
    options: { ...asked, ...weightsOf(options.data), ...(config ? { recipe: config } : {}) },
    start,
    signal,
    every,
  })
}

/** A run in a folder, which is its own while it lasts. */
export async function* runIn(
  out: string,
  read: DataOptions,
  settings: Omit<RunSettings, 'data' | 'out'>,
): AsyncGenerator<TrainEvent, void, undefined> {
  const { data, close } = await openData(read)
  let unlock: (() => void) | undefined
  try {
    unlock = lockFolder(out)
    const store = folderStore(out)
    const events = run({ ...settings, data, out: store })
    for await (const event of events) {
      if (event.type === 'sample') {
        const sample = { tokens: event.tokens, text: await writeSample(event) }
        await appendSample(store, sample)
        yield { type: 'sample', ...sample }
      } else yield event
    }
  } finally {
    unlock?.()
    await close()
  }
}

/** What was asked of a mixture, for the record. */
function weightsOf(data: TrainOptions['data']): Pick<RunOptions, 'weights'> {
  const weights = isMixture(data) ? data.map(({ weight }) => weight) : []
  return weights[0] === undefined ? {} : { weights: weights as number[] }
}

/** What a run would learn from: how it is read, how long its texts are, what is in it twice.
 * @throws UnfogError `usage`, `bad_input`, `not_found` */
export async function describeData(
  options: DataOptions & Pick<TrainOptions, 'tokenizer' | 'vocabSize'>,
): Promise<DataReport> {
  const { data, close } = await openData(options)
  try {
    return await reportOf(data, options)
  } finally {
    await close()
  }
}

/** The training runs of a folder: itself, or those of the folders in it, by name.
 * @throws UnfogError `bad_run` when one is damaged */
export async function runs(folder: string): Promise<RunHistory[]> {
  const own = await readHistory(folderStore(folder))
  if (own) return [own]
  const names = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : []
  const histories = await Promise.all(
    names.map(({ name }) => readHistory(folderStore(join(folder, name)))),
  )
  return histories.filter((history) => history !== undefined)
}
