// Texts that a command is given come whole and in order, however long they are.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readDocuments } from './sources.ts'
import { capturedIo } from './testing/captured-io.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-sources-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

describe('documents', () => {
  test('of more than a megabyte are one text', async () => {
    const text = 'The fog was thick. '.repeat(70_000)
    const path = join(place, 'long.txt')
    writeFileSync(path, text)
    const { texts } = await readDocuments(path, capturedIo(), 'file')
    expect(texts.map((one) => one.length)).toEqual([text.length])
    expect(texts[0]).toBe(text)
  })

  test('are parted as asked, and else as they look', async () => {
    const stdin = Array.from({ length: 12 }, (_, i) => `Tale ${i} is short.`).join('\n')
    expect((await readDocuments('-', capturedIo({ stdin }), 'file')).texts).toEqual([stdin])
    const guessed = await readDocuments('-', capturedIo({ stdin }))
    expect(guessed.documents).toBe('line')
    expect(guessed.texts).toHaveLength(12)
  })
})
