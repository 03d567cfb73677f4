// unfog explain: the text that generate writes, and of each word what its frames say.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExplainedWord } from '../denoise/index.ts'
import { writeTinyModel } from './testing/model-folder.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-explain-'))
const plain = join(place, 'plain')
const causal = join(place, 'causal')
beforeAll(async () => {
  await writeTinyModel(plain)
  await writeTinyModel(causal, { causal: true })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const words = (out: string): ExplainedWord[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('--json: one JSON a word, which joined are the text of generate', async () => {
  const asked = ['--model', plain, '--seed', '4', '--length', '12', '--prompt', 'The']
  const { exit, out, err } = await unfog(['explain', ...asked, '--json', '--candidates', '2'])
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
  const explained = words(out)
  const written = await unfog(['generate', ...asked])
  expect(`${explained.map(({ text }) => text).join('')}\n`).toBe(written.out)
  expect(explained.slice(0, 3).every(({ given, settled }) => given && !settled)).toBe(true)
  const own = explained.slice(3)
  expect(own.map(({ settled }) => settled!.step).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 9 }, (_, i) => i + 1),
  )
  expect(own.every(({ settled }) => settled!.candidates.length === 2)).toBe(true)
})

test('--by step tells of them as they settled', async () => {
  const asked = ['explain', '--model', plain, '--seed', '4', '--length', '9', '--json']
  const explained = words((await unfog([...asked, '--by', 'step'])).out)
  expect(explained.map(({ settled }) => settled!.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('an autoregressive model settles from left to right', async () => {
  const asked = ['explain', '--model', causal, '--seed', '2', '--maximum', '9', '--json']
  const steps = words((await unfog(asked)).out).map(({ settled }) => settled!.step)
  expect(steps).toEqual(steps.map((_, i) => i + 1))
})

test('a table of a line a word: plain without a terminal, coloured and within its columns in one', async () => {
  const asked = ['explain', '--model', plain, '--seed', '4', '--length', '9', '--prompt', 'The']
  const piped = await unfog(asked)
  expect(piped.out).not.toContain('\x1b')
  const lines = piped.out.split('\n').map((line) => line.trim())
  const head = lines.findIndex((line) => /^word +step +forward +sure/.test(line))
  expect(lines.slice(head + 1, head + 4)).toEqual(
    ['T  given', 'h  given', 'e  given'].map((line) =>
      expect.stringMatching(line.replace(/ +/, ' +')),
    ),
  )
  expect(lines.slice(head + 4, head + 10).every((line) => /\d+ +\d+ +<?\d+ %/.test(line))).toBe(
    true,
  )
  const shown = await unfog(asked, { tty: true, columns: 60, env: { COLORTERM: 'truecolor' } })
  expect(shown.out).toContain('\x1b[38;2;')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const bare = shown.out.replaceAll(/\x1b\[[\d;]*m/g, '')
  expect(Math.max(...bare.split('\n').map((line) => Array.from(line).length))).toBeLessThanOrEqual(
    60,
  )
  expect(shown.err).toMatch(/9 tokens, 6 forwards, \d+ ms, seed 4/)
})
