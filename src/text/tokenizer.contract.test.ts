// Every row of `tokenizers`: any text comes back; ids and texts are those of the Hugging Face libraries, in
// JavaScript here and in Python by a recording (fixtures/record.py says how it was made).
import * as library from '@huggingface/tokenizers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { alphabet } from './alphabet.ts'
import recorded from './fixtures/python-tokenizers.json' with { type: 'json' }
import {
  huggingFaceConfig,
  labelIds,
  loadTokenizer,
  type Tokenizer,
  trainTokenizer,
} from './index.ts'
import { type TokenizerName, tokenizers } from './tokenizers.ts'

const { Tokenizer: LibraryTokenizer } = library as unknown as {
  Tokenizer: new (
    json: object,
    config: object,
  ) => {
    encode(text: string): { ids: number[] }
    decode(ids: number[], options: object): string
  }
}
const labels = [
  { name: 'style', values: ['plain', 'dialogue'] },
  { name: 'who', values: ['Lily', 'Max'] },
]
const { training, texts } = recorded
/** The recording knows no labels and 400 tokens of text. */
const vocabSize = 400 + 4 + 6
const saved = (tokenizer: Tokenizer): object => JSON.parse(JSON.stringify(tokenizer))

for (const name of Object.keys(tokenizers) as TokenizerName[]) {
  describe(name, () => {
    const python = recorded.kinds[name]
    let tokenizer: Tokenizer
    let loaded: Tokenizer
    beforeAll(async () => {
      tokenizer = await trainTokenizer(name, training, { labels, vocabSize })
      loaded = loadTokenizer(saved(tokenizer))
    })

    test('any text comes back, and nothing in a text becomes a special id', () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc
          .array(fc.constantFrom(...texts, '<|mask|>', '<|style=?|>', '\r\n', '\0', '\ufeff'))
          .map((parts) => parts.join('')),
      )
      fc.assert(
        fc.property(text, (value) => {
          const ids = tokenizer.encode(value)
          expect(tokenizer.decode(ids)).toBe(value)
          expect(ids.every((id) => id < tokenizer.special.mask)).toBe(true)
          let characters = 0
          for (const id of ids) characters += tokenizer.characters[id]
          expect(characters).toBe([...value].length)
        }),
        { numRuns: 300 },
      )
    })

    test('vocabulary, merges, ids and texts are those of the Python library', () => {
      const { model } = saved(tokenizer) as {
        model: { vocab: Record<string, number>; merges: string[] }
      }
      const tokens = Object.keys(model.vocab).sort((a, b) => model.vocab[a] - model.vocab[b])
      expect(tokens).toEqual([...alphabet, ...python.tokens])
      expect(model.merges).toEqual(python.merges)
      expect(texts.map((text) => tokenizer.encode(text).join(' '))).toEqual(python.ids)
      for (const { ids, text } of python.broken) expect(tokenizer.decode(ids)).toBe(text)
    })

    test('ids and texts are those of the JavaScript library on the saved file', () => {
      const peer = new LibraryTokenizer(saved(tokenizer), huggingFaceConfig())
      const ordinary = texts.filter((text) => text !== '' && !text.includes('<|'))
      for (const text of [...ordinary, ordinary.join('').repeat(20)]) {
        const { ids } = peer.encode(text)
        expect([...tokenizer.encode(text)]).toEqual(ids)
        expect(peer.decode(ids, { skip_special_tokens: true })).toBe(tokenizer.decode(ids))
      }
      const { mask, eos } = tokenizer.special
      expect(peer.encode('<|mask|><|style=?|>').ids).toEqual([mask, tokenizer.labels[0].unknown])
      expect(peer.decode([eos, 33], {})).toBe('<|eos|>B')
    })

    test('a saved and loaded tokenizer is the same', () => {
      expect(loaded.kind).toBe(name)
      expect(saved(loaded)).toEqual(saved(tokenizer))
      expect({ ...loaded.special, size: loaded.size }).toEqual({
        ...tokenizer.special,
        size: tokenizer.size,
      })
      expect(loaded.labels).toEqual(tokenizer.labels)
      for (const text of texts) expect(loaded.encode(text)).toEqual(tokenizer.encode(text))
    })

    test('special ids print as nothing, people see their names, only eos is not banned', () => {
      const { mask, bos, eos, pad } = loaded.special
      const ids = [bos, ...loaded.encode('Lily'), mask, eos, pad, ...labelIds(loaded)]
      expect(loaded.decode(ids)).toBe('Lily')
      expect(loaded.token(mask)).toBe('<|mask|>')
      expect(loaded.token(loaded.labels[1].ids[0])).toBe('<|who=Lily|>')
      expect(loaded.token(loaded.encode('é')[0])).toMatch(name === 'chars' ? 'é' : /^<0xC3>/)
      const text = mask
      const rest = Array.from({ length: loaded.size - text }, (_, i) => text + i)
      expect([...loaded.banned]).toEqual(rest.filter((id) => id !== eos))
      expect(() => loaded.decode([loaded.size])).toThrow('outside')
      expect(() => loaded.decode([-1])).toThrow('outside')
    })

    test('half of a surrogate pair is refused', () => {
      expect(() => tokenizer.encode('ab\ud83d')).toThrow('(U+D83D) at position 2')
      expect(() => tokenizer.encode('\udc00b')).toThrow('(U+DC00) at position 0')
    })
  })
}

