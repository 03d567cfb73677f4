// The two commands and what stands behind them: what a bare clone installs, when, and what it says. Here npm, tsc and
// apt-get are stand-ins that write down how they were called.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeFault, oldest } from '../bin/node-version.js'
import { count } from '../scripts/count.js'
import { documents } from '../scripts/docs.js'
import { tasks } from '../scripts/ensure.js'
import { root } from '../scripts/process.js'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))

describe('tasks', () => {
  test('each of package.json installs what it needs first', () => {
    for (const task of ['start', 'test', 'check', 'fix', 'bench', 'build', 'docs']) {
      expect(tasks).toHaveProperty(task)
      expect(manifest.scripts[task]).toMatch(new RegExp(`^node scripts/ensure\\.js ${task} && `))
    }
  })
})

describe('the version of Node', () => {
  test('is refused below 20.19, in a sentence with both versions', () => {
    for (const version of ['v18.20.8', 'v20.18.3', 'v0.12.18']) {
      expect(nodeFault(version)).toMatch(/needs Node 20\.19 or newer.*install/)
      expect(nodeFault(version)).toContain(version)
    }
  })

  test('will do from 20.19 on', () => {
    for (const version of ['v20.19.0', 'v20.20.1', 'v21.0.0', 'v24.1.0']) {
      expect(nodeFault(version)).toBeUndefined()
    }
  })

  test('is the one package.json asks for', () => {
    expect(manifest.engines.node).toBe(`>=${oldest.join('.')}`)
  })
})

describe('documents', () => {
  test.each(documents)('$path is what `npm run docs` makes', async ({ path, make }) => {
    expect(read(path)).toBe(await make((room) => import(`../src/${room}/index.ts`)))
  })

  test('every dependency has its row in docs/dependencies.md, with its licence, and no other has', () => {
    const page = read('docs/dependencies.md')
    const rows = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)]
    const named = rows.map(([, name]) => name)
    const wanted = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(named.toSorted()).toEqual(wanted.toSorted())
    for (const [, name, , licence] of rows) {
      expect(`${name}: ${JSON.parse(read(`node_modules/${name}/package.json`)).license}`).toBe(
        `${name}: ${licence.trim()}`,
      )
    }
  })
})

describe('a run of tests', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unfog-tests-'))
    writeFileSync(
      join(folder, 'vitest.config.mjs'),
      `export default { test: { globals: true, setupFiles: [${JSON.stringify(join(root, 'test/support/quiet.ts'))}] } }`,
    )
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs files of tests and counts what came out. */
  const counted = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { status, stdout } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter=json'],
      { encoding: 'utf8' },
    )
    const report = JSON.parse(stdout)
    return { counts: count(report.testResults, status ?? 1), stdout }
  }

  test('a test that prints fails, whichever way, unless it took the printing over', () => {
    const { counts, stdout } = counted({
      'prints.test.js': `
        test('console', () => console.log('first words'))
        test('stdout', () => void process.stdout.write('second words'))
        test('silent', () => {})
        test('expected', () => {
          const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
          console.warn('well')
          expect(warn).toHaveBeenCalledOnce()
          warn.mockRestore()
        })
        test.skip('skipped', () => {})`,
    })
    expect(counts).toEqual({ passed: 2, failed: 2, skipped: 1 })
    for (const words of ['first words', 'second words']) expect(stdout).toContain(words)
  })

  test('what breaks outside of tests is a failure too', () => {
    const { counts } = counted({
      'broken.test.js': `throw new Error('before the first test')`,
      'prints.test.js': `console.log('before the first test'); test('fine', () => {})`,
      'fine.test.js': `test('fine', () => {})`,
    })
    expect(counts.failed).toBe(2)
  })

  test('vitest’s exit status counts when nothing else shows', () => {
    expect(count([], 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(count([], 0)).toEqual({ passed: 0, failed: 0, skipped: 0 })
  })
})

