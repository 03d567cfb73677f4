// A corpus: the files that a run learns from, read as text in chunks, so that its size is no matter. Text is UTF-8; a
// byte order mark is dropped and CRLF becomes LF, and the notes say so. Anything else that is not text is refused.
// Compressed files are read as what they hold; files of records give the text of each record, or the answers of each
// conversation.
import { UnfogError } from '../error/index.ts'
import type { Store } from '../store/index.ts'
import type { ChatChoice } from './chat-forms.ts'
import { decompressed, plainName } from './compressed.ts'
import type { Answer } from './conversation.ts'
import {
  guessReading,
  type RecordFile,
  type RecordReading,
  recordFormatOf,
  recordTexts,
} from './records.ts'

export interface Corpus {
  /** What the user called it. */
  readonly name: string
  readonly files: readonly string[]
  /** bytes of text, about: compressed files hold about three times their size */
  readonly bytes: number
  /** What reading changed, in sentences; complete once all was read. */
  readonly notes: ReadonlySet<string>
  /** One file's text, in order.
   * @throws UnfogError `bad_input` when it is not UTF-8 text */
  read(file: string): AsyncIterable<string>
  /** The texts of a file's records, in order; undefined for a file of plain text.
   * @throws UnfogError `bad_input` */
  records(file: string): AsyncIterable<Answer> | undefined
  /** How all its records are read, by the first of them unless it was said; {} without records. */
  reading(): Promise<RecordReading>
}

export interface CorpusOptions {
  /** which field of a record is its text; guessed from the first record when absent */
  field?: string
  /** how records hold conversations, if they do; guessed when absent */
  chat?: ChatChoice
}

const chunkBytes = 2 ** 16
/** bytes of text in a compressed byte, about */
const expansion = 3

/** Files of a store as a corpus.
 * @param name how messages call it
 * @throws UnfogError `not_found`, or `bad_input` when there is nothing to read */
export async function openCorpus(
  store: Store,
  files: readonly string[],
  name: string,
  options: CorpusOptions = {},
): Promise<Corpus> {
  const sizes = new Map<string, number>()
  const called = (file: string) => (files.length === 1 ? name : `${name}/${file}`)
  let bytes = 0
  for (const file of files) {
    const info = await store.stat(file)
    if (!info)
      throw new UnfogError('not_found', `there is no file ${called(file)}`, { param: name })
    checkFormat(file, called(file))
    sizes.set(file, info.size)
    const compressed = plainName(file) !== file || recordFormatOf(file)?.streams === false
    bytes += info.size * (compressed ? expansion : 1)
  }
  if (bytes === 0) {
    throw new UnfogError('bad_input', `${name} is empty: give it some text`, { param: name })
  }
  const notes = new Set<string>()
  const size = (file: string) => sizes.get(file) ?? 0
  const read = (file: string) =>
    textOf(decompressed(file, bytesOf(store, file, size(file))), called(file), notes)
  const formatOf = (file: string) => recordFormatOf(plainName(file))
  const source = (file: string): RecordFile => ({
    name: called(file),
    size: size(file),
    text: () => read(file),
    range: (offset: number, length: number) => store.readRange(file, offset, length),
  })
  let guess: Promise<RecordReading> | undefined
  const reading = () => {
    const first = files.find(formatOf)
    guess ??= first
      ? guessReading(formatOf(first)!, source(first), options)
      : Promise.resolve<RecordReading>({})
    return guess
  }
  return {
    name,
    files,
    bytes,
    notes,
    read,
    reading,
    records(file) {
      const format = formatOf(file)
      return format && recordsOf(format, source(file), reading, notes)
    },
  }
}

async function* recordsOf(
  format: NonNullable<ReturnType<typeof recordFormatOf>>,
  file: RecordFile,
  reading: () => Promise<RecordReading>,
  notes: Set<string>,
): AsyncGenerator<Answer> {
  let unanswered = 0
  yield* recordTexts(format, file, await reading(), () => unanswered++)
  if (unanswered > 0) {
    const some = unanswered === 1 ? '1 conversation' : `${unanswered} conversations`
    notes.add(`${file.name}: ${some} without an answer left out.`)
  }
}

function checkFormat(file: string, name: string): void {
  if (plainName(file) === file || recordFormatOf(plainName(file))?.streams !== false) return
  throw new UnfogError(
    'bad_input',
    `${name} is compressed as a whole, and its format cannot be read front to back: unpack it first`,
    { param: name },
  )
}

async function* bytesOf(
  store: Store,
  file: string,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let offset = 0; offset < size; offset += chunkBytes) {
    yield (await store.readRange(file, offset, chunkBytes)) as Uint8Array<ArrayBuffer>
  }
}

async function* textOf(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  notes: Set<string>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let carriageReturn = ''
  let from = 0
  let to = 0
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw notText(name, `a byte between ${from} and ${to} begins no character`)
    }
  }
  for await (const bytes of chunks) {
    from = to
    to += bytes.length
    if (from === 0) checkBeginning(bytes, name, notes)
    const zero = bytes.indexOf(0)
    if (zero >= 0) throw notText(name, `it has a zero byte at ${from + zero}`)
    let text = carriageReturn + decode(bytes)
    carriageReturn = ''
    if (text.endsWith('\r')) {
      carriageReturn = '\r'
      text = text.slice(0, -1)
    }
    if (text.includes('\r\n')) {
      notes.add('Windows line ends (CRLF) are read as LF.')
      text = text.replaceAll('\r\n', '\n')
    }
    if (text !== '') yield text
  }
  const rest = carriageReturn + decode()
  if (rest !== '') yield rest
}

const notText = (name: string, why: string) =>
  new UnfogError('bad_input', `${name} is not UTF-8 text: ${why}`, { param: name })

function checkBeginning(bytes: Uint8Array, name: string, notes: Set<string>): void {
  const [a, b, c] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw notText(name, 'it is UTF-16, so save it as UTF-8 first')
  }
  if (a === 0xef && b === 0xbb && c === 0xbf) notes.add('A byte order mark is left out.')
}