test('words are tokens with the space in front of them; rare words are bytes', async () => {
  const tokenizer = await trainTokenizer('words', ['Lily saw Max. Lily saw Max.', 'Lily ran.'])
  const shown = [...tokenizer.encode('Lily saw Max, Max ran.')].map((id) => tokenizer.token(id))
  expect(shown).toEqual(['Lily', ' saw', ' Max', ',', ' Max', ' ', 'r', 'a', 'n', '.'])
  const few = await trainTokenizer('words', ['a bb bb cc cc cc'], { vocabSize: 261 })
  expect([...few.encode(' cc bb')].map((id) => few.token(id))).toEqual([' cc', ' ', 'b', 'b'])
})

test('labels become ids, what is not said is "not said", unknown ones are refused', async () => {
  const tokenizer = await trainTokenizer('bytes', [], { labels })
  const [style, who] = tokenizer.labels
  expect([...labelIds(tokenizer, { who: 'Max' })]).toEqual([style.unknown, who.ids[1]])
  expect(() => labelIds(tokenizer, { who: 'Bob' })).toThrow('one of Lily, Max')
  expect(() => labelIds(tokenizer, { mood: 'sad' })).toThrow('this model has style, who')
  expect([...labelIds(tokenizer, Object.create({ who: 'Max' }))]).toEqual([
    style.unknown,
    who.unknown,
  ])
})

test('impossible options are refused', async () => {
  const refused = async (options: object, what: string) =>
    expect(trainTokenizer('bpe', [], options)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(what),
    })
  await refused({ vocabSize: 100 }, 'at least 260')
  await refused({ vocabSize: Number.NaN }, 'not possible')
  await refused({ labels: [{ name: 'a', values: ['x', 'x'] }] }, 'values differ')
  await refused({ labels: [{ name: 'a', values: ['?'] }] }, 'cannot have the value')
  await refused({ labels: [{ name: 'a', values: [] }] }, 'has a list of values')
  await refused({ labels: [{ name: 'a=b', values: ['c'] }] }, 'lower case')
  const twice = { name: 'a', values: ['x'] }
  await refused({ labels: [twice, { name: 'a', values: ['y'] }] }, 'stands once')
  await expect(trainTokenizer('words', ['a\ud83d'])).rejects.toThrow('half of a surrogate pair')
  await expect(trainTokenizer('toString' as TokenizerName, [])).rejects.toThrow(
    'there is no tokenizer',
  )
})
