import { describe, expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import { openCorpus } from '../text/index.ts'
import { corpusData, taleData, textData } from './data.ts'
import { reportOf } from './data-report.ts'

const corpusOf = async (file: string, text: string) =>
  corpusData(await openCorpus(memoryStore({ [file]: new TextEncoder().encode(text) }), [file], 'd'))

describe('a report on data', () => {
  test('counts texts, characters, repetitions and what is hardly there', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `The lamp number ${i} was lit.`)
    const report = await reportOf(textData('texts', [...texts, texts[3], texts[3], 'Oh', texts[7]]))
    expect(report).toMatchObject({
      documents: 'line',
      count: 44,
      characters: [...texts, texts[3], texts[3], 'Oh', texts[7]].join('').length,
      tokenizer: 'chars',
      form: 'exact-length',
      repeated: 3,
      nearEmpty: 1,
    })
    expect(report.lengths).toMatchObject({ least: 2, half: 27, most: 27 })
    expect(report.samples[0].text).toBe(texts[0])
    expect(report.samples.length).toBe(3)
    expect(report.usedIds).toBe(new Set(`${texts.join('')}Oh`).size)
  })

  test('reads records, and says by which tokenizer and how they are learnt', async () => {
    const line = (i: number) => `{"title": "x", "text": "Ben saw ${i} kites."}\n`
    const lines = Array.from({ length: 60 }, (_, i) => line(i)).join('')
    const report = await reportOf(await corpusOf('tales.jsonl', lines), { tokenizer: 'words' })
    expect(report).toMatchObject({ documents: 'record', count: 60, tokenizer: 'words' })
    expect(report.reasons.join(' ')).toMatch(
      /each record is one document.*canvas of its own length/,
    )
    expect(report.samples[0].text).toBe('Ben saw 0 kites.')
  })

  test('shows the beginning of a long text only', async () => {
    const report = await reportOf(await corpusOf('book.txt', `${'so it went, '.repeat(2000)}\n\n`))
    expect(report).toMatchObject({ documents: 'file', count: 1, form: 'windows', repeated: 0 })
    expect(report.samples).toEqual([{ text: `${'so it went, '.repeat(10).trim()} …` }])
    expect(report.heldOut.tokens / report.tokens).toBeCloseTo(0.1, 1)
  })

  test('tells of tales', async () => {
    const report = await reportOf(taleData('small', 300))
    expect(report).toMatchObject({ count: 300, tokenizer: 'words', nearEmpty: 0 })
  })
})
