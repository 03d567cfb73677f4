// The things a task may need, one row each: how to see that one is missing, how to install it, and the command that
// does it by hand. Tests that need a component ask the same rows.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
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
  installable: aptMay,
  install: () => apt('chromium'),
  command: () => {
    if (process.platform === 'darwin') return 'brew install --cask google-chrome'
    if (process.platform === 'win32') return 'winget install Google.Chrome'
    return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install chromium`
  },
}

/** A venv of the project's own, and what of TensorBoard's needs its reader of event files has. */
const venv = join(root, '.venv')
const readers = ['tensorboard==2.21.0', 'numpy', 'protobuf', 'absl-py']

/** @type {Component} */
const tensorboard = {
  title: 'TensorBoard',
  doing: 'installing the Python packages of TensorBoard (about 25 MB to download)',
  without: 'the tests that read event files are skipped',
  required: false,
  missing: () => (findTensorboard() ? undefined : 'there is no TensorBoard'),
  installable: () => process.env.CI === 'true' && (inPath('python3') !== undefined || aptMay()),
  install: async () => {
    const make = () => run(['python3', '-m', 'venv', venv])
    // Debian's python3 alone makes no venv
    const fault = await make()
    const made = fault && aptMay() ? ((await apt('python3-venv')) ?? (await make())) : fault
    return made ?? run([pythonOf(venv), ...pip, ...readers])
  },
  command: () => {
    const python = relative(root, pythonOf(venv))
    return `python3 -m venv .venv && ${[python, ...pip, ...readers].join(' ')}`
  },
}

const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--no-deps']

export const components = { packages, build: built, chromium, tensorboard }

/** @param {string} folder of a venv */
const pythonOf = (folder) =>
  process.platform === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python')

/** A Python that has TensorBoard, or undefined.
 * @returns {string | undefined} */
export function findTensorboard() {
  const lib = join(venv, 'lib')
  // lib/python3.x/site-packages, on Windows Lib/site-packages
  const found = ['', ...(existsSync(lib) ? readdirSync(lib) : [])].some((version) =>
    existsSync(join(lib, version, 'site-packages/tensorboard/backend')),
  )
  return found ? pythonOf(venv) : undefined
}

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

/** May Debian packages be installed here without asking? */
function aptMay() {
  return process.env.CI === 'true' && process.getuid?.() === 0 && inPath('apt-get') !== undefined
}

/** @param {string} name of a Debian package
 * @returns {Promise<string | undefined>} the reason why it failed */
async function apt(name) {
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  return (
    (await run(['apt-get', 'update', '-qq'], quiet)) ??
    (await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name], quiet))
  )
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
