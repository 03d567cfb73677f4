// Files of records: each is a document, of which one field is the text, or a conversation whose answers are documents.
// A new format is one row.
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { UnfogError } from '../error/index.ts'
import { type ChatChoice, type ChatFormName, chatFormOf, chatForms } from './chat-forms.ts'
import { type Answer, answersOf } from './conversation.ts'

/** A file as a format may read it. */
export interface RecordFile {
  /** what messages call it */
  readonly name: string
  /** bytes, as it lies there */
  readonly size: number
  /** its text, decompressed, CRLF as LF */
  text(): AsyncIterable<string>
  range(offset: number, length: number): Promise<Uint8Array>
}

/** A record, and where it stands: "line 3". */
interface Entry {
  fields: Readonly<Record<string, unknown>>
  where: string
}

interface RecordFormat {
  readonly extensions: readonly string[]
  readonly about: string
  /** can it be read front to back, and so be compressed as a whole? */
  readonly streams: boolean
  /** @param field the only field that is needed, if it is known */
  records(file: RecordFile, field?: string): AsyncIterable<Entry>
}

const jsonl: RecordFormat = {
  extensions: ['.jsonl', '.ndjson'],
  about: 'a JSON object a line',
  streams: true,
  async *records(file) {
    let number = 0
    for await (const line of linesOf(file.text())) {
      number++
      if (line.trim() === '') continue
      yield { fields: parseObject(line, file.name, number), where: `line ${number}` }
    }
  },
}

function parseObject(line: string, name: string, number: number): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new UnfogError(
      'bad_input',
      `${name} has no JSON in line ${number}: ${(cause as Error).message}`,
      { param: name, cause },
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new UnfogError(
    'bad_input',
    `${name} holds ${JSON.stringify(value).slice(0, 40)} in line ${number}, where an object like {"text": "…"} should be`,
    { param: name },
  )
}

const separated = (extension: string, separator: string, about: string): RecordFormat => ({
  extensions: [extension],
  about,
  streams: true,
  async *records(file) {
    let columns: string[] | undefined
    let number = 0
    for await (const row of rowsOf(file.text(), separator, file.name)) {
      number++
      if (!columns) {
        columns = row
        continue
      }
      if (row.length === 1 && row[0] === '') continue
      if (row.length !== columns.length) {
        throw new UnfogError(
          'bad_input',
          `${file.name} has ${row.length} columns in row ${number} and ${columns.length} in its first: quote what holds a separator`,
          { param: file.name },
        )
      }
      const fields = Object.fromEntries(columns.map((column, i) => [column, row[i]]))
      yield { fields, where: `row ${number}` }
    }
  },
})

const parquet: RecordFormat = {
  extensions: ['.parquet'],
  about: 'Apache Parquet',
  streams: false,
  async *records(file, field) {
    const buffer = {
      byteLength: file.size,
      slice: async (start: number, end = file.size) => {
        const bytes = await file.range(start, end - start)
        return new Uint8Array(bytes).buffer
      },
    }
    try {
      const metadata = await parquetMetadataAsync(buffer)
      const names = parquetSchema(metadata).children.map(({ element }) => element.name)
      const columns = field !== undefined && names.includes(field) ? [field] : undefined
      let row = 0
      for (const { num_rows } of metadata.row_groups) {
        const rowEnd = row + Number(num_rows)
        const part = { file: buffer, metadata, compressors, columns, rowStart: row, rowEnd }
        for (const fields of await parquetReadObjects(part)) yield { fields, where: `row ${++row}` }
      }
    } catch (cause) {
      if (cause instanceof UnfogError) throw cause
      throw new UnfogError(
        'bad_input',
        `${file.name} is no parquet file that can be read: ${(cause as Error).message}`,
        { param: file.name, cause },
      )
    }
  },
}

/** Every format of records. */
export const recordFormats = {
  jsonl,
  csv: separated('.csv', ',', 'comma-separated, its first row the names of the columns'),
  tsv: separated('.tsv', '\t', 'the same with tabs'),
  parquet,
} satisfies Record<string, RecordFormat>

/** @param file its name, without what says that it is compressed */
export function recordFormatOf(file: string): RecordFormat | undefined {
  const lower = file.toLowerCase()
  return Object.values<RecordFormat>(recordFormats).find(({ extensions }) =>
    extensions.some((extension) => lower.endsWith(extension)),
  )
}

/** fields that are taken for the text when nobody names one */
const usualFields = ['text', 'content', 'story']

