import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { UnfogError } from '../error/index.ts'
import { loadTokenizer, trainTokenizer, withGrowth, withRoles } from './index.ts'

// biome-ignore lint/suspicious/noExplicitAny: the file is hostile on purpose
type File = any
let text: string
beforeAll(async () => {
  const labels = [{ name: 'style', values: ['plain'] }]
  text = JSON.stringify(
    await trainTokenizer('bpe', ['the cat sat on the mat, the cat'], { labels }),
  )
})

const hostile: Record<string, [(file: File) => unknown, string]> = {
  'no object': [() => null, 'not an object'],
  'a list': [() => [], 'not an object'],
  'another model': [(f) => Object.assign(f, { model: { type: 'Unigram' } }), 'not BPE'],
  'no model': [(f) => Object.assign(f, { model: undefined }), 'its model is not an object'],
  'a normaliser': [(f) => Object.assign(f, { normalizer: { type: 'NFC' } }), 'normalizer'],
  'an unknown token': [(f) => Object.assign(f.model, { unk_token: 'the' }) && f, 'unk_token'],
  'another pattern': [
    (f) => {
      f.pre_tokenizer.pretokenizers[0].pattern.Regex = '(a+)+$'
      return f
    },
    'pre_tokenizer',
  ],
  'another decoder': [(f) => Object.assign(f, { decoder: { type: 'Metaspace' } }), 'ByteLevel'],
  'a huge id': [(f) => Object.assign(f.model.vocab, { the: 1e15 }) && f, 'ids must be 0 to'],
  'a negative id': [(f) => Object.assign(f.model.vocab, { the: -1 }) && f, 'ids must be 0 to'],
  'an id twice': [(f) => Object.assign(f.model.vocab, { the: 0 }) && f, 'given twice'],
  'a token that is no bytes': [
    (f) => {
      f.model.vocab['€'] = f.model.vocab.the
      delete f.model.vocab.the
      return f
    },
    'not written in bytes',
  ],
  'a byte is missing': [
    (f) => {
      f.model.vocab.thethe = f.model.vocab.a
      delete f.model.vocab.a
      return f
    },
    'byte token "a" is missing',
  ],
  'merges that are no list': [(f) => Object.assign(f.model, { merges: {} }) && f, 'not a list'],
  'a merge of three': [(f) => Object.assign(f.model, { merges: ['t h e'] }) && f, 'not a pair'],
  'a merge to nowhere': [(f) => Object.assign(f.model, { merges: ['Q Q'] }) && f, 'not in the voc'],
  'no special tokens': [(f) => Object.assign(f, { added_tokens: [] }), '<|mask|> is missing'],
  'a special id elsewhere': [
    (f) => {
      f.added_tokens[0].id = 3
      return f
    },
    'has the id 3',
  ],
  'a token that is no label': [
    (f) => {
      f.added_tokens[4].content = '<|im_start|>'
      return f
    },
    'not labels',
  ],
  'a label without "not said"': [(f) => f.added_tokens.pop() && f, 'not labels'],
}

for (const [name, [spoil, message]] of Object.entries(hostile)) {
  test(`refused in words: ${name}`, () => {
    const load = () => loadTokenizer(spoil(JSON.parse(text)))
    expect(load).toThrow(UnfogError)
    expect(load).toThrow(message)
  })
}

test('what a mask may become is ids of their own, kept in the file, before those of roles', async () => {
  const labels = [{ name: 'style', values: ['plain'] }]
  const plain = await trainTokenizer('bytes', [], { labels })
  expect(plain.growth).toBeUndefined()
  const grown = withGrowth(plain)
  expect(grown.growth).toEqual({ expand: plain.size, delete: plain.size + 1 })
  expect(grown.toJSON()).toEqual(
    (await trainTokenizer('bytes', [], { labels, growth: true })).toJSON(),
  )
  expect(withGrowth(grown)).toBe(grown)
  const { expand, delete: gone } = grown.growth!
  expect([expand, gone].map((id) => grown.token(id))).toEqual(['<|expand|>', '<|delete|>'])
  expect(grown.decode([expand, ...grown.encode('A'), gone])).toBe('A')
  // predicted, as the end of a text is
  for (const id of [expand, gone]) expect(grown.banned).not.toContain(id)
  expect(grown.encode('<|expand|>')).not.toContain(expand)
  const both = withRoles(grown)
  for (const tokenizer of [grown, both]) {
    const loaded = loadTokenizer(tokenizer.toJSON())
    expect(loaded.toJSON()).toEqual(tokenizer.toJSON())
    expect(loaded).toMatchObject({ growth: grown.growth, roles: tokenizer.roles })
    expect(loaded.labels).toEqual(plain.labels)
  }
  expect(() => withGrowth(withRoles(plain))).toThrow('train it with --expand from the beginning')
})

test('merges in the newer form, as pairs, are read too', () => {
  const file = JSON.parse(text)
  const same = loadTokenizer(JSON.parse(text)).encode('the cat')
  file.model.merges = file.model.merges.map((merge: string) => merge.split(' '))
  expect(loadTokenizer(file).encode('the cat')).toEqual(same)
})

test('whatever the JSON, the answer is a tokenizer or one of our errors', () => {
  const parts = ['model', 'decoder', 'added_tokens', 'pre_tokenizer', 'normalizer'] as const
  fc.assert(
    fc.property(fc.constantFrom(...parts), fc.jsonValue(), (part, value) => {
      const file = JSON.parse(text)
      file[part] = value
      try {
        loadTokenizer(file)
      } catch (error) {
        expect(error).toBeInstanceOf(UnfogError)
      }
    }),
  )
})
