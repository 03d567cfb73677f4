import { expect, test } from 'vitest'
import type { Network } from '../model/network.ts'
import type { Query } from '../model/query.ts'
import { answers, tell } from '../tales/index.ts'
import { type Tokenizer, trainTokenizer } from '../text/index.ts'
import { answerMeter } from './answers.ts'

type Asked = Query & { targets: Int32Array }
const tales = Array.from({ length: 30 }, (_, seed) => tell('full', seed))

async function asked(tokenizer: Tokenizer, causal: boolean, context = 1000) {
  const queries: Asked[] = []
  const network = {
    causal,
    context,
    losses: async (some: readonly Asked[]) => {
      queries.push(...some)
      return some.map(({ targets }) => Float32Array.from(targets, () => 0.5))
    },
  } as unknown as Network
  const meter = answerMeter('full', tokenizer, { tales: 30, seed: 0 })
  return { queries, nats: await meter(network) }
}

const kinds = ['words', 'chars', 'bpe'] as const
for (const kind of kinds) {
  test(`${kind}: what is hidden is the answers, words whole, and nothing else`, async () => {
    const tokenizer = await trainTokenizer(
      kind,
      tales.map(({ text }) => text),
      kind === 'bpe' ? { vocabSize: 320 } : {},
    )
    const { mask } = tokenizer.special
    const { queries, nats } = await asked(tokenizer, false)
    expect(Object.keys(nats).sort()).toEqual(['holder', 'place', 'who'])
    for (const value of Object.values(nats)) expect(value).toBeCloseTo(0.5, 6)
    const hidden: string[][] = []
    for (const { tokens, rows, targets } of queries) {
      const found = [...tokens.keys()].filter((i) => tokens[i] === mask)
      expect([...rows]).toEqual(found)
      const words: string[] = []
      let last = -2
      rows.forEach((row, i) => {
        const piece = tokenizer.decode([targets[i]])
        if (row === last + 1 && !piece.startsWith(' ')) words[words.length - 1] += piece
        else words.push(piece)
        last = row
      })
      hidden.push(words)
    }
    const expected = tales.flatMap((tale) => {
      const byKind = new Map<string, string[]>()
      for (const { kind, start, end } of answers(tale)) {
        byKind.set(kind, [...(byKind.get(kind) ?? []), tale.text.slice(start, end)])
      }
      return [...byKind.values()]
    })
    expect(hidden.length).toBe(expected.length)
    hidden.forEach((words, i) => {
      // a token may bring the space before its word, or a letter beside it (BPE): the word is in it
      expect(words.length).toBe(expected[i].length)
      words.forEach((word, w) => {
        if (kind === 'bpe') expect(word).toContain(expected[i][w])
        else expect(word.trim()).toBe(expected[i][w])
      })
    })
  })
}

test('a network that reads from left to right sees every word', async () => {
  const tokenizer = await trainTokenizer(
    'words',
    tales.map(({ text }) => text),
  )
  const { queries } = await asked(tokenizer, true)
  for (const { tokens, rows, targets } of queries) {
    expect(tokens).not.toContain(tokenizer.special.mask)
    expect([...rows].map((row) => tokens[row])).toEqual([...targets])
  }
})

test('tales that a network cannot hold are left out', async () => {
  const tokenizer = await trainTokenizer(
    'words',
    tales.map(({ text }) => text),
  )
  const { queries: all } = await asked(tokenizer, false)
  const lengths = all.map(({ tokens }) => tokens.length)
  const middle = lengths.sort((a, b) => a - b)[lengths.length >> 1]
  const { queries } = await asked(tokenizer, false, middle)
  expect(queries.length).toBe(lengths.filter((length) => length <= middle).length)
  expect(Math.max(...queries.map(({ tokens }) => tokens.length))).toBe(middle)
})
