// The law of speculation: whatever the drafter guesses, the text is the one that the network itself writes from left to
// right by the same seed. The guesses decide how many forwards it takes, and nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allTexts,
  causalDenoiser,
  chiSquareP,
  foggedCanvas,
  hashed,
  inconsistentRow,
  logged,
  tableDenoiser,
  timesWritten,
} from '../../../test/support/denoisers.ts'
import { type Denoiser, denoise, type Frame, helped, makePlan, type PlanOptions } from '../index.ts'

const V = 4
const L = 9

type Table = (tokens: readonly number[], position: number) => readonly number[]

const drafted = (network: Denoiser, drafter: Denoiser) => helped(network, { drafter })

/** Reads from left to right. */
const reader = (row: Table, more: Partial<Denoiser> = {}): Denoiser => causalDenoiser(V, row, more)
const rowsOf = (salt: number) => inconsistentRow(V, salt)
/** Guesses what is more or less probable: the rows of the reader, and others, mixed. */
const drafterOf = (row: Table, salt: number, others: number) => {
  const other = rowsOf(salt)
  return tableDenoiser(V, (tokens, i) => {
    const [first, second] = [row(tokens.slice(0, i), i), other(tokens, i)]
    return first.map((p, v) => (1 - others) * p + others * second[v])
  })
}

async function last(network: Denoiser, options: PlanOptions, length = L): Promise<Frame> {
  const plan = makePlan(options, network)
  let frame: Frame | undefined
  for await (frame of denoise(network, foggedCanvas(length, V), plan));
  return frame!
}

const sampling = fc.record({
  seed: fc.nat(1e6),
  temperature: fc.constantFrom(0, 0.6, 1, 1.7),
  topK: fc.constantFrom(0, 2),
  topP: fc.constantFrom(1, 0.8),
})

describe('the text', () => {
  test('is the one without a drafter, by the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(50),
        fc.constantFrom(0, 0.3, 1),
        fc.integer({ min: 1, max: L + 2 }),
        fc.option(fc.nat(L), { nil: undefined }),
        sampling,
        async (salt, others, drafts, draftLength, options) => {
          const row = rowsOf(salt)
          const alone = await last(reader(row), { ...options, length: L })
          const network = drafted(reader(row), drafterOf(row, salt + 1, others))
          const together = await last(network, {
            ...options,
            length: L,
            drafts,
            ...(draftLength !== undefined && { draftLength: () => draftLength }),
          })
          expect(together.tokens).toEqual(alone.tokens)
          expect(together.confidence).toEqual(alone.confidence)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('ends where the network ends it', async () => {
    const eosId = V - 1
    for (let seed = 0; seed < 60; seed++) {
      const row = rowsOf(seed)
      const alone = await last(reader(row, { eosId }), { seed })
      const network = drafted(reader(row, { eosId }), drafterOf(row, seed, 0.3))
      const together = await last(network, { seed, drafts: 5 })
      expect(together.tokens).toEqual(alone.tokens)
      expect(together.text).toBe(alone.text)
    }
  })

  test('has the probability that the network gives it, counted out', async () => {
    const row = rowsOf(7)
    const texts = allTexts(V, 3)
    const exact = texts.map((text) =>
      text.reduce((p, id, i) => p * row(text.slice(0, i), i)[id], 1),
    )
    const drafter = drafterOf(row, 8, 0.6)
    const network = drafted(reader(row), drafter)
    const plan = makePlan({ length: 3, drafts: 2 }, network)
    const found = await timesWritten(network, foggedCanvas(3, V), plan, 6000)
    expect(chiSquareP(found, exact)).toBeGreaterThan(1e-4)
    // what the drafter would write by itself is something else
    const masked = makePlan({ length: 3, policy: 'ancestral', steps: 1 }, drafter)
    const guessed = await timesWritten(drafter, foggedCanvas(3, V), masked, 6000)
    expect(chiSquareP(guessed, exact)).toBeLessThan(1e-9)
  })
})

describe('forwards', () => {
  const certain =
    (next: (position: number) => number): Table =>
    (_, i) =>
      Array.from({ length: V }, (_, v) => (v === next(i) ? 1 : 1e-9))
  const right = (i: number) => Math.floor(hashed(i) * V)
  const wrong = (i: number) => (right(i) + 1) % V

  test.each([
    [
      'of a drafter that is always right: one guess and one check for each drafts + 1 words',
      right,
      3,
      6,
    ],
    ['of a drafter that is never right: two for each word', wrong, 3, 18],
    // the last word is guessed alone and checked
    ['of a drafter that is asked for one word at a time', right, 1, 10],
    ['of a drafter that guesses all', right, L, 2],
  ])('%s', async (_, guesses, drafts, forwards) => {
    const network = drafted(reader(certain(right)), tableDenoiser(V, certain(guesses)))
    expect((await last(network, { length: L, drafts })).forwards).toBe(forwards)
  })

  test('a drafter that does not see so far is not asked', async () => {
    const drafter = tableDenoiser(V, certain(right), { context: 4 })
    const network = drafted(reader(certain(right)), drafter)
    // four words in two forwards and a fifth with them, then one each
    expect((await last(network, { length: L, drafts: L })).forwards).toBe(2 + 4)
    const early = drafted(reader(certain(right)), tableDenoiser(V, certain(right)))
    const options = { length: L, drafts: L, draftLength: () => 2 }
    expect((await last(early, options)).forwards).toBe(2 + 6)
  })

  test('each goes to its own network, and guesses are shown to the one that checks', async () => {
    const asked: string[] = []
    const guess = (i: number) => (i === 1 ? wrong(i) : right(i))
    const network = drafted(
      logged('reads', reader(certain(right)), asked),
      logged('drafts', tableDenoiser(V, certain(guess)), asked),
    )
    await last(network, { length: 4, drafts: 2 }, 4)
    const [a, b, c, d] = [0, 1, 2, 3].map(right)
    const fog = V
    expect(asked).toEqual([
      `drafts ${[fog, fog, fog, fog].join('')} 01`,
      `reads ${[a, wrong(1), fog, fog].join('')} 012`,
      `drafts ${[a, b, fog, fog].join('')} 23`,
      `reads ${[a, b, c, d].join('')} 23`,
    ])
  })
})

test('both draw by one number, so that a drafter of the same mind is never refused', async () => {
  const row: Table = (_, i) => rowsOf(3)([], i)
  const network = drafted(reader(row), tableDenoiser(V, row))
  for (let seed = 0; seed < 50; seed++)
    expect((await last(network, { length: L, drafts: L, seed })).forwards).toBe(2)
})

test('it needs both models', () => {
  const [alone, masked] = [reader(rowsOf(1)), tableDenoiser(V, rowsOf(2))]
  expect(() => makePlan({ policy: 'speculative' }, alone)).toThrow(
    'needs a masked model that drafts',
  )
  expect(() => makePlan({ policy: 'speculative' }, masked)).toThrow('name it with --verifier')
  expect(makePlan({}, drafted(alone, masked)).policy.name).toBe('speculative')
  expect(() => makePlan({ policy: 'confidence' }, drafted(alone, masked))).toThrow(
    'use --policy speculative',
  )
})
