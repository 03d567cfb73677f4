// What may not grow unnoticed. A budget has a reason and is raised only when the reason changes.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './process.js'

/** @typedef {{ what: string, limit: number, why: string, measure: (pack: File[]) => number | Promise<number> }} Budget */
/** @typedef {{ path: string, size: number }} File */

const kB = 1000
const MB = 1000 * kB

/** @type {Budget[]} */
const budgets = [
  {
    what: 'code in the package',
    limit: 1600 * kB,
    why: 'the sources are plain JavaScript with declarations, of five kinds of noise by now; much more means something was bundled',
    measure: (pack) => sizeBelow(pack, 'dist/') + sizeBelow(pack, 'bin/'),
  },
  {
    what: 'models in the package',
    limit: 16 * MB,
    why: 'two models of at most 8 MB',
    measure: (pack) => sizeBelow(pack, 'models/'),
  },
  {
    what: 'everything else in the package',
    limit: 3 * MB,
    why: 'documents and their pictures',
    measure: (pack) =>
      sizeBelow(pack, '') -
      sizeBelow(pack, 'dist/') -
      sizeBelow(pack, 'bin/') -
      sizeBelow(pack, 'models/'),
  },
  {
    what: 'dependencies beside onnxruntime',
    limit: 20 * MB,
    why: 'onnxruntime-node brings 290 MB for every system it runs on; nothing else may weigh',
    measure: dependencies,
  },
  {
    what: 'the training graph in a browser, minified',
    limit: 120 * kB,
    why: 'graph, noise and network are a page’s code, loaded before anything shows',
    measure: () =>
      bundledBytes(
        ['graph', 'noise', 'nn'].map((room) => `export * from './src/${room}/index.ts'`),
      ),
  },
  {
    what: 'unfog/browser, minified, without onnxruntime',
    limit: 690 * kB,
    why: 'all that loads, writes and trains in a page, readers of .parquet (160 kB) among it; onnxruntime-web adds 73 or 117 kB and its .wasm',
    measure: () => bundledBytes(["export * from './src/browser.ts'"]),
  },
]

/** @param {File[]} pack the files of the package
 * @returns {Promise<string[]>} a sentence for each budget that is exceeded */
export async function budgetFaults(pack) {
  const faults = []
  for (const { what, limit, why, measure } of budgets) {
    const size = await measure(pack)
    if (size > limit) faults.push(`${what}: ${inWords(size)}, more than ${inWords(limit)} (${why})`)
  }
  return faults
}

/** @param {File[]} pack
 * @param {string} folder '' for all */
const sizeBelow = (pack, folder) =>
  pack.filter(({ path }) => path.startsWith(folder)).reduce((sum, { size }) => sum + size, 0)

/** Bytes on disk of what an installation brings, without onnxruntime. */
function dependencies() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.keys(packages)
    .filter(
      (path) => path !== '' && !packages[path].dev && !/\/onnxruntime-(node|common)$/.test(path),
    )
    .reduce((sum, path) => sum + folderSize(join(root, path)), 0)
}

/** @param {string} folder
 * @returns {number} */
function folderSize(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    // packages within packages have their own path in the lockfile
    if (entry.name === 'node_modules') return sum
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? folderSize(path) : statSync(path).size)
  }, 0)
}

/** @param {string[]} lines of a script */
async function bundledBytes(lines) {
  const { outputFiles } = await build({
    stdin: {
      contents: lines.join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    external: ['onnxruntime-web'],
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  return outputFiles[0].contents.length
}

/** @param {number} bytes */
const inWords = (bytes) =>
  bytes < MB ? `${Math.ceil(bytes / kB)} kB` : `${(bytes / MB).toFixed(1)} MB`
