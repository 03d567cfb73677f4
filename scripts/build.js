// src/ in TypeScript becomes dist/ in JavaScript with declarations. It is built beside the old one and put in its
// place at the end, so programs that run meanwhile never see half of it.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run, tool } from './process.js'

const dist = join(root, 'dist')
const cache = join(root, '.cache')
/** What dist was built from. */
const stamp = join(cache, 'built')

/** Paths, sizes and times of everything dist is made from: a change, a removal and an older file all show. */
function fingerprint() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join('src', path))
  const hash = createHash('sha256')
  for (const path of [...sources, 'tsconfig.json', 'tsconfig.build.json'].sort()) {
    const { size, mtimeMs } = statSync(join(root, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** Why dist has to be built, or undefined.
 * @returns {string | undefined} */
export function stale() {
  if (!existsSync(join(dist, 'index.js')) || !existsSync(stamp)) return 'dist is missing'
  return readFileSync(stamp, 'utf8') === fingerprint() ? undefined : 'the sources changed'
}

/** Builds dist.
 * @param {{ types: boolean }} options whether a wrong type is a failure; without, types are not looked at
 * @returns {Promise<string | undefined>} what is wrong when it failed; dist is as it was */
export async function build({ types }) {
  const made = fingerprint()
  const fresh = join(cache, `dist-${process.pid}`)
  mkdirSync(cache, { recursive: true })
  const compile = tool('typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh)
  const fault = await run(types ? compile : [...compile, '--noCheck'])
  try {
    if (fault) return fault
    replace(dist, fresh)
    writeFileSync(stamp, made)
    return undefined
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Puts a folder in the place of another.
 * @param {string} place
 * @param {string} fresh */
function replace(place, fresh) {
  const old = `${fresh}-old`
  if (existsSync(place)) renameSync(place, old)
  renameSync(fresh, place)
  rmSync(old, { recursive: true, force: true })
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const fault = await build({ types: true })
  if (fault) {
    process.stderr.write(`${fault}\n`)
    process.exitCode = 1
  }
}
