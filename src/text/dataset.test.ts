// Laws of batches: every text once a pass, all rows of one length, nothing depends on what was asked before.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Batch,
  type Batches,
  type Dataset,
  type DocumentPart,
  encodeDocuments,
  type FormName,
  forms,
  makeDataset,
  type Tokenizer,
  trainTokenizer,
} from './index.ts'

const labels = [{ name: 'kind', values: ['odd', 'even'] }]
const tokenizer: Tokenizer = await trainTokenizer('bytes', [], { labels })
const { eos } = tokenizer.special

const rowsOf = ({ tokens, rows, length }: Batch): Int32Array[] =>
  Array.from({ length: rows }, (_, row) => tokens.subarray(row * length, (row + 1) * length))
const passOf = (batches: Batches, pass = 0): Batch[] =>
  Array.from({ length: batches.steps }, (_, i) => batches.batch(pass * batches.steps + i))
const textsOf = (batches: Batch[]): string[] =>
  batches.flatMap((batch) => rowsOf(batch).map((row) => tokenizer.decode(row)))

/** 300 different texts of 1 to 60 letters, lengths far from even. */
const texts = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(4 + ((i * i) % 57), 'x'))
const novel = Array.from({ length: 500 }, (_, i) => `Sentence ${i} says é.`).join(' ')

async function datasetOf(
  documents: Iterable<string | DocumentPart>,
  form?: FormName,
  options: object = {},
): Promise<Dataset> {
  return makeDataset(await encodeDocuments(tokenizer, documents), {
    seed: 5,
    context: 64,
    form,
    ...options,
  })
}

describe.each(Object.keys(forms) as FormName[])('form %s', (form) => {
  test('a batch depends on seed and step only, and changes with both', async () => {
    const make = async (seed: number) =>
      (await datasetOf(texts, form)).train.training({ tokensPerBatch: 200, length: 32, seed })
    const one = await make(1)
    const steps = [0, 1, 7, one.steps, 3 * one.steps + 2]
    const first = steps.map((step) => one.batch(step))
    const again = [...steps].reverse().map((step) => one.batch(step))
    expect(again.reverse()).toEqual(first)
    const resumed = await make(1)
    expect(resumed.batch(steps[4])).toEqual(first[4])
    expect((await make(2)).batch(0)).not.toEqual(first[0])
    expect(first[3].tokens).not.toEqual(first[0].tokens)
  })

  test('all rows of a batch have its length; its tokens stay near what was asked', async () => {
    const { train, heldOut } = await datasetOf(texts, form)
    for (const batches of [
      train.training({ tokensPerBatch: 200, length: 32, seed: 1 }),
      heldOut.evaluation({ tokensPerBatch: 200, length: 32 }),
    ]) {
      for (const batch of passOf(batches)) {
        expect(batch.tokens.length).toBe(batch.rows * batch.length)
        expect(batch.labels.length).toBe(batch.rows)
        expect(batch.rows).toBeGreaterThan(0)
        expect(batch.tokens.length).toBeLessThanOrEqual(200)
      }
    }
  })

  test('evaluation holds everything exactly once', async () => {
    const { train, heldOut } = await datasetOf(texts, form)
    for (const part of [train, heldOut]) {
      const batches = passOf(part.evaluation({ tokensPerBatch: 150, length: 32 }))
      expect(batches.reduce((sum, { tokens }) => sum + tokens.length, 0)).toBe(part.tokens)
      const characters = textsOf(batches).join('').length
      expect(characters).toBe(part.characters)
    }
  })

  test('other data has another fingerprint', async () => {
    const plain = await trainTokenizer('bytes', [])
    const hash = async (documents: string[]) => {
      const encoded = await encodeDocuments(plain, documents)
      return makeDataset(encoded, { seed: 5, context: 64, form }).hash
    }
    const before = await hash(texts)
    expect(before).toMatch(/^[0-9a-f]{16}$/)
    expect(await hash([...texts])).toBe(before)
    expect(await hash([...texts.slice(1), texts[0]])).not.toBe(before)
    expect(await hash([texts[0] + texts[1], ...texts.slice(2)])).not.toBe(before)
    expect(await hash(texts.with(7, `${texts[7]}!`))).not.toBe(before)
  })
})

