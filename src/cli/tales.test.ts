// unfog tales: what the teller tells, and what the checker says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { memberSeed } from '../random/index.ts'
import { check, tell } from '../tales/index.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-tales-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const lines = (out: string) => out.trim().split('\n')
const told = [tell('full', 5).text, tell('full', 6).text]
const untold = 'Lily was sad.'

describe('telling', () => {
  test('the same seed, the same tales, none twice', async () => {
    const words = ['tales', '--count', '5', '--seed', '11']
    const { exit, out, err } = await unfog(words)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(lines(out)).toEqual([0, 1, 2, 3, 4].map((i) => tell('full', memberSeed(11, i)).text))
    expect(await unfog(words)).toMatchObject({ out })
  })

  test('a fresh seed is printed, apart from the tales', async () => {
    const { out, err } = await unfog(['tales'])
    const seed = Number(/^seed (\d+)\n$/.exec(err)?.[1])
    expect(out).toBe(`${tell('full', seed).text}\n`)
  })

  test('--json: text, facts, labels, nats', async () => {
    const { out } = await unfog([
      'tales',
      '--world',
      'small',
      '--count',
      '2',
      '--seed',
      '1',
      '--json',
    ])
    const [first] = lines(out).map((line) => JSON.parse(line))
    const { text, facts, labels, nats } = tell('small', 1)
    expect(first).toEqual(JSON.parse(JSON.stringify({ text, facts, labels, nats })))
  })
})

describe('checking', () => {
  test.each([
    ['lines of text', `${told[0]}\n\n${untold}\r\n${told[1]}`],
    [
      'lines of JSON',
      [told[0], untold, told[1]].map((text) => JSON.stringify({ text, more: 1 })).join('\n'),
    ],
  ])('%s, from stdin and from a file', async (_, stdin) => {
    const path = join(place, 'given')
    writeFileSync(path, stdin)
    const wanted = [told[0], untold, told[1]].map((text) => {
      const { ok, errors } = check('full', text)
      return { ok, errors }
    })
    for (const ran of [
      await unfog(['tales', '--check', '--json'], { stdin }),
      await unfog(['tales', '--check', '-', '--json'], { stdin }),
      await unfog(['tales', '--check', path, '--json']),
    ]) {
      expect(ran).toMatchObject({ exit: 1, err: '' })
      expect(lines(ran.out).map((line) => JSON.parse(line))).toEqual(wanted)
    }
  })

  test('for people: a mark a line with what is wrong, and the sum', async () => {
    const { exit, out, err } = await unfog(['tales', '--check'], {
      stdin: `${told[0]}\n${untold}\n`,
    })
    expect(exit).toBe(1)
    expect(lines(out)[0]).toMatch(/^✓ /)
    expect(lines(out)[1]).toMatch(/^✗ .*never introduced.*: Lily was sad\.$/)
    expect(err).toBe('1 of 2 are true tales\n')
  })

  test('true tales leave 0, and a world knows its own', async () => {
    const { text } = tell('full', 5)
    expect(await unfog(['tales', '--check'], { stdin: text })).toMatchObject({ exit: 0 })
    expect(await unfog(['tales', '--check', '--world', 'small'], { stdin: text })).toMatchObject({
      exit: 1,
    })
  })
})
