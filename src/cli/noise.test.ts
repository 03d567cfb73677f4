// unfog noise: the picture is the process, and the same every time.
import { expect, test } from 'vitest'
import { noises, schedules } from '../noise/index.ts'
import { nearestShare, noisyTexts } from './noisy-text.ts'
import { unfog } from './testing/unfog.ts'

const escapeCode = '\u001b'
const text = 'Max and Lily found it, far away.'
const kinds = (process: keyof typeof noises, seed: number) =>
  noisyTexts(noises[process], schedules.linear, text, seed).map(({ words }) =>
    words.map(({ kind }) => kind),
  )

test('draws every process and every schedule, the same for the same seed', async () => {
  const first = await unfog(['noise', '--seed', '3'])
  expect(first.exit).toBe(0)
  for (const name of Object.keys({ ...noises, ...schedules })) expect(first.out).toContain(name)
  expect(first.out).not.toContain(escapeCode)
  expect((await unfog(['noise', '--seed', '3'])).out).toBe(first.out)
  expect((await unfog(['noise', '--seed', '4'])).out).not.toBe(first.out)
  expect((await unfog(['noise', '--seed', '3', '--schedule', 'cosine'])).out).not.toBe(first.out)
})

test('corrupts the text that is given, whose marks stay', async () => {
  const { out } = await unfog(['noise', text])
  expect(out).toContain(`0.0  ${text}`)
  expect(out).toContain('1.0  ░░░ ░░░ ░░░░ ░░░░░ ░░, ░░░ ░░░░.')
})

test('colours fog and swapped words where there are colours', async () => {
  const coloured = await unfog(['noise'], { tty: true, columns: 100 })
  expect(coloured.out).toContain(escapeCode)
  expect((await unfog(['noise'], { tty: true, env: { NO_COLOR: '1' } })).out).not.toContain(
    escapeCode,
  )
})

test('shows what is true of each process', () => {
  for (let seed = 0; seed < 20; seed++) {
    // all starts clean; what is fog stays fog
    for (const process of ['masked', 'autoregressive'] as const) {
      const rows = kinds(process, seed)
      expect(new Set(rows[0])).toEqual(new Set(['kept']))
      expect(new Set(rows[5])).toEqual(new Set(['fog']))
      rows[0].forEach((_, i) => {
        const fog = rows.map((row) => Number(row[i] === 'fog'))
        expect(fog).toEqual(fog.toSorted())
      })
    }
    expect(kinds('uniform', seed).flat()).not.toContain('fog')
    expect(new Set(kinds('hybrid', seed)[5])).toEqual(new Set(['fog']))
  }
  const all = Array.from({ length: 20 }, (_, seed) => kinds('hybrid', seed)).flat(2)
  expect(new Set(all)).toEqual(new Set(['kept', 'fog', 'swapped']))
  const drifted = Array.from({ length: 20 }, (_, seed) => kinds('gaussian', seed))
  // what is gone at the end was not gone at the beginning
  const lost = (row: number) =>
    drifted.flatMap((rows) => rows[row]).filter((kind) => kind === 'swapped').length
  expect(lost(0)).toBe(0)
  expect(lost(1)).toBeLessThan(lost(5))
  expect(drifted.flat(2)).not.toContain('fog')
})

test('says in which processes a word that stands is right', async () => {
  const { out } = await unfog(['noise', '--json'])
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const names = (settles: boolean) =>
    rows.filter((row) => row.settles === settles).map(({ name }) => name)
  expect(names(true)).toEqual(['masked', 'autoregressive'])
  expect(names(false)).toEqual(['uniform', 'hybrid', 'gaussian'])
  expect(rows.filter(({ kind }) => kind === 'schedule').map(({ name }) => name)).toEqual(
    Object.keys(schedules),
  )
})

test('of vectors the nearest word is right for ever fewer, down to one in a hundred', () => {
  const shares = nearestShare(noises.gaussian, schedules.linear, [0.01, 0.1, 0.3, 0.6, 1])
  expect(shares[0]).toBe(1)
  expect(shares.toSorted((a, b) => b - a)).toEqual(shares)
  expect(shares[4]).toBeLessThan(0.06)
})

test('refuses a text without words', async () => {
  const { exit, err } = await unfog(['noise', '...'])
  expect(exit).toBe(2)
  expect(err).toBe("unfog: there is no word in '...': give a sentence\n")
})
