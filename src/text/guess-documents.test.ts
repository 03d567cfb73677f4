import { expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import { guessCorpusDocuments, guessDocuments, openCorpus } from './index.ts'

const play = Array.from(
  { length: 30 },
  (_, i) => `First Citizen:\nWe are accounted poor citizens, the patricians good,\nspeech ${i}.`,
).join('\n\n')
const novel = Array.from(
  { length: 30 },
  (_, i) => `It was the ${i}th summer. She had been mistress of his house from an early period.`,
).join('\n\n')
const tales = Array.from({ length: 30 }, (_, i) => `Lily had ${i} balls. "All mine!" she said.`)
const wrapped = Array.from({ length: 60 }, (_, i) =>
  i % 15 === 14 ? '' : 'and so the text goes on until the line is full and the next',
).join('\n')

test.each([
  ['a play in speeches is one long text', play, 'file'],
  ['a novel with a paragraph a line', novel, 'blank-line'],
  ['a tale a line', tales.join('\n'), 'line'],
  [
    'a list of names',
    ['emma', 'olivia', 'ava', 'mia', 'zoe', 'ida', 'lea', 'amy'].join('\n'),
    'line',
  ],
  ['wrapped prose', wrapped, 'file'],
  ['one line', 'just this.', 'file'],
  ['code', 'function f() {\n  return 1\n}\n'.repeat(20), 'file'],
])('%s', (_, text, documents) => {
  const guess = guessDocuments(text)
  expect(guess.documents).toBe(documents)
  expect(guess.reason).toMatch(/^[A-Z0-9].*\.$/)
})

test('many small files are a document each; long files are guessed from their beginnings', async () => {
  const bytes = new TextEncoder().encode(`${tales.join('\n')}\n`)
  const few = { 'a.txt': bytes, 'b.txt': bytes }
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.txt`, bytes]))
  const guess = async (files: Record<string, Uint8Array>) =>
    (await guessCorpusDocuments(await openCorpus(memoryStore(files), Object.keys(files), 'd')))
      .documents
  expect(await guess(few)).toBe('line')
  expect(await guess(many)).toBe('file')
})
