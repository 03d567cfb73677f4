// What every command of the table must do: explain itself, run its examples, and refuse what it does not know.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { models, train } from '../index.ts'
import { commands, flagOf } from './index.ts'
import { writeTinyModel } from './testing/model-folder.ts'
import { unfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-commands-'))
const home = process.cwd()

beforeAll(async () => {
  writeFileSync(join(place, 'story.txt'), 'The fog was thick. The lamp was lit.\n'.repeat(60))
  writeFileSync(join(place, 'reviews.csv'), `id,review\n${'1,"Foggy, but fine."\n'.repeat(60)}`)
  const pair = { question: 'What was lit?', answer: 'The lamp was lit.' }
  writeFileSync(join(place, 'chat.jsonl'), `${JSON.stringify(pair)}\n`.repeat(60))
  mkdirSync(join(place, 'runs'))
  await writeTinyModel(join(place, 'runs/story'))
  const out = join(place, 'runs/fog')
  for await (const event of train({
    data: join(place, 'story.txt'),
    out,
    tokens: 3000,
    params: 1e4,
  }))
    expect(event).toBeDefined()
  process.chdir(place)
})
afterAll(() => {
  process.chdir(home)
  rmSync(place, { recursive: true, force: true })
})

/** The words of a command line: single quotes hold spaces together. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)

/** What makes an example quick enough for a test: the last of two equal flags counts. */
const quick: Record<string, readonly string[]> = {
  train: ['--time', '1', '--params', '10k', '--out', 'runs/new'],
  score: ['--time', '1'],
  quantize: ['--tales', '0', '--out', 'runs/new'],
  distill: '--tokens 2k --steps 4 --together 2 --rounds 1 --out runs/new'.split(' '),
  start: ['--port', '0'],
}

/** Runs the parts of a pipe one after another. */
async function runExample(line: string) {
  let ran = { exit: 0, out: '', err: '' }
  for (const part of line.split(' | ')) {
    const [command, file] = part.split(' < ')
    const [program, ...argv] = wordsOf(command)
    expect(program).toBe('unfog')
    const stdin = file ? 'The fog was thick.' : ran.out
    const tales = argv.includes('tales:small') ? ['--tales', '400', '--tokens', '2k'] : []
    ran = await unfog([...argv, ...(quick[argv[0]] ?? []), ...tales], {
      stdin,
      // a server runs until it is stopped
      onWrite: (io) => /http:\/\//.test(io.out) && !io.signal.aborted && io.stop({ exit: 130 }),
    })
    expect(ran.err).not.toMatch(/^unfog:/m)
    expect(ran.exit).toBe(0)
    rmSync(join(place, 'runs/new'), { recursive: true, force: true })
  }
  return ran
}

const needsBundled = (line: string): boolean =>
  /^unfog (generate|explain|score|quantize|start|policies --compare)/.test(line) &&
  !line.includes('--model')
const bundled = models().some(({ name }) => name === 'tales')

describe.each(Object.entries(commands))('unfog %s', (name, command) => {
  test('explains every flag and its argument in help, within a hundred columns', async () => {
    const { exit, out, err } = await unfog([name, '--help'], { columns: 200 })
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    for (const [key, option] of Object.entries(command.options))
      expect(out).toContain(flagOf(key, option))
    if (command.argument) expect(out).toContain(command.argument.name)
    for (const line of command.examples) expect(out).toContain(`$ ${line}`)
    const options = out.slice(0, out.indexOf('Examples:'))
    expect(Math.max(...options.split('\n').map((line) => line.length))).toBeLessThanOrEqual(112)
    const same = await unfog(['help', name], { columns: 200 })
    expect(same.out).toBe(out)
  })

  test('refuses a flag it does not know: one line, exit 2', async () => {
    const argument = command.argument ? ['story.txt'] : []
    const { exit, out, err } = await unfog([name, ...argument, '--no-such-flag'])
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toBe(`unfog: there is no option --no-such-flag: see unfog ${name} --help\n`)
  })

  for (const line of command.examples) {
    const skipped = needsBundled(line) && !bundled
    const why = skipped ? ' (needs the bundled model: npm run models)' : ''
    test.skipIf(skipped)(`runs its example: ${line}${why}`, async () => {
      const { out } = await runExample(line)
      expect(out.trim()).not.toBe('')
    })
  }
})

describe('unfog', () => {
  test('alone, and with --help, lists every command with an example', async () => {
    const alone = await unfog([])
    expect(alone).toMatchObject({ exit: 0, err: '' })
    expect(await unfog(['--help'])).toEqual(alone)
    expect(await unfog(['help'])).toEqual(alone)
    for (const [name, { examples }] of Object.entries(commands)) {
      expect(alone.out).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(alone.out).toContain(`$ ${examples[0]}`)
    }
  })

  test('--version is that of the package', async () => {
    expect((await unfog(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
