// The code in README and docs is run: every TypeScript block is type-checked against src and executed as it stands.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { tell } from '../src/tales/index.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, '.cache', 'docs-code')

interface Block {
  page: string
  ordinal: number
  code: string
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

const blocks: Block[] = pages.flatMap((page) => {
  const found = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)
  return [...found].map(([, code], i) => ({ page, ordinal: i + 1, code }))
})

const nameOf = ({ page, ordinal }: Block) => `${page.replace(/\W+/g, '-')}-${ordinal}`

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await build({
    entryPoints: [join(root, 'src', 'index.ts')],
    outfile: join(folder, 'unfog.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    // models lie beside src, wherever the bundle lies
    define: { 'import.meta.url': JSON.stringify(`file://${join(root, 'src', 'api', 'code.js')}`) },
  })
  writeFileSync(
    join(folder, 'story.txt'),
    Array.from({ length: 400 }, (_, i) => tell('small', i).text).join('\n'),
  )
  for (const block of blocks) writeFileSync(join(folder, `${nameOf(block)}.ts`), block.code)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { paths: { unfog: ['../../src/index.ts'] }, noUnusedLocals: false },
      include: ['*.ts'],
    }),
  )
})

test('there is code to run, and it compiles', () => {
  expect(blocks.length).toBeGreaterThan(4)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout, status } = spawnSync(
    process.execPath,
    [tsc, '-p', join(folder, 'tsconfig.json')],
    {
      encoding: 'utf8',
    },
  )
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

describe('runs', () => {
  for (const block of blocks) {
    test(`${block.page}, block ${block.ordinal}`, async () => {
      const file = join(folder, `${nameOf(block)}.mjs`)
      await build({
        stdin: { contents: block.code, loader: 'ts', resolveDir: folder },
        outfile: file,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['./unfog.mjs'],
        plugins: [
          {
            name: 'unfog',
            setup: (build) => {
              build.onResolve({ filter: /^unfog$/ }, () => ({
                path: './unfog.mjs',
                external: true,
              }))
            },
          },
        ],
      })
      const { stderr, status } = spawnSync(process.execPath, [file], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(stderr).toBe('')
      expect(status).toBe(0)
    })
  }
})
