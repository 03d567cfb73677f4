// What stays in memory of a long text: its ids, two bytes each, and little else. (A remembered slice of a text would
// keep all of it; then this fails.)
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { encodeDocuments, trainTokenizer } from './index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heldBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Parts of one document of about `megabytes`, each with a long word of its own. */
function* longText(megabytes: number) {
  for (let i = 0; i < megabytes * 16; i++) {
    // a word of its own: the number in letters
    const word = `incomparable${String(i).replace(/./g, (digit) => 'abcdefghij'[Number(digit)])}`
    yield { text: `${word} the`.padEnd(2 ** 16, ' cat sat on the mat.'), more: true }
  }
  yield { text: '' }
}

test('24 MB of text leave their ids and at most 8 MB more', async () => {
  const sample = [...longText(0.25)].map(({ text }) => text)
  const tokenizer = await trainTokenizer('bpe', sample, { vocabSize: 600 })
  const before = heldBytes()
  const encoded = await encodeDocuments(tokenizer, longText(24))
  const added = heldBytes() - before
  expect(encoded.characters).toBe(24 * 2 ** 20)
  expect(encoded.tokens).toBeGreaterThan(5e6)
  expect(added).toBeGreaterThan(2 * encoded.tokens * 0.99)
  expect(added).toBeLessThan(2 * encoded.tokens + 8 * 2 ** 20)
})
