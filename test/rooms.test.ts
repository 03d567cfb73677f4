// The house has rooms, and a room imports only from rooms above it. This reads every import of the sources, types
// included, and holds them against the list.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** Top first: each may import what stands above it. */
const rooms = [
  'error',
  'random',
  'store',
  'graph',
  'runtime',
  'nn',
  'noise',
  'text',
  'tales',
  'model',
  'denoise',
  'control',
  'measure',
  'train',
  'api', // what index.ts shows
  'index.ts',
  'browser.ts', // the same for a page
  'serve',
  'cli',
]
/** Rooms at the edge, which may know the machine; elsewhere only files named `*.node.ts` do. */
const edge = ['serve', 'cli']
/** What only those may import. */
const machine = /^(node:|onnxruntime-node$)/

interface Import {
  /** path below src/, with forward slashes */
  file: string
  /** the module as written */
  module: string
  /** path below src/, of a relative import */
  target?: string
}

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../src')

/** Every static import, re-export and dynamic import of a file. */
function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const written = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g
  return [...code.matchAll(written)].map(([, , module]) => ({
    file,
    module,
    target: module.startsWith('.')
      ? relative(source, resolve(source, dirname(file), module))
          .split(sep)
          .join('/')
      : undefined,
  }))
}

const roomOf = (file: string): string => file.split('/')[0]

/** A sentence for each import that breaks a rule of the house. */
function faults(imports: readonly Import[]): string[] {
  const homeless = new Set(
    imports.map(({ file }) => file).filter((file) => !rooms.includes(roomOf(file))),
  )
  const misplaced = imports.flatMap(({ file, module, target }) => {
    const room = roomOf(file)
    if (target === undefined) {
      const allowed = edge.includes(room) || file.endsWith('.node.ts')
      return machine.test(module) && !allowed ? [`${file} imports ${module}`] : []
    }
    const [here, there] = [rooms.indexOf(room), rooms.indexOf(roomOf(target))]
    if (here < 0) return []
    if (there < 0) return [`${file} imports ${target}, which stands in no room`]
    if (there > here) return [`${file} imports ${target}, a room below it`]
    return []
  })
  return [...[...homeless].map((file) => `${file} stands in no room`), ...misplaced]
}

const isTest = (file: string): boolean => /\.test\.ts$|\/testing\//.test(file)
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !isTest(file))
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(source, file), 'utf8')))

/** Rooms from which a chain of imports leads out and back again. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, Set<string>>()
  for (const { file, target } of imports) {
    const [room, other] = [roomOf(file), target && roomOf(target)]
    if (other && other !== room) next.set(room, (next.get(room) ?? new Set()).add(other))
  }
  const reachable = (room: string): Set<string> => {
    const reached = new Set(next.get(room))
    for (const other of reached) for (const further of next.get(other) ?? []) reached.add(further)
    return reached
  }
  return [...next.keys()].filter((room) => reachable(room).has(room))
}

test('every import goes to a room above, and only the edge knows the machine', () => {
  expect(imports.length).toBeGreaterThan(100)
  expect(faults(imports)).toEqual([])
})

test('no rooms import each other in a circle', () => {
  expect(cycles(imports)).toEqual([])
})

test('what is imported exists', () => {
  const known = new Set(files)
  const missing = imports.filter(({ target }) => target?.endsWith('.ts') && !known.has(target))
  expect(missing.map(({ file, module }) => `${file} imports ${module}`)).toEqual([])
})

describe('the reader', () => {
  const found = (text: string) => importsOf('graph/ops/x.ts', text).map(({ module }) => module)

  test('sees every form of import, and no comment', () => {
    const text = `
      import { a } from '../a.ts'
      import type { B } from "../../nn/b.ts"
      import c, {
        d,
      } from './c.ts'
      export { e } from './e.ts'
      export * from './f.ts'
      import 'node:fs'
      const later = await import('./g.ts')
      // import { h } from './h.ts'
      /* import { i } from './i.ts' */
    `
    const expected = ['../a.ts', '../../nn/b.ts', './c.ts', './e.ts', './f.ts', 'node:fs', './g.ts']
    expect(found(text)).toEqual(expected)
  })

  test('reports each kind of breach', () => {
    const breach = (file: string, module: string) => faults(importsOf(file, `import '${module}'`))
    expect(breach('graph/emit.ts', '../runtime/index.ts')).toHaveLength(1)
    expect(breach('graph/emit.ts', '../error/index.ts')).toEqual([])
    expect(breach('runtime/index.ts', 'onnxruntime-node')).toHaveLength(1)
    expect(breach('runtime/cpu.node.ts', 'onnxruntime-node')).toEqual([])
    expect(breach('train/loop.ts', 'node:fs/promises')).toHaveLength(1)
    expect(breach('cli/main.ts', 'node:fs')).toEqual([])
    expect(breach('index.ts', './train/index.ts')).toEqual([])
    expect(breach('index.ts', './cli/main.ts')).toHaveLength(1)
    expect(breach('nn/x.ts', '../attic/y.ts')).toHaveLength(1)
    expect(breach('attic/y.ts', '../nn/x.ts')).toHaveLength(1)
    const circle = [
      ...importsOf('nn/x.ts', "import '../text/y.ts'"),
      ...importsOf('text/y.ts', "import '../nn/z.ts'"),
    ]
    expect(cycles(circle)).toEqual(['nn', 'text'])
  })
})
