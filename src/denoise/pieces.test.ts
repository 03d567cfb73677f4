import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Tokenizer, type TokenizerName, trainTokenizer } from '../text/index.ts'
import { states } from './frame.ts'
import { piecesOf } from './pieces.ts'

const sample = ['Lily saw a red kite.\n', 'Lily saw the kite.\n', '“Oh!” said Zoë 🪁\n']
const kinds: TokenizerName[] = ['words', 'bpe', 'chars', 'bytes']

const settled = (tokens: Int32Array) => ({
  tokens,
  state: new Uint8Array(tokens.length).fill(states.settled),
})

describe.each(kinds)('pieces of %s', (kind) => {
  const tokenizer: Promise<Tokenizer> = trainTokenizer(kind, sample)

  test('are the text when joined, whatever it holds', async () => {
    const words = await tokenizer
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        const pieces = piecesOf(settled(words.encode(text)), words)
        expect(pieces.join('')).toBe(text)
      }),
    )
  })

  test('are null where there is fog, and nothing is read across it', async () => {
    const words = await tokenizer
    const tokens = words.encode('saw Zoë')
    const frame = settled(tokens)
    const last = tokens.length - 1
    frame.state[last] = states.fog
    const pieces = piecesOf(frame, words)
    expect(pieces[last]).toBeNull()
    expect(pieces.slice(0, last).join('')).toBe(words.decode(tokens.subarray(0, last)))
  })
})

test('a character of several bytes stands whole in its first piece', async () => {
  const bytes = await trainTokenizer('bytes', [])
  expect(piecesOf(settled(bytes.encode('aë🪁')), bytes)).toEqual(['a', 'ë', '', '🪁', '', '', ''])
})

test('a byte that belongs to no character is one sign of its own', async () => {
  const bytes = await trainTokenizer('bytes', [])
  const tokens = Int32Array.from([...bytes.encode('ë').subarray(0, 1), ...bytes.encode('ab')])
  expect(piecesOf(settled(tokens), bytes)).toEqual(['\ufffd', 'a', 'b'])
})

test('the replacement character, written as such, stands whole', async () => {
  const bytes = await trainTokenizer('bytes', [])
  expect(piecesOf(settled(bytes.encode('a\ufffdb')), bytes)).toEqual(['a', '\ufffd', '', '', 'b'])
})