describe('exact length', () => {
  test('every text comes exactly once a pass, in another order each pass', async () => {
    const { train, heldOut, form } = await datasetOf(texts)
    expect(form).toBe('exact-length')
    expect([train.documents, heldOut.documents]).toEqual([285, 15])
    const batches = train.training({ tokensPerBatch: 200, length: 0, seed: 1 })
    const held = textsOf(passOf(heldOut.evaluation({ tokensPerBatch: 200, length: 0 })))
    const passes = [0, 1, 2].map((pass) => textsOf(passOf(batches, pass)))
    for (const pass of passes) expect([...pass, ...held].sort()).toEqual([...texts].sort())
    expect(passes[1]).not.toEqual(passes[0])
  })

  test('every order of the texts of one length is as likely as another', async () => {
    const heldOut = await encodeDocuments(tokenizer, ['held'])
    const { train } = await datasetOf(['a', 'b', 'c'], 'exact-length', { heldOut })
    const batches = train.training({ tokensPerBatch: 3, length: 0, seed: 1 })
    const counts = new Map<string, number>()
    for (let pass = 0; pass < 1200; pass++) {
      const order = textsOf(passOf(batches, pass)).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    expect(chi).toBeLessThan(20.5) // 99.9 % of a chi-square with 5 degrees of freedom
  })

  test('only texts of at most so many tokens come where that is asked, each once a pass', async () => {
    const { train } = await datasetOf(texts)
    const asked = { tokensPerBatch: 200, length: 0, seed: 1 }
    const all = textsOf(passOf(train.training(asked)))
    const tokens = (text: string) => tokenizer.encode(text).length
    const lengths = all.map(tokens).sort((a, b) => a - b)
    const longest = lengths[100]
    const some = train.training({ ...asked, longest })
    expect(textsOf(passOf(some)).sort()).toEqual(
      all.filter((text) => tokens(text) <= longest).sort(),
    )
    // the mean says what turns a mixture takes
    const sizes = passOf(some).reduce((sum, batch) => sum + batch.tokens.length, 0)
    expect(some.meanTokens).toBeCloseTo(sizes / some.steps, 9)
    // where none is so short, the shortest come
    const least = passOf(train.training({ ...asked, longest: 0 }))
    expect(new Set(least.map(({ length }) => length))).toEqual(new Set([lengths[0]]))
  })

  test('the same for any lengths and batch sizes', async () => {
    const anyTexts = fc.array(fc.string({ minLength: 1, maxLength: 12 }), {
      minLength: 2,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(
        anyTexts,
        fc.integer({ min: 1, max: 90 }),
        fc.nat(),
        async (all, tokensPerBatch, seed) => {
          const { train, heldOut } = await datasetOf(all, 'exact-length', { seed })
          const seen = textsOf(passOf(train.training({ tokensPerBatch, length: 0, seed }), 4))
          const held = textsOf(passOf(heldOut.evaluation({ tokensPerBatch, length: 0 })))
          expect([...seen, ...held].sort()).toEqual([...all].sort())
          expect(held.length).toBe(Math.max(1, Math.round(all.length / 20)))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('rests are shared out: no batch of a length is much smaller than another', async () => {
    const same = Array.from({ length: 210 }, (_, i) => `${i}`.padStart(10, '.'))
    const { train } = await datasetOf(same, undefined, {
      heldOut: await encodeDocuments(tokenizer, ['held']),
    })
    const rows = passOf(train.training({ tokensPerBatch: 1000, length: 0, seed: 1 })).map(
      (b) => b.rows,
    )
    expect(rows).toEqual([70, 70, 70])
  })

  test('labels stay with their text, and what is not said is "not said"', async () => {
    const documents = texts.map((text, i) => ({
      text,
      labels: i % 3 === 0 ? undefined : { kind: i % 2 ? 'odd' : 'even' },
    }))
    const { train } = await datasetOf(documents)
    const [kind] = tokenizer.labels
    for (const batch of passOf(train.training({ tokensPerBatch: 200, length: 0, seed: 1 }))) {
      rowsOf(batch).forEach((row, r) => {
        const i = Number.parseInt(tokenizer.decode(row), 10)
        const expected = i % 3 === 0 ? kind.unknown : kind.ids[i % 2 ? 0 : 1]
        expect(batch.labels[r]).toBe(expected)
      })
    }
  })

  test('texts longer than the context are left out and counted', async () => {
    const long = 'y'.repeat(65)
    const { train, heldOut, summary } = await datasetOf([...texts, long], 'exact-length')
    expect(train.documents + heldOut.documents).toBe(300)
    expect(summary).toContain('1 longer than 64 tokens')
  })
})

describe('windows', () => {
  test('of one long text the last tenth of the characters is held out', async () => {
    const { train, heldOut, form } = await datasetOf([novel])
    expect(form).toBe('windows')
    const text = (part: Dataset['train']) =>
      tokenizer.decode(
        passOf(part.evaluation({ tokensPerBatch: 64, length: 64 })).flatMap((batch) => [
          ...batch.tokens,
        ]),
      )
    const cut = Math.floor(0.9 * novel.length)
    expect(text(train)).toBe(novel.slice(0, cut))
    expect(text(heldOut)).toBe(novel.slice(cut))
    expect(text((await datasetOf(['é'.repeat(50)])).heldOut)).toBe('ééééé')
  })

  test('of several texts each is ended by eos, and no window holds parts of two', async () => {
    const ended = texts.map((text) => [...tokenizer.encode(text), eos].join(' '))
    const { train, heldOut } = await datasetOf(texts, 'windows')
    for (const batch of [
      ...passOf(train.training({ tokensPerBatch: 120, length: 40, seed: 3 })),
      ...[train, heldOut].flatMap((part) =>
        passOf(part.evaluation({ tokensPerBatch: 70, length: 7 })),
      ),
    ]) {
      for (const row of rowsOf(batch)) {
        const inside = (text: string) => ` ${text} `.includes(` ${row.join(' ')} `)
        expect(ended.some(inside)).toBe(true)
      }
    }
  })

  test('every token is seen as often as any other, whatever the length of its text', async () => {
    const lengths = [9, 9, 9, 31, 32, 33, 80, 200]
    const documents = lengths.map((length, i) => String.fromCharCode(65 + i).repeat(length))
    const heldOut = await encodeDocuments(tokenizer, ['held out for all to see'])
    const { train } = await datasetOf(documents, 'windows', { heldOut })
    const { batch, meanTokens } = train.training({ tokensPerBatch: 64, length: 32, seed: 1 })
    const seen = lengths.map(() => 0)
    const steps = 12_000
    let all = 0
    for (let step = 0; step < steps; step++) {
      for (const row of rowsOf(batch(step))) {
        seen[tokenizer.decode(row).charCodeAt(0) - 65] += row.length
        all += row.length
      }
    }
    expect(all / steps).toBeCloseTo(meanTokens, 0)
    // a batch in fourteen is of the three shortest: 880 batches, whose count deviates by 1/√880 = 3.4 %
    lengths.forEach((length, i) => {
      const due = (length + 1) / train.tokens
      expect(Math.abs(seen[i] / all / due - 1)).toBeLessThan(0.15)
    })
  })

  test('windows lie everywhere in the learnt part and nowhere in the held-out one', async () => {
    const numbers = Array.from({ length: 200 }, (_, i) => String.fromCharCode(0x100 + i)).join('')
    const { train } = await datasetOf([numbers])
    const batches = train.training({ tokensPerBatch: 64, length: 4, seed: 1 })
    const seen = new Set<number>()
    for (let step = 0; step < 100; step++) for (const id of batches.batch(step).tokens) seen.add(id)
    const learnt = new Set(tokenizer.encode(numbers.slice(0, 180)))
    expect(seen).toEqual(learnt)
  })

  test('windows are as short as is asked, and so many more', async () => {
    const { train } = await datasetOf(['abcdefghijklmnopqrstuvwxy'.repeat(8)])
    const asked = { tokensPerBatch: 96, length: 32, seed: 1 }
    const { rows, length } = train.training({ ...asked, longest: 8 }).batch(0)
    expect([rows, length]).toEqual([12, 8])
    expect(train.training({ ...asked, longest: 99 }).batch(0)).toEqual(
      train.training(asked).batch(0),
    )
  })

  test('a window is never longer than the data', async () => {
    const { train, heldOut } = await datasetOf(['abcdefghijklmnopqrstuvwxy'])
    expect(train.training({ tokensPerBatch: 99, length: 64, seed: 1 }).batch(0).length).toBe(22)
    expect(heldOut.evaluation({ tokensPerBatch: 99, length: 64 }).batch(0).length).toBe(3)
  })
})

test('a document given in parts is one document', async () => {
  const parts = [
    { text: 'ab', more: true },
    { text: 'cd' },
    { text: '' },
    { text: 'x', more: true },
    { text: '' },
  ]
  const encoded = await encodeDocuments(tokenizer, parts)
  expect([...encoded.starts]).toEqual([0, 4, 5])
  expect(encoded.characters).toBe(5)
})

test('ids of any size come back from the shelf, across its chunks', async () => {
  const pieces = Array.from({ length: 70_000 }, (_, i) => String.fromCodePoint(0x20000 + i)).join(
    '',
  )
  const big = await trainTokenizer('chars', [pieces], { vocabSize: 80_000 })
  expect(big.size).toBeGreaterThan(65_536)
  const text = pieces.repeat(5)
  const encoded = await encodeDocuments(big, [text])
  const back = new Int32Array(encoded.tokens)
  encoded.shelf.copy(0, back.length, back, 0)
  expect(big.decode(back) === text).toBe(true)
})

test('too little data, none, or an unknown form is refused', async () => {
  await expect(datasetOf(['', ''])).rejects.toThrow('the data holds no text')
  await expect(datasetOf(['short'])).rejects.toThrow('the data holds 5 tokens')
  await expect(datasetOf(['one'], 'exact-length')).rejects.toThrow(
    'the data holds 1 text of at most 64',
  )
  await expect(datasetOf(texts, 'toString' as FormName)).rejects.toThrow('there is no form')
  const heldOut = await encodeDocuments(tokenizer, ['z'.repeat(99)])
  await expect(datasetOf(texts, undefined, { heldOut })).rejects.toThrow(
    'no text of at most 64 tokens',
  )
})
