import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countPieces, lastCut, ownCopy, wordPattern } from './pieces.ts'

const piecesOf = (text: string): string[] => text.match(wordPattern.regex) ?? []

test('words keep the space in front of them; white space before it is apart', () => {
  expect(piecesOf(`"Lily's 12 cats,"  she\n\nsaid.`)).toEqual([
    '"',
    'Lily',
    "'s",
    ' 12',
    ' cats',
    ',"',
    ' ',
    ' she',
    '\n',
    '\n',
    'said',
    '.',
  ])
})

const text = fc.string({
  unit: fc.constantFrom('a', 'é', ' ', '\n', '.', "'", 's', '1', '\u0085', '\ufeff', '👍', '中'),
})

test('a piece alone is the same piece, and pieces are the whole text', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(piecesOf(value).join('')).toBe(value)
      for (const piece of piecesOf(value)) expect(piecesOf(piece)).toEqual([piece])
    }),
  )
})

test('a text cut at lastCut has the pieces of the whole, whatever follows', () => {
  fc.assert(
    fc.property(text, text, (value, rest) => {
      const cut = lastCut(value)
      fc.pre(cut < value.length)
      const apart = [...piecesOf(value.slice(0, cut)), ...piecesOf(value.slice(cut) + rest)]
      expect(apart).toEqual(piecesOf(value + rest))
    }),
    { numRuns: 500 },
  )
  expect(lastCut('abc👍')).toBe(5)
  expect(lastCut('abc👍'.slice(0, 4))).toBe(3)
})

test('counting forgets the rarest when there are too many, never the frequent', async () => {
  function* texts() {
    for (let i = 0; i < 5000; i++)
      yield `often again w${'x'.repeat(i % 7)}${String.fromCharCode(97 + (i % 26))}q${i}`
  }
  const all = await countPieces(texts(), wordPattern)
  const few = await countPieces(texts(), wordPattern, 50)
  expect(few.size).toBeLessThanOrEqual(50)
  for (const piece of ['often', ' again']) expect(few.get(piece)).toBe(all.get(piece))
  expect(all.size).toBeGreaterThan(5000)
})

test('a copy is equal to the piece', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => ownCopy(value) === value))
})
