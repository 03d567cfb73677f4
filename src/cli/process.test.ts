// The command line as a process: exit statuses, pipes, signals. Everything else is tested in this process.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/process.js'
import { writeTinyModel } from './testing/model-folder.ts'
import { type Process, type Ran, startUnfog } from './testing/unfog.ts'

const place = mkdtempSync(join(tmpdir(), 'unfog-process-'))
const model = join(place, 'model')
const story = join(place, 'story.txt')

beforeAll(async () => {
  await writeTinyModel(model)
  writeFileSync(story, 'The fog was thick. The lamp was lit. A dog ran home.\n'.repeat(60))
  // a clone builds what has changed before the first command
  expect(await startUnfog(['--version']).ended).toMatchObject({ exit: 0 })
}, 240_000)
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** A line of bash in which `unfog` is the command; its last line of stdout is taken for itself. */
function bash(line: string): Promise<Ran> {
  const program = `'${process.execPath}' '${join(root, 'bin/unfog.js')}'`
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', `unfog() { ${program} "$@"; }; ${line}`], {
      cwd: place,
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => {
      out += data
    })
    child.stderr.on('data', (data) => {
      err += data
    })
    child.on('close', (code) => resolve({ exit: code ?? -1, out, err }))
  })
}

/** In bash: how the first command of the last pipe ended. */
const status = ['$', '{PIPESTATUS[0]}'].join('')

/** Waits until a process has written something. */
async function until(running: Process, pattern: RegExp): Promise<void> {
  let over = false
  void running.ended.then(() => {
    over = true
  })
  while (!pattern.test(running.out + running.err)) {
    if (over) throw new Error(`it ended first: ${running.err}${running.out.slice(-300)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('exit statuses', () => {
  test.each([
    ['0, a thing done', 'tales --count 2 --seed 1', 0],
    ['1, a failure', 'generate --model nowhere', 1],
    ['1, a text that is no tale', 'tales --check story.txt', 1],
    ['2, wrong usage', 'generate --stepz 3', 2],
  ])('%s', async (_, words, exit) => {
    const ran = await startUnfog(words.split(' '), { cwd: place }).ended
    expect(ran.exit).toBe(exit)
    expect(ran.err).not.toMatch(/^ +at /m)
  })
})

describe('pipes', () => {
  test('a closed one is no error', async () => {
    const { out, err } = await bash(`unfog tales --count 200000 --seed 3 | head -1; echo ${status}`)
    expect(out.trim().split('\n')).toHaveLength(2)
    expect(out.trim().split('\n')[1]).toBe('0')
    expect(err).toBe('')
  })

  test('a reader that leaves stops training, and what was learnt is saved', async () => {
    const line = `unfog train story.txt --out piped --tokens 50M --params 10k --json | head -1 >/dev/null`
    const { out, err } = await bash(`${line}; echo ${status}`)
    expect({ out, err }).toEqual({ out: '0\n', err: '' })
    expect(existsSync(join(place, 'piped/model.safetensors'))).toBe(true)
    expect(existsSync(join(place, 'piped/lock'))).toBe(false)
  })

  test('what one command prints the other reads', async () => {
    const { exit, out } = await bash(
      'set -o pipefail; unfog tales --count 4 --json | unfog tales --check --json',
    )
    expect(exit).toBe(0)
    expect(out).toBe('{"ok":true,"errors":[]}\n'.repeat(4))
  })

  test('no stdin at all is an empty one', async () => {
    const { exit, err } = await bash('unfog score - --model model <&-')
    expect(exit).toBe(1)
    expect(err).toBe('unfog: standard input is empty: give it some text\n')
  })

  test.skipIf(!existsSync('/dev/full'))('a full disk behind stdout is one sentence', async () => {
    const { exit, err } = await bash('unfog tales --count 3 --seed 1 > /dev/full')
    expect(exit).toBe(1)
    expect(err).toMatch(/^unfog: no room left to write standard output.*\n$/)
  })
})

describe('Ctrl-C', () => {
  test('ends generating quickly, with 130 and without a word', async () => {
    const running = startUnfog(['generate', '--model', model, '--count', '1000000', '--json'])
    await until(running, /"seed"/)
    const pressed = performance.now()
    running.child.kill('SIGINT')
    const { exit, err } = await running.ended
    expect({ exit, err }).toEqual({ exit: 130, err: '' })
    expect(performance.now() - pressed).toBeLessThan(3000)
  })

  test('ends training with everything saved; nobody else trains there meanwhile; the same command goes on', async () => {
    const argv = ['train', story, '--out', join(place, 'run'), '--params', '10k', '--tokens', '50M']
    const train = () => startUnfog([...argv, '--json'])
    const stopped = async (running: Process) => {
      running.child.kill('SIGINT')
      const { exit, out, err } = await running.ended
      expect({ exit, err }).toEqual({ exit: 130, err: '' })
      const done = JSON.parse(out.trim().split('\n').at(-1) as string)
      expect(done).toMatchObject({ type: 'done', aborted: true })
      const config = JSON.parse(readFileSync(join(place, 'run/config.json'), 'utf8'))
      expect(config.training.tokens).toBe(done.tokens)
      return done.tokens as number
    }
    const first = train()
    await until(first, /"type":"phase"/)
    const second = await train().ended
    expect(second.exit).toBe(1)
    expect(second.err).toMatch(/^unfog: .*run is being trained by process \d+.*\n$/)
    const tokens = await stopped(first)
    expect(tokens).toBeGreaterThan(0)

    const again = train()
    await until(again, /"type":"report"/)
    const plan = JSON.parse(again.out.split('\n')[0])
    expect(plan).toMatchObject({ type: 'plan', resumed: true })
    expect(plan.reasons.join(' ')).toContain(String(tokens))
    expect(await stopped(again)).toBeGreaterThan(tokens)
  })

  test('ends the page, which is no failure', async () => {
    const running = startUnfog(['start', '--model', model, '--port', '0'])
    await until(running, /http:\/\/127\.0\.0\.1:\d+/)
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.out)?.[0] as string
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    await answer.text()
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ exit: 0 })
  })
})
