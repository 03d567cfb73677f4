// `npm run check`: everything that can be said about the project without running it. One row a check; each returns
// what is wrong, '' when nothing is.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { budgetFaults } from './budgets.js'
import { build } from './build.js'
import { capture, npm, root, run, tool } from './process.js'

/** @typedef {{ name: string, run: () => Promise<string | undefined> }} Check */

const packed = join(root, '.cache/pack')

/** @type {Check[]} */
const checks = [
  { name: 'types', run: () => run(tool('typescript/bin/tsc', '-p', 'tsconfig.json')) },
  {
    name: 'lint and format',
    run: () =>
      run(tool('@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.')),
  },
  { name: 'build', run: () => build({ types: true }) },
  {
    name: 'unused files, exports and dependencies',
    run: () => run(tool('knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors')),
  },
  { name: 'package', run: pack },
  {
    name: 'package metadata (publint)',
    run: () => run(tool('publint/src/cli.js', 'run', tarball(), '--strict')),
  },
  {
    name: 'types of the package (attw)',
    run: () => run(tool('@arethetypeswrong/cli/dist/index.js', tarball(), '--profile', 'esm-only')),
  },
  { name: 'sizes', run: async () => (await budgetFaults(contents())).join('\n') },
  { name: 'lockfile without hosts', run: async () => lockfileFaults() },
  { name: 'no places of one machine', run: placesOfOneMachine },
]

/** Runs every check and says what is wrong.
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>} */
export async function check() {
  let failed = 0
  for (const { name, run } of checks) {
    const began = performance.now()
    const fault = await run().catch((error) => String(error))
    if (fault) failed += 1
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stdout.write(
      `${fault ? '✗' : '✓'} ${name} (${seconds} s)\n${fault ? `${fault}\n` : ''}`,
    )
  }
  return { passed: checks.length - failed, failed, skipped: 0 }
}

/** Packs the package as `npm publish` would, from the dist just built. */
async function pack() {
  rmSync(packed, { recursive: true, force: true })
  mkdirSync(packed, { recursive: true })
  const { exit, stdout, output } = await capture(
    npm('pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', packed),
  )
  if (exit !== 0) return output
  writeFileSync(join(packed, 'contents.json'), stdout)
}

const tarball = () => join(packed, readdirSync(packed).filter((file) => file.endsWith('.tgz'))[0])

/** @returns {{ path: string, size: number }[]} the files of the package */
const contents = () => JSON.parse(readFileSync(join(packed, 'contents.json'), 'utf8'))[0].files

function lockfileFaults() {
  const lines = readFileSync(join(root, 'package-lock.json'), 'utf8').split('\n')
  return lines.some((line) => line.includes('"resolved"'))
    ? 'package-lock.json names the registry it was made with: .npmrc says omit-lockfile-registry-resolved=true, so delete it and run npm install'
    : ''
}

/** Folders of the machine a file was written on, and hosts that only some machines reach. */
const places =
  /(?<![\w.])\/(?:root|work|home\/\w+|Users\/\w+)\/|\bregistry\.npmjs\.org|\bfile:\/\/\//

async function placesOfOneMachine() {
  const { stdout } = await capture(['git', 'ls-files', '-z'])
  const faults = stdout
    .split('\0')
    .filter(
      (path) =>
        path !== '' &&
        path !== 'scripts/check.js' &&
        statSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
    )
    .flatMap((path) => {
      const lines = readFileSync(join(root, path), 'latin1').split('\n')
      return lines.flatMap((line, at) => {
        const place = places.exec(line)
        return place ? [`${path}:${at + 1}: ${place[0]}`] : []
      })
    })
  return faults.join('\n')
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const { failed } = await check()
  process.exitCode = failed > 0 ? 1 : 0
}
