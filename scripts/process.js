// Programs that the scripts run: npm, and the tools in node_modules. What they say is kept and shown only when they
// fail, so a good run stays short.
import { spawn } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** npm as a command line: the npm that runs us when there is one.
 * @param {...string} words
 * @returns {string[]} */
export function npm(...words) {
  const running = process.env.npm_execpath
  if (running && basename(running) === 'npm-cli.js') return [process.execPath, running, ...words]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', ...words]
}

/** A tool of node_modules as a command line.
 * @param {string} script path below node_modules
 * @param {...string} words
 * @returns {string[]} */
export function tool(script, ...words) {
  return [process.execPath, join(root, 'node_modules', script), ...words]
}

/** Runs a program to its end.
 * @param {string[]} command
 * @param {Record<string, string>} [environment] added to the process' own
 * @returns {Promise<{ exit: number, stdout: string, output: string }>} `output` is stdout and stderr as they came */
export function capture(command, environment = {}) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Node starts .cmd files only through a shell
      shell: command[0].endsWith('.cmd'),
    })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('error', (error) => resolve({ exit: 1, stdout, output: error.message }))
    child.on('close', (exit) => resolve({ exit: exit ?? 1, stdout, output }))
  })
}

/** Runs a program that has to succeed.
 * @param {string[]} command
 * @param {Record<string, string>} [environment]
 * @returns {Promise<string | undefined>} what it said when it failed */
export async function run(command, environment) {
  const { exit, output } = await capture(command, environment)
  return exit === 0 ? undefined : output.trim() || `${command.join(' ')} ended with status ${exit}`
}
