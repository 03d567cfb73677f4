// What a user names on a command line becomes a corpus: a file, a folder of files that are text, or "-" for what is
// piped in. A pipe can be read once and a corpus is read several times, so a pipe is first written to a temporary file.
import { createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnfogError } from '../error/index.ts'
import { fileError, folderStore } from '../store/folder.node.ts'
import { plainName } from './compressed.ts'
import { type Corpus, type CorpusOptions, openCorpus } from './corpus.ts'
import { recordFormatOf } from './records.ts'

export interface OpenedCorpus extends Corpus {
  /** Removes what opening has written. */
  close(): Promise<void>
}

const nothingToClose = async () => {}

/** @param path a file, a folder, or "-"
 * @param piped what "-" stands for
 * @throws UnfogError `not_found`, `bad_input` */
export async function openCorpusPath(
  path: string,
  piped: AsyncIterable<Uint8Array> = process.stdin,
  options: CorpusOptions = {},
): Promise<OpenedCorpus> {
  if (path === '-') return openPipe(piped)
  const info = await stat(path).catch((error) => {
    throw error.code === 'ENOENT'
      ? new UnfogError('not_found', `there is no file or folder ${path}`, { param: path })
      : fileError(error, path, 'read')
  })
  if (info.isDirectory()) return openFolder(path, options)
  if (!info.isFile()) {
    throw new UnfogError('bad_input', `${path} is neither a file nor a folder`, { param: path })
  }
  const corpus = await openCorpus(folderStore(dirname(path)), [basename(path)], path, options)
  return { ...corpus, close: nothingToClose }
}

/** Is a file of a folder text, by its name? */
const isText = (file: string): boolean =>
  !file.split('/').some((part) => part.startsWith('.')) &&
  (/\.(txt|md)$/i.test(plainName(file)) || recordFormatOf(plainName(file)) !== undefined)

async function openFolder(path: string, options: CorpusOptions): Promise<OpenedCorpus> {
  const store = folderStore(path)
  const files = (await store.list('')).filter(isText)
  if (files.length === 0) {
    throw new UnfogError(
      'bad_input',
      `the folder ${path} holds no .txt, .md, .jsonl, .csv, .tsv or .parquet file`,
      { param: path },
    )
  }
  return { ...(await openCorpus(store, files, path, options)), close: nothingToClose }
}

async function openPipe(piped: AsyncIterable<Uint8Array>): Promise<OpenedCorpus> {
  const folder = await mkdtemp(join(tmpdir(), 'unfog-pipe-'))
  const removeNow = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeNow)
  const close = async () => {
    process.off('exit', removeNow)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await pipeline(Readable.from(piped), createWriteStream(join(folder, 'text')))
    return { ...(await openCorpus(folderStore(folder), ['text'], 'standard input')), close }
  } catch (error) {
    await close()
    throw error instanceof UnfogError ? error : fileError(error, folder, 'write')
  }
}
