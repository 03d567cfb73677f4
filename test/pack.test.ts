// The package as its users get it: packed, installed into an empty project, imported with its types, run by name.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, stale } from '../scripts/build.js'
import { npm, root } from '../scripts/process.js'

let project: string

function run(command: string[], cwd = project) {
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NO_COLOR: '1' },
  })
  return { status, stdout, stderr }
}
const node = (...words: string[]) => run([process.execPath, ...words])
const unfog = (...words: string[]) => run(npm('exec', '--no', '--', 'unfog', ...words))

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'unfog-user-'))
  if (stale()) expect(await build({ types: false })).toBeUndefined()
  const packed = run(npm('pack', '--ignore-scripts', '--pack-destination', project), root)
  expect(packed).toMatchObject({ status: 0 })
  const [tarball] = readdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const installed = run(
    npm('install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball),
  )
  expect(installed).toMatchObject({ status: 0 })
}, 300_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the installed package', () => {
  test('is imported by its name', () => {
    const script = `import * as unfog from 'unfog'; console.log(typeof unfog.loadModel, typeof unfog.train)`
    expect(node('--input-type=module', '-e', script)).toEqual({
      status: 0,
      stdout: 'function function\n',
      stderr: '',
    })
  })

  test('has types, right ones and only those', () => {
    const check = (line: string) => {
      writeFileSync(
        join(project, 'use.ts'),
        `import { loadModel } from 'unfog'\n${line}\nexport {}\n`,
      )
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      return node(tsc, ...'--noEmit --strict --target es2023 --module nodenext use.ts'.split(' '))
    }
    const right =
      'const text: string = (await (await loadModel("tales")).complete({ seed: 7 })).text'
    expect(check(`${right}\nexport { text }`)).toMatchObject({ status: 0, stdout: '' })
    const wrong = check('await loadModel(7)')
    expect(wrong.status).not.toBe(0)
    expect(wrong.stdout).toContain("'number' is not assignable to parameter of type 'string'")
  })

  test('runs as a command', () => {
    const { status, stdout, stderr } = unfog('--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const command of ['generate', 'train', 'score', 'tales']) expect(stdout).toContain(command)
  })

  test('tells a tale, and says in one sentence what is wrong', () => {
    const told = unfog('tales', '--count', '1', '--seed', '7', '--json')
    expect(told.status).toBe(0)
    expect(JSON.parse(told.stdout).text).toMatch(/\w/)
    const wrong = unfog('tales', '--count', 'many')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr.trim().split('\n')).toHaveLength(1)
  })

  test.skipIf(!existsSync(join(root, 'models/tales/config.json')))('writes with its model', () => {
    const { status, stdout } = unfog('generate', '--seed', '5', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).text).toMatch(/\w/)
  })

  test('carries no sources, tests or scripts', () => {
    const files = readdirSync(join(project, 'node_modules/unfog'), {
      recursive: true,
      encoding: 'utf8',
    })
    expect(
      files.filter((file) => /(^|\/)(src|scripts|test|testing|fixtures)(\/|$)|\.test\./.test(file)),
    ).toEqual([])
  })
}, 120_000)
