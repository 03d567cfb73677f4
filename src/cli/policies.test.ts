// unfog policies: every policy that can writes the same request, as generate would, and the pictures show its order.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Frame, type PolicyName, policiesFor, states } from '../denoise/index.ts'
import { loadModel } from '../index.ts'
import { settledAt } from './comparison.ts'
import { ordersPicture } from './orders-picture.ts'
import { writeTinyModel } from './testing/model-folder.ts'
import { unfog } from './testing/unfog.ts'

/** the policies that can write for a masked model */
const fit = policiesFor({ causal: false }).map(({ name }) => name)

const place = mkdtempSync(join(tmpdir(), 'unfog-policies-'))
const plain = join(place, 'plain')
const causal = join(place, 'causal')
const teller = join(place, 'teller')
beforeAll(async () => {
  await writeTinyModel(plain)
  await writeTinyModel(causal, { causal: true })
  await writeTinyModel(teller, { world: 'small' })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

interface Row {
  policy: PolicyName
  forwards: number
  tokensPerForward: number
  ms: number
  accepted?: number
  text: string
  settledAt: number[]
}
const rowsOf = (out: string): Row[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const compare = async (...more: string[]) => {
  const { exit, out, err } = await unfog(['policies', '--compare', '--json', ...more])
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
  return rowsOf(out)
}

test('every policy that can write for the model writes what it would write alone', async () => {
  const asked = ['--model', plain, '--seed', '4', '--length', '12', '--prompt', 'The']
  const rows = await compare(...asked)
  expect(rows.map(({ policy }) => policy)).toEqual(fit)
  const model = await loadModel(plain)
  for (const { policy, text, forwards, tokensPerForward, settledAt: steps } of rows) {
    const written = await model.complete({ seed: 4, length: 12, prompt: 'The', policy })
    expect({ text, forwards }).toEqual({ text: written.text, forwards: written.forwards })
    expect(tokensPerForward).toBeCloseTo(9 / forwards, 12)
    expect(steps.slice(0, 3)).toEqual([0, 0, 0])
    expect(Math.min(...steps.slice(3))).toBeGreaterThan(0)
  }
  await model.dispose()
  const of = (name: PolicyName) => rows.find(({ policy }) => policy === name)!.settledAt.slice(3)
  expect(of('left-to-right')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(of('confidence').toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('an option goes to the policies that take it', async () => {
  const rows = await compare('--model', plain, '--length', '9', '--seed', '1', '--steps', '3')
  const forwards = Object.fromEntries(rows.map((row) => [row.policy, row.forwards]))
  expect(forwards).toMatchObject({ confidence: 3, 'low-confidence': 3, 'left-to-right': 9 })
})

test('with --count the averages of as many texts, and the share of true tales', async () => {
  const asked = ['--model', teller, '--seed', '5', '--length', '8', '--count', '18']
  const rows = await compare(...asked)
  const { policy, forwards, accepted, text } = rows.find((row) => row.policy === 'threshold')!
  const { out } = await unfog(['generate', ...asked, '--policy', policy, '--json'])
  const written = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(written.length).toBe(18)
  expect(text).toBe(written[0].text)
  expect(forwards).toBeCloseTo(written.reduce((sum, one) => sum + one.forwards, 0) / 18, 12)
  expect(accepted).toBe(written.filter((one) => one.accepted).length / 18)
  const [uncounted] = await compare('--model', teller, '--seed', '5', '--length', '8')
  expect(uncounted).not.toHaveProperty('accepted')
})

test('an autoregressive model has one policy', async () => {
  const rows = await compare('--model', causal, '--length', '6', '--seed', '1')
  expect(rows.map(({ policy }) => policy)).toEqual(['left-to-right'])
})

test('with a verifier a row for its text, which the model drafts', async () => {
  const asked = ['--length', '6', '--seed', '1']
  const rows = await compare('--model', plain, '--verifier', causal, ...asked)
  expect(rows.map(({ policy }) => policy)).toEqual([...fit, 'speculative'])
  const [alone] = await compare('--model', causal, ...asked)
  expect(rows.at(-1)!.text).toBe(alone.text)
})

test('a table, and a bar for each word, the higher the later', async () => {
  const asked = ['--model', plain, '--seed', '4', '--length', '11', '--prompt', 'The']
  const { out, err } = await unfog(['policies', '--compare', ...asked], { columns: 100 })
  expect(err).toBe('seed 4\n')
  const lines = out.split('\n')
  expect(lines[0]).toMatch(/^policy +forwards +tokens each +ms +text$/)
  expect(lines.find((line) => line.startsWith('left-to-right'))).toMatch(/ 8 +1\.00 +\d+ +The/)
  expect(lines.findLast((line) => line.startsWith('left-to-right'))).toMatch(/ ···▁▂▃▄▅▆▇█$/)
  expect(out).not.toContain('\x1b')
  // in a narrow terminal the bars go on in a second line, in the colour of their certainty
  const more = ['--model', plain, '--seed', '4', '--length', '24']
  const shown = await unfog(['policies', '--compare', ...more], { tty: true, columns: 40 })
  expect(shown.out).toContain('\x1b[')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const bare = shown.out.replaceAll(/\x1b\[[\d;]*m/g, '').split('\n')
  const first = bare.findLastIndex((line) => line.startsWith('left-to-right'))
  const bars = bare.slice(first, first + 2).map((line) => line.slice(19))
  expect(bars.map(({ length }) => length)).toEqual([21, 3])
  expect(bars.join('')).toBe([...bars.join('')].toSorted().join(''))
})

test('--picture draws every policy; its folder is made', async () => {
  const file = join(place, 'pictures/orders.svg')
  const asked = ['--model', plain, '--seed', '4', '--length', '9', '--picture', file]
  const { exit, err } = await unfog(['policies', '--compare', ...asked])
  expect({ exit, err }).toEqual({ exit: 0, err: `seed 4\n${file}\n` })
  const drawn = readFileSync(file, 'utf8')
  for (const name of fit) expect(drawn).toContain(`>${name}</text>`)
  const missing = join(place, 'missing.svg')
  const wrong = await unfog(['policies', '--compare', '--model', 'no-such', '--picture', missing])
  expect(wrong.exit).not.toBe(0)
  expect(existsSync(missing)).toBe(false)
})

test('what is for a comparison is refused without one, in one sentence', async () => {
  for (const [flag, value] of [
    ['--seed', '0'],
    ['--prompt', 'The'],
    ['--picture', 'orders.svg'],
  ]) {
    const { exit, out, err } = await unfog(['policies', flag, value])
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toBe(`unfog: ${flag} is for a comparison: add --compare\n`)
  }
})

describe('the order of words', () => {
  const { given, fog, settled } = states
  const frame = (step: number, state: number[], changed: number[]): Frame => ({
    step,
    forwards: step,
    tokens: new Int32Array(state.length),
    state: Uint8Array.from(state),
    confidence: new Float32Array(state.length),
    entropy: new Float32Array(state.length),
    changed,
    text: '',
    seed: 0,
  })
  // one given; one written first, sent back, and written again; one written over; one behind the end of the text
  const frames = [
    frame(0, [given, fog, fog, fog], []),
    frame(1, [given, settled, fog, fog], [1]),
    frame(2, [given, fog, settled, fog], [1, 2]),
    frame(4, [given, settled, settled], [1, 2]),
  ]

  test('is when each was written for the last time', () => {
    expect(settledAt(frames)).toEqual([0, 4, 4])
  })

  test('a field shows when a word stands, in the colour of its beginning', () => {
    const drawn = ordersPicture([{ name: 'a<b', about: '4 forwards', frames }])
    expect(drawn).toContain('>a&lt;b</text>')
    // [position][step]: the fill of its cell, '' for fog; a field is 252 × 120
    const cells = Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => ''))
    for (const [, fill, d] of drawn.matchAll(/<path fill="([^"]*)" d="([^"]*)"/g)) {
      for (const [, x, y, , height] of d.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)/g)) {
        const from = Number(y) / 24
        for (let step = from; step < from + Number(height) / 24; step++) {
          expect(cells[Number(x) / 63][step]).toBe('')
          cells[Number(x) / 63][step] = fill
        }
      }
    }
    const [pale, one, two, none] = cells
    expect(new Set(pale).size).toBe(1)
    expect(one.map(Boolean)).toEqual([false, true, false, false, true])
    expect(one[1]).not.toBe(one[4])
    expect(two.map(Boolean)).toEqual([false, false, true, true, true])
    expect(two[2]).toBe(two[3])
    expect(two[4]).toBe(one[4])
    expect(none.some(Boolean)).toBe(false)
  })
})
