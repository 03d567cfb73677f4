// unfog generate and score: what is printed is what the model wrote, and a printed seed writes it again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModel } from '../index.ts'
import { main } from './index.ts'
import { capturedIo } from './testing/captured-io.ts'
import { writeTinyModel } from './testing/model-folder.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-generate-'))
const plain = join(place, 'plain')
const world = join(place, 'world')
const causal = join(place, 'causal')
const textFile = join(place, 'text.txt')

beforeAll(async () => {
  await writeTinyModel(plain)
  await writeTinyModel(world, { world: 'small' })
  await writeTinyModel(causal, { causal: true })
  writeFileSync(textFile, 'The fog.\nThe lamp.\n')
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const generate = (model: string, ...words: string[]) =>
  unfog(['generate', '--model', model, ...words])
const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('generate', () => {
  test('--json: one JSON a line, nothing else', async () => {
    const { exit, out, err } = await generate(plain, '--count', '20', '--seed', '5', '--json')
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    const rows = lines(out)
    expect(rows).toHaveLength(20)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['text', 'seed', 'forwards', 'tokens', 'ms', 'disobeyed'])
      expect(row.forwards).toBeLessThanOrEqual(row.tokens)
    }
    expect(new Set(rows.map(({ text }) => text)).size).toBeGreaterThan(15)
  })

  test('the printed seed of each item, given alone, writes its text', async () => {
    const { out } = await generate(plain, '--count', '18', '--seed', '5', '--json')
    for (const { seed, text, tokens } of lines(out).filter((_, i) => i % 4 === 1 || i === 0)) {
      const [alone] = lines((await generate(plain, '--seed', String(seed), '--json')).out)
      expect(alone).toMatchObject({ text, seed, tokens })
    }
  })

  test('--verifier writes its own text, and counts the forwards of both', async () => {
    const asked = ['--count', '3', '--seed', '5', '--json']
    const alone = lines((await generate(causal, ...asked)).out)
    const both = lines((await generate(plain, '--verifier', causal, ...asked)).out)
    expect(both.map(({ text }) => text)).toEqual(alone.map(({ text }) => text))
    expect(both.map(({ forwards }) => forwards)).not.toEqual(alone.map(({ forwards }) => forwards))
    const { exit, err } = await generate(plain, '--verifier', plain)
    expect({ exit, err }).toEqual({ exit: 2, err: expect.stringContaining('sees both sides') })
  })

  test('without a seed, a fresh one is printed, and it writes the text again', async () => {
    const first = await generate(plain, '--length', '20')
    const seed = /seed (\d+)/.exec(first.err)?.[1] as string
    const second = await generate(plain, '--length', '20', '--seed', seed)
    expect(second.out).toBe(first.out)
    expect((await generate(plain, '--length', '20')).out).not.toBe(first.out)
  })

  test('is what the API writes', async () => {
    const model = await loadModel(plain)
    const asked = {
      prompt: 'The',
      length: 12,
      policy: 'ancestral',
      steps: 4,
      temperature: 0.7,
    } as const
    const { text } = await model.complete({ ...asked, topP: 0.9, topK: 50, seed: 3 })
    await model.dispose()
    const words =
      '--prompt The --length 12 --policy ancestral --steps 4 --temperature .7 --top-p 0.9 --top-k 50 --seed 3'
    expect((await generate(plain, ...words.split(' '))).out).toBe(`${text}\n`)
  })

  test('gaps are filled and the rest stays', async () => {
    const { out } = await generate(plain, '--infill', 'ab[3]cd[1]', '--seed', '2', '--json')
    expect(lines(out)[0]).toMatchObject({ tokens: 8, forwards: 4 })
    expect(lines(out)[0].text).toMatch(/^ab[\s\S]*cd/)
  })

  test('an autoregressive model writes too', async () => {
    const { exit, out } = await generate(causal, '--seed', '2', '--json', '--maximum', '9')
    expect(exit).toBe(0)
    expect(lines(out)[0].tokens).toBeLessThanOrEqual(9)
  })

  test('the text alone on stdout, what it cost and is worth in one line on stderr', async () => {
    const { out, err } = await generate(
      world,
      '--seed',
      '4',
      '--style',
      'plain',
      '--words',
      '40-50',
    )
    const [row] = lines(
      (await generate(world, '--seed', '4', '--style', 'plain', '--words', '40-50', '--json')).out,
    )
    expect(out).toBe(`${row.text}\n`)
    expect(err).toMatch(
      /^\d+ tokens, \d+ forwards, \d+ ms, seed 4; no true tale: .*; not as asked: words is \d+, not 40-50.*\n$/,
    )
    expect(row).toMatchObject({ accepted: false })
    expect(row.errors[0]).toBeTruthy()
    expect(row.disobeyed.length).toBeGreaterThan(0)
  })

  test('of several texts the sum is told', async () => {
    const { err } = await generate(world, '--seed', '4', '--count', '3', '--who', 'Lily')
    expect(err.trim().split('\n').at(-1)).toBe('3 texts, 0 true tales, 0 as asked')
  })

  test('--watch writes the same text, and with --json stdout is left to the JSON', async () => {
    const words = ['--seed', '9', '--length', '18']
    const { out } = await generate(plain, ...words)
    const watched = await generate(plain, ...words, '--watch')
    expect(
      watched.out.endsWith(out) || watched.out.includes('␦') || /[␀-␟]/.test(watched.out),
    ).toBe(true)
    expect(
      watched.out.split('\n').filter((line) => /^\[ *\d+ %\]/.test(line)).length,
    ).toBeGreaterThanOrEqual(5)
    const json = await generate(plain, ...words, '--watch', '--json')
    expect(lines(json.out)[0].text).toBe(out.slice(0, -1))
    expect(json.err).toMatch(/^\[ {2}0 %\]/)
  })

  test('a terminal gets no control characters from a model', async () => {
    const { out } = await unfog(['generate', '--model', plain, '--seed', '9', '--count', '12'], {
      tty: true,
    })
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('stopped at once, it says nothing and leaves with 130', async () => {
    const stopped = await unfog(['generate', '--model', plain, '--count', '500', '--json'], {
      onWrite: (io) => io.stop({ exit: 130 }),
    })
    expect(stopped).toMatchObject({ exit: 130, err: '' })
    expect(stopped.out.trim().split('\n').length).toBeLessThan(40)
  })
})

describe('stopping', () => {
  test('while one watches, within a step', async () => {
    const words = ['--watch', '--length', '24', '--seed', '1']
    const stopped = await unfog(['generate', '--model', plain, ...words], {
      onWrite: (io) => io.stop({ exit: 130 }),
    })
    expect(stopped).toMatchObject({ exit: 130, err: '' })
    expect(stopped.out.split('\n').filter(Boolean)).toHaveLength(1)
  })

  test('what breaks because it was stopped is no failure', async () => {
    const io = capturedIo()
    io.stop({ exit: 143 })
    expect(await main(['score', textFile, '--model', plain], io)).toBe(143)
    expect(io.out + io.err).toBe('')
  })
})

describe('score', () => {
  test('--json ends with one JSON, the same for the same seed', async () => {
    const score = (...words: string[]) =>
      unfog(['score', textFile, '--model', plain, '--json', ...words])
    const { exit, out, err } = await score('--time', '5')
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    const found = JSON.parse(out.trim().split('\n').at(-1) as string)
    expect(Object.keys(found)).toEqual([
      'nats',
      'stderr',
      'natsPerChar',
      'exact',
      'noise',
      'block',
      'samples',
    ])
    expect(found).toMatchObject({ exact: false, noise: 'masked' })
    expect(found.nats / found.natsPerChar).toBeCloseTo(17, 9)
  })

  test('a bound is printed as one, an exact figure as one', async () => {
    const bound = await unfog(['score', textFile, '--model', plain, '--time', '2'])
    expect(bound.out).toMatch(/^2 documents \(line\)/)
    expect(bound.out).toMatch(/^nats +≤ .* ± /m)
    const exact = await unfog(['score', textFile, '--model', causal])
    expect(exact.out).toMatch(/^nats +=/m)
    expect(exact.out).not.toContain('≤')
  })

  test('reads stdin, and parts documents as asked', async () => {
    const { out } = await unfog(['score', '-', '--model', causal, '--documents', 'file'], {
      stdin: 'A dog.\nA cat.\n',
    })
    expect(out).toMatch(/^1 documents? \(file\)/)
  })
})