describe('a bare clone', () => {
  let place: string
  let clone: string
  let programs: string

  /** A program that writes down its words and then runs `then`. */
  const standIn = (name: string, then: string): void => {
    const path = join(programs, name)
    writeFileSync(
      path,
      `#!${process.execPath}
const fs = require('node:fs')
fs.appendFileSync('called', '${name} ' + process.argv.slice(2).join(' ') + '\\n')
${then}`,
    )
    chmodSync(path, 0o755)
  }

  const tsc = `const out = process.argv[process.argv.indexOf('--outDir') + 1]
fs.mkdirSync(out, { recursive: true })
fs.writeFileSync(out + '/index.js', '')`

  const installs = `fs.rmSync('node_modules', { recursive: true, force: true })
fs.mkdirSync('node_modules/typescript/bin', { recursive: true })
fs.writeFileSync('node_modules/typescript/package.json', '{"type":"commonjs"}')
fs.copyFileSync('../tsc', 'node_modules/typescript/bin/tsc')
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')`

  const lock = (version: string): void =>
    writeFileSync(
      join(clone, 'package-lock.json'),
      JSON.stringify({ packages: { '': {}, 'node_modules/typescript': { version } } }),
    )

  const ensure = (task: string, environment: Record<string, string> = {}) => {
    rmSync(join(clone, 'called'), { force: true })
    const { status, stderr, stdout } = spawnSync(process.execPath, ['scripts/ensure.js', task], {
      cwd: clone,
      encoding: 'utf8',
      env: { PATH: programs, ...environment },
    })
    const called = existsSync(join(clone, 'called'))
      ? readFileSync(join(clone, 'called'), 'utf8').trim().split('\n')
      : []
    return { status, lines: stderr.split('\n').filter(Boolean), stdout, called }
  }

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'unfog-clone-'))
    clone = join(place, 'clone')
    programs = join(place, 'programs')
    mkdirSync(programs)
    mkdirSync(join(clone, 'src'), { recursive: true })
    for (const folder of ['scripts', 'bin']) {
      cpSync(join(root, folder), join(clone, folder), { recursive: true })
    }
    for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) {
      cpSync(join(root, file), join(clone, file))
    }
    writeFileSync(join(clone, 'src/index.ts'), '')
    lock('7.0.0')
    standIn('npm', installs)
    standIn('tsc', tsc)
    renameSync(join(programs, 'tsc'), join(place, 'tsc'))
  })
  afterEach(() => rmSync(place, { recursive: true, force: true }))

  test('installs and builds, a line each on stderr, and is silent the second time', () => {
    const first = ensure('start')
    expect(first.status).toBe(0)
    expect(first.stdout).toBe('')
    expect(first.lines).toEqual([
      expect.stringMatching(/^unfog: node_modules is missing: installing npm packages/),
      'unfog: dist is missing: building dist',
    ])
    expect(first.called[0]).toMatch(/^npm ci --ignore-scripts /)
    expect(ensure('start')).toMatchObject({ status: 0, lines: [], called: [] })
  })

  test('installs again when the lockfile changes, and not when only its date does', () => {
    ensure('check')
    utimesSync(join(clone, 'package-lock.json'), new Date(), new Date())
    expect(ensure('check').called).toEqual([])
    lock('7.0.1')
    const again = ensure('check')
    expect(again.lines[0]).toContain('node_modules differs from package-lock.json')
    expect(again.called).toHaveLength(1)
  })

  test('builds again when a source changes, comes or goes', () => {
    ensure('run')
    const builds = () => ensure('run').called.filter((line) => line.includes('tsconfig.build.json'))
    const change = (text: string) => writeFileSync(join(clone, 'src/more.ts'), text)
    for (const step of [
      () => change(''),
      () => change('//'),
      () => rmSync(join(clone, 'src/more.ts')),
    ]) {
      step()
      expect(builds()).toHaveLength(1)
      expect(builds()).toEqual([])
    }
    writeFileSync(join(clone, 'src/more.test.ts'), '')
    expect(builds()).toEqual([])
  })

  test('leaves dist as it was when a build fails', () => {
    ensure('run')
    writeFileSync(join(clone, 'dist/index.js'), '// old')
    writeFileSync(
      join(clone, 'node_modules/typescript/bin/tsc'),
      "console.log('wrong'); process.exit(2)",
    )
    writeFileSync(join(clone, 'src/more.ts'), '')
    const { status, lines } = ensure('run')
    expect(status).toBe(1)
    expect(lines.slice(1)).toEqual([
      'unfog: wrong',
      'dist could not be installed; this does it by hand: npm run build',
    ])
    expect(readFileSync(join(clone, 'dist/index.js'), 'utf8')).toBe('// old')
  })

  test('says what npm said and what to type when packages cannot be installed', () => {
    standIn('npm', "console.error('no route to the registry'); process.exit(1)")
    const { status, lines } = ensure('start')
    expect(status).toBe(1)
    expect(lines.slice(1)).toEqual([
      'unfog: no route to the registry',
      'the npm packages could not be installed; this does it by hand: npm ci --ignore-scripts',
    ])
  })

  test('names the command for Chromium, and goes on without', () => {
    ensure('start')
    standIn('apt-get', '')
    const { status, lines, called } = ensure('test')
    expect(status).toBe(0)
    expect(lines).toEqual([
      expect.stringMatching(/^unfog: there is no Chromium: .* skipped; to install: .+/),
      expect.stringMatching(/^unfog: there is no TensorBoard: .* skipped; to install: python3 .+/),
    ])
    expect(called).toEqual([])
  })

  /** What makes a venv with a link to itself, and installs TensorBoard. */
  const python = `const [, , , what, folder] = process.argv
if (what === 'venv') {
  fs.mkdirSync(folder + '/bin', { recursive: true })
  fs.symlinkSync(process.argv[1], folder + '/bin/python')
} else fs.mkdirSync('.venv/lib/python3.9/site-packages/tensorboard/backend', { recursive: true })`

  test('makes a venv for TensorBoard with CI=true', () => {
    ensure('start')
    standIn('chromium', '')
    standIn('python3', python)
    const { status, called } = ensure('test', { CI: 'true' })
    expect(called).toEqual([
      expect.stringMatching(/^python3 -m venv .*\.venv$/),
      expect.stringMatching(/^python3 -m pip install .*--no-deps tensorboard==/),
    ])
    expect(status).toBe(0)
    expect(ensure('test', { CI: 'true' })).toMatchObject({ status: 0, lines: [], called: [] })
  })

  test('fails without Chromium with CI=true', () => {
    ensure('start')
    expect(ensure('test', { CI: 'true' }).status).toBe(1)
  })

  test.skipIf(process.getuid?.() !== 0)('asks apt-get for Chromium as root with CI=true', () => {
    ensure('start')
    standIn(
      'apt-get',
      `if (process.argv[2] === 'install') fs.writeFileSync('../programs/chromium', '')`,
    )
    standIn('python3', python)
    const { status, called } = ensure('test', { CI: 'true' })
    expect(status).toBe(0)
    expect(called.map((line) => line.split(' ').slice(0, 2).join(' ')).slice(0, 2)).toEqual([
      'apt-get update',
      'apt-get install',
    ])
    expect(ensure('test', { CI: 'true' })).toMatchObject({ status: 0, lines: [], called: [] })
  })

  test('refuses a task that does not exist', () => {
    const { status, lines } = ensure('dance')
    expect(status).toBe(2)
    expect(lines).toEqual([expect.stringContaining('there is no task "dance": use one of start, ')])
  })
})