/** How records are read: as texts or as conversations. */
export interface RecordReading {
  /** the form of a conversation; undefined: one field is the text */
  chat?: ChatFormName
  /** which one; guessed from the first record of a file when absent */
  field?: string
}

/** How records hold what is learnt, from the look of the first.
 * @param asked what a person said about it */
export async function guessReading(
  format: RecordFormat,
  file: RecordFile,
  asked: { field?: string; chat?: ChatChoice },
): Promise<RecordReading> {
  const { field, chat } = asked
  if (chat !== undefined && chat !== 'none') return { chat }
  if (field !== undefined || chat === 'none') return { field }
  for await (const { fields } of format.records(file)) return { chat: chatFormOf(fields) }
  return {}
}

/** What is learnt of a file of records, in order.
 * @param left called for a conversation that holds no answer
 * @throws UnfogError `bad_input`, `usage` when no field can be guessed */
export async function* recordTexts(
  format: RecordFormat,
  file: RecordFile,
  { chat, field }: RecordReading,
  left: () => void,
): AsyncGenerator<Answer> {
  if (chat === undefined) {
    for await (const text of fieldTexts(format, file, field)) yield { text }
    return
  }
  for await (const { fields, where } of format.records(file)) {
    const answers = answersOf(
      chatForms[chat].turns(fields, (why) => {
        throw new UnfogError(
          'bad_input',
          `${file.name}: ${where} ${why} (read by --chat ${chat})`,
          {
            param: 'chat',
          },
        )
      }),
    )
    if (answers.length === 0) left()
    yield* answers
  }
}

/** The texts of one field. */
async function* fieldTexts(
  format: RecordFormat,
  file: RecordFile,
  field?: string,
): AsyncGenerator<string> {
  let chosen = field
  for await (const { fields, where } of format.records(file, field)) {
    chosen ??= guessField(fields, file.name)
    const text = Object.hasOwn(fields, chosen) ? fields[chosen] : undefined
    if (typeof text === 'string') yield text.replaceAll('\r\n', '\n')
    else if (text === undefined && !Object.hasOwn(fields, chosen)) {
      throw new UnfogError(
        'bad_input',
        `${file.name} has no field ${JSON.stringify(chosen)} in ${where}, but ${named(fields)}: name the text with --field`,
        { param: 'field' },
      )
    } else if (text !== null) {
      throw new UnfogError(
        'bad_input',
        `${file.name} holds ${typeof text === 'object' ? 'no text' : `the ${typeof text} ${text}`} in field ${JSON.stringify(chosen)} of ${where}: name a field of texts with --field`,
        { param: 'field' },
      )
    }
  }
}

const named = (fields: Readonly<Record<string, unknown>>): string =>
  Object.keys(fields)
    .slice(0, 12)
    .map((name) => JSON.stringify(name))
    .join(', ')

function guessField(fields: Readonly<Record<string, unknown>>, file: string): string {
  const texts = Object.keys(fields).filter((name) => typeof fields[name] === 'string')
  const guess =
    usualFields.find((name) => texts.includes(name)) ?? (texts.length === 1 ? texts[0] : undefined)
  if (guess !== undefined) return guess
  throw new UnfogError(
    'usage',
    `which field of ${file} is the text? It has ${named(fields)}: name one with --field`,
    { param: 'field' },
  )
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}

/** Rows of separated values (RFC 4180): a value in quotes may hold separators, line ends, and quotes written twice. */
async function* rowsOf(
  chunks: AsyncIterable<string>,
  separator: string,
  name: string,
): AsyncGenerator<string[]> {
  let row: string[] = []
  let value = ''
  let state: 'plain' | 'quoted' | 'closed' = 'plain'
  for await (const chunk of chunks) {
    for (const c of chunk) {
      if (state === 'quoted') {
        if (c === '"') state = 'closed'
        else value += c
      } else if (c === '"' && (state === 'closed' || value === '')) {
        // a quote behind a closed one was written twice
        if (state === 'closed') value += c
        state = 'quoted'
      } else if (c === separator || c === '\n') {
        row.push(value)
        value = ''
        state = 'plain'
        if (c === '\n') {
          yield row
          row = []
        }
      } else {
        value += c
        if (state === 'closed') state = 'plain'
      }
    }
  }
  if (state === 'quoted') {
    throw new UnfogError('bad_input', `${name} ends inside a quoted value: it is cut off`, {
      param: name,
    })
  }
  if (value !== '' || row.length > 0 || state === 'closed') yield [...row, value]
}
