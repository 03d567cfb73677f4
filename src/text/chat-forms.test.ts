// Conversations in every form in which data sets hold them: how they are recognised, what becomes a document, and what
// is refused.
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../store/index.ts'
import type { ChatChoice, chatForms } from './chat-forms.ts'
import { type Answer, corpusDocuments, openCorpus } from './index.ts'

async function read(files: Record<string, string>, chat?: ChatChoice, field?: string) {
  const bytes = Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])
  const store = memoryStore(Object.fromEntries(bytes))
  const corpus = await openCorpus(store, Object.keys(files), 'data', { chat, field })
  const documents: Answer[] = []
  for await (const part of corpusDocuments(corpus, 'record')) documents.push(part)
  return { form: (await corpus.reading()).chat, documents, notes: [...corpus.notes] }
}
const readOne = (record: object, chat?: ChatChoice) =>
  read({ 'a.jsonl': JSON.stringify(record) }, chat)

const asked = (content: string) => [{ role: 'user', content }]

test.each<[keyof typeof chatForms, object, string]>([
  [
    'messages',
    { messages: [...asked('Who?'), { role: 'assistant', content: 'Lily.' }], id: 'x' },
    'Who?',
  ],
  [
    'conversations',
    {
      conversations: [
        { from: 'human', value: 'Who?' },
        { from: 'gpt', value: 'Lily.' },
      ],
    },
    'Who?',
  ],
  ['instruction', { instruction: 'Who?', input: '', output: 'Lily.', text: 'all' }, 'Who?'],
  [
    'instruction',
    { instruction: 'Who?', input: 'Lily ran.', output: 'Lily.' },
    'Who?\n\nLily ran.',
  ],
  ['instruction', { instruction: 'Who?', context: null, response: 'Lily.' }, 'Who?'],
  ['prompt', { prompt: 'Who?', completion: 'Lily.' }, 'Who?'],
  ['prompt', { prompt: 'Who?', response: 'Lily.' }, 'Who?'],
  ['question', { question: 'Who?', answer: 'Lily.' }, 'Who?'],
])('%s is recognised: %j', async (form, record, question) => {
  const { form: found, documents } = await readOne(record)
  expect(found).toBe(form)
  expect(documents).toEqual([{ text: 'Lily.', before: asked(question) }])
  expect((await readOne(record, form)).documents).toEqual(documents)
})

test('columns of a .csv are a conversation, and so is JSON in one of them', async () => {
  const pairs = await read({ 'a.csv': 'question,answer\r\n"Who, then?",Lily.\r\n' })
  expect(pairs.documents).toEqual([{ text: 'Lily.', before: asked('Who, then?') }])
  const list = JSON.stringify([...asked('Who?'), { role: 'assistant', content: 'Lily.' }])
  const messages = await read({ 'a.csv': `messages\n"${list.replaceAll('"', '""')}"\n` })
  expect(messages.documents).toEqual([{ text: 'Lily.', before: asked('Who?') }])
})

test('each answer is a document, with all that was said before it', async () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Who?\r\nSay.' },
    { role: 'assistant', content: 'Lily.' },
    { role: 'user', content: 'Where?' },
    { role: 'assistant', content: 'Here.' },
    { role: 'user', content: 'Thanks.' },
  ]
  const { documents } = await readOne({ messages })
  const clean = messages.with(1, { role: 'user', content: 'Who?\nSay.' })
  expect(documents).toEqual([
    { text: 'Lily.', before: clean.slice(0, 2) },
    { text: 'Here.', before: clean.slice(0, 4) },
  ])
})

test('what is no conversation is a text, and so is what is said to be one', async () => {
  expect(await readOne({ text: 'Lily.' })).toMatchObject({ documents: [{ text: 'Lily.' }] })
  const both = { text: 'Lily.', question: 'Who?', answer: 'Lily.' }
  expect((await readOne(both)).form).toBe('question')
  for (const { form, documents } of [
    await readOne(both, 'none'),
    await read({ 'a.jsonl': JSON.stringify(both) }, undefined, 'text'),
  ]) {
    expect(form).toBeUndefined()
    expect(documents).toEqual([{ text: 'Lily.' }])
  }
  // messages that are counted, not held
  expect((await readOne({ messages: '12', text: 'Lily.' })).form).toBeUndefined()
})

test('a conversation without an answer is left out, and counted', async () => {
  const lines = [
    { messages: [...asked('Who?'), { role: 'assistant', content: 'Lily.' }] },
    { messages: asked('Who?') },
    { messages: [...asked('Who?'), { role: 'assistant', content: ' ' }] },
  ]
  const { documents, notes } = await read({
    'a.jsonl': lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  expect(documents.length).toBe(1)
  expect(notes).toEqual(['data: 2 conversations without an answer left out.'])
})

describe('a record that does not fit is refused with its place', () => {
  const first = JSON.stringify({
    messages: [...asked('Who?'), { role: 'assistant', content: 'I.' }],
  })
  test.each<[object, string]>([
    [{ text: 'x' }, 'data: line 2 has no list of messages in "messages" (read by --chat messages)'],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      'line 2 has a message of the role "tool": it must be system',
    ],
    [
      { messages: [{ role: 'toString', content: 'x' }] },
      'line 2 has a message of the role "toString"',
    ],
    [
      { messages: [{ role: 'user', content: null }] },
      'line 2 has a message of the user that is no text',
    ],
  ])('%j', async (record, message) => {
    await expect(read({ 'a.jsonl': `${first}\n${JSON.stringify(record)}` })).rejects.toThrow(
      message,
    )
  })
  test('columns', async () => {
    const lines = '{"question": "a", "answer": "b"}\n{"question": "a", "answer": null}'
    await expect(read({ 'a.jsonl': lines })).rejects.toThrow('line 2 has no text in "answer"')
    await expect(read({ 'a.jsonl': '{"question": 3}' }, 'question')).rejects.toThrow(
      'line 1 has no text in "question"',
    )
  })
})
