// Training in Node: data by path or name, a folder to write to, one trainer at a time.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UnfogError } from '../error/index.ts'
import { type DeviceName, deviceOf } from '../runtime/devices.node.ts'
import type { Device } from '../runtime/index.ts'
import { folderStore } from '../store/folder.node.ts'
import { openCorpusPath } from '../text/corpus.node.ts'
import type { DocumentMode } from '../text/index.ts'
import { corpusData, isWorld, type TrainingData, taleData, textData } from '../train/data.ts'
import { type DataReport, reportOf } from '../train/data-report.ts'
import { type RunHistory, readHistory } from '../train/history.ts'
import type { RunOptions } from '../train/plan.ts'
import { run, type TrainEvent } from '../train/run.ts'
import { modelFolder } from './load.node.ts'
import { lockFolder } from './lock.node.ts'
import { openModel } from './open-model.ts'

export interface TrainOptions extends Omit<RunOptions, 'recipe'> {
  /** a file or a folder (plain text, .jsonl, .csv, .tsv, .parquet, each also as .gz or .zst), '-' for plain text from
   * stdin, 'tales:small' or 'tales:full', or texts in memory */
  data: string | readonly string[]
  /** which field of records is the text; guessed when absent */
  field?: string
  /** the run's folder; a run that is there already goes on */
  out: string
  /** what one document is; guessed from the data when absent */
  documents?: DocumentMode
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

type DataOptions = Pick<TrainOptions, 'data' | 'field' | 'documents' | 'count'>

async function openData({
  data,
  field,
  documents,
  count,
}: DataOptions): Promise<{ data: TrainingData; close(): Promise<void> }> {
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
  const corpus = await openCorpusPath(data, process.stdin, { field })
  try {
    return { data: await corpusData(corpus, documents), close: () => corpus.close() }
  } catch (error) {
    await corpus.close()
    throw error
  }
}

/** Trains a model, or goes on with a run. Iterate to let it work; stop it by its signal, and everything is saved.
 * @throws UnfogError `usage`, `bad_input`, `bad_run`, `busy`, `disk_full`, `diverged`, `unsupported` */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const {
    data: _data,
    out,
    documents: _documents,
    field: _field,
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
      : await openModel(folderStore(modelFolder(asked.from)), chosen)
  const { data, close } = await openData(options)
  let unlock: (() => void) | undefined
  try {
    unlock = lockFolder(out)
    yield* run({
      data,
      out: folderStore(out),
      device: chosen,
      options: config ? { ...asked, recipe: config } : asked,
      start,
      signal,
      every,
    })
  } finally {
    unlock?.()
    await close()
  }
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
