import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import { openCorpusPath } from './corpus.node.ts'
import { type Corpus, corpusDocuments, type DocumentMode, openCorpus } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'unfog-corpus-'))
afterAll(() => rmSync(folder, { recursive: true }))

const utf8 = (text: string) => new TextEncoder().encode(text)

async function inMemory(files: Record<string, Uint8Array>): Promise<Corpus> {
  return openCorpus(memoryStore(files), Object.keys(files), 'data')
}

async function textOf(corpus: Corpus): Promise<string> {
  let all = ''
  for (const file of corpus.files) for await (const text of corpus.read(file)) all += text
  return all
}

/** Whole documents, their parts put together. */
async function documentsOf(corpus: Corpus, mode: DocumentMode): Promise<string[]> {
  const documents = ['']
  for await (const { text, more } of corpusDocuments(corpus, mode)) {
    documents[documents.length - 1] += text
    if (!more) documents.push('')
  }
  expect(documents.pop()).toBe('')
  return documents
}

describe('text', () => {
  test('a byte order mark goes, CRLF becomes LF, both are said; a lone CR stays', async () => {
    const corpus = await inMemory({ a: utf8('\ufeffone\r\ntwo\rthree\r\n') })
    expect(await textOf(corpus)).toBe('one\ntwo\rthree\n')
    expect([...corpus.notes].join(' ')).toMatch(/byte order mark.*CRLF/)
    const plain = await inMemory({ a: utf8('one\n\ufefftwo') })
    expect(await textOf(plain)).toBe('one\n\ufefftwo')
    expect(plain.notes.size).toBe(0)
  })

  test('characters and CRLF that lie across chunks come out whole', async () => {
    for (const shift of [0, 1, 2, 3]) {
      const line = '\r\n€'
      const text = `${'x'.repeat(shift)}${line.repeat(60_000)}\r`
      const corpus = await inMemory({ a: utf8(text) })
      expect((await textOf(corpus)) === text.replaceAll('\r\n', '\n')).toBe(true)
    }
  })

  test.each<[string, Uint8Array, string]>([
    ['nothing', utf8(''), 'data is empty'],
    ['a zero byte', utf8('abc\0def'), 'data is not UTF-8 text: it has a zero byte at 3'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 65, 0]), 'it is UTF-16, so save it as UTF-8'],
    ['Latin-1', new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x20]), 'a byte between 0 and 5'],
    ['half a character at the end', utf8('€').slice(0, 2), 'a byte between 0 and 2'],
  ])('refused in one sentence: %s', async (_, bytes, message) => {
    const reading = async () => textOf(await inMemory({ a: bytes }))
    await expect(reading()).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining(message),
    })
  })
})

describe('documents', () => {
  test('a line, a paragraph, a file', async () => {
    const files = { a: utf8('\n one\ntwo \n \n\n\n three\n'), b: utf8('four\n') }
    const modes = async (mode: DocumentMode) => documentsOf(await inMemory(files), mode)
    expect(await modes('line')).toEqual(['one', 'two', 'three', 'four'])
    expect(await modes('blank-line')).toEqual(['one\ntwo', 'three', 'four'])
    expect(await modes('file')).toEqual(['\n one\ntwo \n \n\n\n three\n', 'four\n'])
  })

  test('chunks do not show: the same documents as in memory, however long', async () => {
    const paragraphs = Array.from(
      { length: 400 },
      (_, i) => `p${i} ${'word '.repeat(i * 3)}end\nof ${i}`,
    )
    const giant = 'to be or not '.repeat(100_000).trim()
    paragraphs.splice(200, 0, giant)
    const text = paragraphs.join('\n\n')
    const corpus = await inMemory({ a: utf8(text) })
    expect(await documentsOf(corpus, 'blank-line')).toEqual(paragraphs)
    expect(await documentsOf(corpus, 'line')).toEqual(text.split(/\n+/))
    expect(await documentsOf(corpus, 'file')).toEqual([text])
  })
})

describe('on a disk', () => {
  test('a file of any name, or the .txt and .md files of a folder, in order, none hidden', async () => {
    const root = join(folder, 'tree')
    mkdirSync(join(root, 'sub'), { recursive: true })
    mkdirSync(join(root, '.git'))
    for (const [file, text] of Object.entries({
      'b.txt': 'B',
      'a.md': 'A',
      'sub/c.TXT': 'C',
      '.git/d.txt': 'D',
      'e.bin': '\0',
    })) {
      writeFileSync(join(root, file), text)
    }
    const corpus = await openCorpusPath(root)
    expect(corpus.files).toEqual(['a.md', 'b.txt', 'sub/c.TXT'])
    expect(await textOf(corpus)).toBe('ABC')
    expect(corpus.bytes).toBe(3)
    writeFileSync(join(root, 'story'), 'once')
    expect(await textOf(await openCorpusPath(join(root, 'story')))).toBe('once')
    await expect(async () => textOf(await openCorpusPath(join(root, 'e.bin')))).rejects.toThrow(
      `${join(root, 'e.bin')} is not UTF-8 text`,
    )
  })

  test('what is piped in can be read twice and leaves nothing behind', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('unfog-pipe-')).length
    const before = left()
    const corpus = await openCorpusPath('-', Readable.from([utf8('al'), utf8('pha\n')]))
    expect(corpus.name).toBe('standard input')
    expect(await textOf(corpus)).toBe('alpha\n')
    expect(await textOf(corpus)).toBe('alpha\n')
    await corpus.close()
    await expect(openCorpusPath('-', Readable.from([]))).rejects.toThrow('standard input is empty')
    expect(left()).toBe(before)
  })

  test('missing or useless paths are refused', async () => {
    mkdirSync(join(folder, 'bare'))
    await expect(openCorpusPath(join(folder, 'none'))).rejects.toMatchObject({ code: 'not_found' })
    await expect(openCorpusPath(join(folder, 'bare'))).rejects.toThrow('holds no .txt, .md')
    if (existsSync('/dev/null')) {
      await expect(openCorpusPath('/dev/null')).rejects.toThrow('neither a file nor a folder')
    }
  })
})
