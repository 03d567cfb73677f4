// The graph that trains a model is to run in a browser tab as well: what builds it, differentiates it and writes it
// must bundle without anything of Node's.
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildResult, build } from 'esbuild'
import { describe, expect, test } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** From a text to a trained network; what needs a machine is named `*.node.ts` and not among it. */
const entries = [
  'src/graph/index.ts',
  'src/runtime/index.ts',
  'src/nn/index.ts',
  'src/noise/index.ts',
  'src/text/index.ts',
  'src/train/graph.ts',
  'src/train/trainer.ts',
  'src/browser.ts',
]

const bundle = (contents: string): Promise<BuildResult<{ write: false; metafile: true }>> =>
  build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    // loaded when a device is first used
    external: ['onnxruntime-web'],
    write: false,
    metafile: true,
    format: 'esm',
    minifyWhitespace: true, // comments may speak of what code may not use
    platform: 'browser',
    logLevel: 'silent',
  })

describe('a browser', () => {
  test('can load the training graph: no import is left but onnxruntime’s, none is Node’s', async () => {
    const contents = entries.map((entry) => `export * from './${entry}'`).join('\n')
    const { metafile, outputFiles } = await bundle(contents)
    const [output] = Object.values(metafile.outputs)
    const builds = ['onnxruntime-web/wasm', 'onnxruntime-web/webgpu']
    expect(output.imports.map(({ path }) => path)).toEqual(builds)
    expect(
      Object.keys(metafile.inputs).filter((file) => /onnxruntime-node|\.node\.ts$/.test(file)),
    ).toEqual([])
    expect(outputFiles[0].text).not.toMatch(/(?<![.#])\bprocess\.|\bBuffer\b|\brequire\(/)
  })

  test('could not load a file of Node’s: the check sees one', async () => {
    const error = await bundle("export * from './src/store/folder.node.ts'").catch((error) => error)
    expect(String(error)).toContain('node:')
  })

  test('emits the same bytes from the bundle, with no Node around', async () => {
    const { outputFiles } = await bundle(`
      import { emit, gradients, input, matmul, mul, parameter, sum } from './src/graph/index.ts'
      const w = parameter('w', [3, 2])
      const y = matmul(input('x', 'float', ['B', 3]), w)
      const loss = sum(mul(y, y))
      export const { bytes } = emit({ loss, dw: gradients(loss, [w])[0] })
    `)
    const script = outputFiles[0].text
    const module = await import(`data:text/javascript,${encodeURIComponent(script)}`)
    const { emit, gradients, input, matmul, mul, parameter, sum } = await import(
      '../src/graph/index.ts'
    )
    const w = parameter('w', [3, 2])
    const y = matmul(input('x', 'float', ['B', 3]), w)
    const loss = sum(mul(y, y))
    expect(module.bytes).toEqual(emit({ loss, dw: gradients(loss, [w])[0] }).bytes)
  })
})
