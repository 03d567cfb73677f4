// Files of records and compressed files: written by other programs (pyarrow, Python's csv, gzip and zstandard), and
// made up here with everything that can be wrong with them.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import { corpusDocuments, type DocumentMode, guessCorpusDocuments, openCorpus } from './index.ts'
import { recordFormats } from './records.ts'

const fixture = (file: string) => readFileSync(new URL(`fixtures/${file}`, import.meta.url))
const utf8 = (text: string) => new TextEncoder().encode(text)

const stories = [
  'Lily saw a red kite.',
  'Max said: "Look, Zoë! 🪁"\nThen he ran.',
  '',
  'One; two, three\tfour.',
  'The end.',
]

async function textsOf(
  files: Record<string, Uint8Array>,
  options: { field?: string; mode?: DocumentMode } = {},
): Promise<string[]> {
  const corpus = await openCorpus(memoryStore(files), Object.keys(files), 'data', options)
  const mode = options.mode ?? (await guessCorpusDocuments(corpus)).documents
  const texts: string[] = []
  for await (const { text } of corpusDocuments(corpus, mode)) texts.push(text)
  return texts
}

const refusal = (
  files: Record<string, Uint8Array>,
  options?: { field?: string; mode?: DocumentMode },
) =>
  textsOf(files, options).then(
    () => 'nothing was refused',
    (error) => error.message as string,
  )

describe('files that other programs wrote', () => {
  for (const file of [
    'stories.jsonl',
    'stories.jsonl.zst',
    'stories.csv.gz',
    'stories.snappy.parquet',
    'stories.zstd.parquet',
  ]) {
    test(file, async () => {
      expect(await textsOf({ [file]: fixture(file) })).toEqual(stories)
      expect(await textsOf({ [file]: fixture(file) }, { field: 'source' })).toEqual(
        stories.map(() => 'unfog'),
      )
    })

    test(`${file}, its text named wrongly`, async () => {
      const message = await refusal({ [file]: fixture(file) }, { field: 'tale' })
      expect(message).toMatch(
        /data has no field "tale" in (line|row) \d, but "id", "text", "source"/,
      )
    })

    if (file === 'stories.jsonl') continue
    test(`${file}, cut off`, async () => {
      const bytes = fixture(file)
      expect(await refusal({ [file]: bytes.subarray(0, bytes.length - 12) })).toMatch(
        /is no whole (gzip|Zstandard) file|is no parquet file that can be read/,
      )
    })
  }
})

test('a text of any size comes out of gzip as it was, plain or as records', async () => {
  const text = 'The sun was warm, and Ben ran home.\n'.repeat(20_000)
  const zipped = new Response(
    new Blob([text]).stream().pipeThrough(new CompressionStream('gzip')),
  ).arrayBuffer()
  const files = { 'book.txt.gz': new Uint8Array(await zipped) }
  expect((await textsOf(files, { mode: 'file' })).join('')).toBe(text)
})

test('separated values come back whatever they hold, whole or in pieces', async () => {
  const value = fc.string({ unit: fc.constantFrom(...'a"",\n\t é🪁'), maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('csv' as const, 'tsv' as const),
      async (rows, size, name) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const separator = name === 'csv' ? ',' : '\t'
        const lines = [['text', 'other'], ...rows].map((row) => row.map(quoted).join(separator))
        const whole = lines.join('\n')
        const file = {
          name: 'data',
          size: 0,
          range: async () => new Uint8Array(),
          async *text() {
            const characters = [...whole]
            for (let i = 0; i < characters.length; i += size)
              yield characters.slice(i, i + size).join('')
          },
        }
        const found: string[][] = []
        for await (const { fields } of recordFormats[name].records(file))
          found.push([fields.text, fields.other] as string[])
        expect(found).toEqual(rows)
      },
    ),
  )
})

test.each<[string, Record<string, string>, { field?: string; mode?: DocumentMode }, string]>([
  ['no JSON', { 'a.jsonl': '{"text": "x"}\n{"text": ' }, {}, 'data has no JSON in line 2'],
  ['no object', { 'a.jsonl': '["x"]' }, {}, 'data holds ["x"] in line 1, where an object'],
  [
    'two texts',
    { 'a.jsonl': '{"a": "x", "b": "y"}' },
    {},
    'which field of data is the text? It has "a", "b"',
  ],
  ['no text', { 'a.jsonl': '{"a": 3}' }, {}, 'which field of data is the text?'],
  [
    'a number',
    { 'a.jsonl': '{"text": 3}' },
    { field: 'text' },
    'holds the number 3 in field "text" of line 1',
  ],
  [
    'an object',
    { 'a.jsonl': '{"text": {}}' },
    { field: 'text' },
    'holds no text in field "text" of line 1',
  ],
  [
    'an inherited name',
    { 'a.jsonl': '{"a": "x"}' },
    { field: 'constructor' },
    'no field "constructor"',
  ],
  [
    'a missing column',
    { 'a.csv': 'text,b\nx,y\nz\n' },
    {},
    'data has 1 columns in row 3 and 2 in its first',
  ],
  ['a cut quote', { 'a.csv': 'text,b\n"x' }, {}, 'data ends inside a quoted value'],
  ['no parquet', { 'a.parquet': 'text' }, {}, 'data is no parquet file that can be read'],
  ['a packed parquet', { 'a.parquet.gz': 'x' }, {}, 'data is compressed as a whole'],
  ['no gzip', { 'a.txt.gz': 'text' }, { mode: 'file' }, 'is no whole gzip file'],
  ['no Zstandard', { 'a.txt.zst': 'text' }, { mode: 'file' }, 'is no whole Zstandard file'],
  [
    'lines of records',
    { 'a.jsonl': '{"text": "x"}' },
    { mode: 'line' },
    'each record of data is one document',
  ],
  [
    'records of text',
    { 'a.txt': 'x' },
    { mode: 'record' },
    'files of plain text, which have no records',
  ],
])('%s is refused', async (_, files, options, message) => {
  const bytes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, utf8(text)]))
  expect(await refusal(bytes, options)).toContain(message)
})

test('a folder may hold both: plain text by its rule, records as they are', async () => {
  const files = { 'a.txt': utf8('one\ntwo\n'), 'b.jsonl': utf8('{"text": "three\\nfour"}\n\n') }
  expect(await textsOf(files, { mode: 'line' })).toEqual(['one', 'two', 'three\nfour'])
})

test('what is null is left out', async () => {
  expect(await textsOf({ 'a.jsonl': utf8('{"text": "x"}\n{"text": null}\n') })).toEqual(['x'])
})
