// A corpus: the files that a run learns from, read as text in chunks of about a megabyte, so that its size is no
// matter. Text is UTF-8; a byte order mark is dropped and CRLF becomes LF, and the notes say so. Anything else that is
// not text is refused.
import { UnfogError } from '../error/index.ts'
import type { Store } from '../store/index.ts'

export interface Corpus {
  /** What the user called it. */
  readonly name: string
  readonly files: readonly string[]
  readonly bytes: number
  /** What reading changed, in sentences; complete once all was read. */
  readonly notes: ReadonlySet<string>
  /** One file's text, in order.
   * @throws UnfogError `bad_input` when it is not UTF-8 text */
  read(file: string): AsyncIterable<string>
}

const chunkBytes = 2 ** 16

/** Files of a store as a corpus.
 * @param name how messages call it
 * @throws UnfogError `not_found`, or `bad_input` when there is nothing to read */
export async function openCorpus(
  store: Store,
  files: readonly string[],
  name: string,
): Promise<Corpus> {
  const sizes = new Map<string, number>()
  const called = (file: string) => (files.length === 1 ? name : `${name}/${file}`)
  for (const file of files) {
    const info = await store.stat(file)
    if (!info)
      throw new UnfogError('not_found', `there is no file ${called(file)}`, { param: name })
    sizes.set(file, info.size)
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  if (bytes === 0) {
    throw new UnfogError('bad_input', `${name} is empty: give it some text`, { param: name })
  }
  const notes = new Set<string>()
  return {
    name,
    files,
    bytes,
    notes,
    read: (file) => readChunks(store, file, sizes.get(file) ?? 0, called(file), notes),
  }
}

async function* readChunks(
  store: Store,
  file: string,
  size: number,
  name: string,
  notes: Set<string>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let carriageReturn = ''
  for (let offset = 0; offset < size; offset += chunkBytes) {
    const bytes = await store.readRange(file, offset, chunkBytes)
    if (offset === 0) checkBeginning(bytes, name, notes)
    const zero = bytes.indexOf(0)
    if (zero >= 0) throw notText(name, `it has a zero byte at ${offset + zero}`)
    const last = offset + chunkBytes >= size
    let text = carriageReturn + decode(decoder, bytes, last, name, offset)
    carriageReturn = ''
    if (text.endsWith('\r') && !last) {
      carriageReturn = '\r'
      text = text.slice(0, -1)
    }
    if (text.includes('\r\n')) {
      notes.add('Windows line ends (CRLF) are read as LF.')
      text = text.replaceAll('\r\n', '\n')
    }
    if (text !== '') yield text
  }
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

function decode(
  decoder: TextDecoder,
  bytes: Uint8Array,
  last: boolean,
  name: string,
  offset: number,
): string {
  try {
    return decoder.decode(bytes, { stream: !last })
  } catch {
    throw notText(name, `a byte between ${offset} and ${offset + bytes.length} begins no character`)
  }
}
