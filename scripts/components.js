// The things a task may need, one row each: how to see that one is missing, how to install it, and the command that
// does it by hand. Tests that need a component ask the same rows.
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { build, stale } from './build.js'
import { npm, root, run } from './process.js'

/** @typedef {object} Component
 * @property {string} title what it is called in a sentence
 * @property {string} doing what installing it does, said before
 * @property {string} without what happens when it stays away
 * @property {boolean} required can no task that asks for it do without?
 * @property {() => string | undefined} missing why it is not there, or undefined
 * @property {() => boolean} installable may it be installed here without asking?
 * @property {() => Promise<string | undefined>} install the reason why it failed, or undefined
 * @property {() => string} command what installs it by hand */

/** @type {Component} */
const packages = {
  title: 'the npm packages',
  doing: 'installing npm packages (about 240 MB to download the first time)',
  without: 'nothing runs',
  required: true,
  missing: missingPackages,
  installable: () => true,
  // no package of ours needs its install script: onnxruntime's would download CUDA libraries, and the others' only
  // make what works anyway a little faster
  install: () =>
    run(
      npm(
        'ci',
        '--ignore-scripts',
        '--prefer-offline',
        '--no-fund',
        '--no-audit',
        '--loglevel=error',
      ),
      { ONNXRUNTIME_NODE_INSTALL: 'skip' },
    ),
  command: () => 'npm ci --ignore-scripts',
}

/** @type {Component} */
const built = {
  title: 'dist',
  doing: 'building dist',
  without: 'nothing runs',
  required: true,
  missing: stale,
  installable: () => true,
  // the types are the business of `npm run check`
  install: () => build({ types: false }),
  command: () => 'npm run build',
}

/** @type {Component} */
const chromium = {
  title: 'Chromium',
  doing: 'installing the Debian package chromium',
  without: 'the tests in a browser are skipped',
  required: false,
  missing: () => (findChromium() ? undefined : 'there is no Chromium'),
  installable: () =>
    process.env.CI === 'true' && process.getuid?.() === 0 && inPath('apt-get') !== undefined,
  install: async () => {
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
    return (
      (await run(['apt-get', 'update', '-qq'], quiet)) ??
      (await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet))
    )
  },
  command: () => {
    if (process.platform === 'darwin') return 'brew install --cask google-chrome'
    if (process.platform === 'win32') return 'winget install Google.Chrome'
    return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install chromium`
  },
}

export const components = { packages, build: built, chromium }

/** Names under which Chromium or its relatives are found. */
const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** Places outside the path. */
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The program of a Chromium, or undefined.
 * @returns {string | undefined} */
export function findChromium() {
  for (const name of browsers) {
    const found = inPath(name)
    if (found) return found
  }
  return applications.find((path) => existsSync(path))
}

/** @param {string} name
 * @returns {string | undefined} */
function inPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}

/** Compares what package-lock.json asks for with the record npm leaves of what it installed.
 * @returns {string | undefined} */
function missingPackages() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return 'node_modules is missing'
  const wanted = readJson(join(root, 'package-lock.json')).packages
  const installed = readJson(record).packages
  const different = Object.keys(wanted).some((path) => {
    if (path === '') return false
    // optional packages are for one platform each: absent ones are other platforms'
    if (!installed[path]) return !wanted[path].optional
    return installed[path].version !== wanted[path].version
  })
  return different ? 'node_modules differs from package-lock.json' : undefined
}

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
