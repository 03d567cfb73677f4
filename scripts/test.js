// `npm test`: every check, then every test, then one line that counts them. Words after `npm test --` go to vitest,
// such as the folder whose tests to run.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { check } from './check.js'
import { count } from './count.js'
import { root, tool } from './process.js'

const report = join(root, '.cache/tests.json')

/** @typedef {import('./count.js').File} File */

/** Runs vitest: its own report goes to the terminal, the counts to a file.
 * @param {string[]} words
 * @returns {Promise<{ exit: number, complaints: string[] }>} `complaints` are warnings of native code, which no test
 *   can catch */
function runVitest(words) {
  rmSync(report, { force: true })
  const command = tool(
    ...['vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'],
    ...[`--outputFile.json=${report}`, ...words],
  )
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      // vitest colours whatever runs with CI=true
      env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text
      process.stderr.write(text)
    })
    child.on('close', (exit) =>
      resolve({
        exit: exit ?? 1,
        complaints: errors.split('\n').filter((line) => /\[[WEF]:onnxruntime/.test(line)),
      }),
    )
  })
}

/** @returns {File[]} */
function readReport() {
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []
}

/** A line for each group of tests that was skipped, not for each test: an absent device skips them all.
 * @param {File[]} files */
function describeSkipped(files) {
  /** @type {Map<string, number>} */
  const groups = new Map()
  for (const { name, assertionResults } of files) {
    for (const { status, fullName, ancestorTitles } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue
      const group = `${relative(root, name)}: ${ancestorTitles[0] ?? fullName}`
      groups.set(group, (groups.get(group) ?? 0) + 1)
    }
  }
  const rows = [...groups].map(([group, count]) => `  ${String(count).padStart(4)}  ${group}`)
  return rows.length > 0 ? `\nSkipped:\n${rows.join('\n')}\n` : ''
}

/** @param {File[]} files */
function describeSlowest(files) {
  const seconds = (/** @type {File} */ file) => (file.endTime - file.startTime) / 1000
  const rows = [...files]
    .sort((a, b) => seconds(b) - seconds(a))
    .slice(0, 8)
    .map((file) => `  ${seconds(file).toFixed(1).padStart(6)} s  ${relative(root, file.name)}`)
  return `\nSlowest:\n${rows.join('\n')}\n`
}

const checks = await check()
const { exit, complaints } = await runVitest(process.argv.slice(2))
const files = readReport()
const tests = count(files, exit)
process.stdout.write(describeSkipped(files) + describeSlowest(files))
if (complaints.length > 0) {
  process.stdout.write(`\nNative code complained:\n  ${complaints.join('\n  ')}\n`)
}
const failed = checks.failed + tests.failed + complaints.length
process.stdout.write(
  `\n${checks.passed + tests.passed} passed, ${failed} failed, ${checks.skipped + tests.skipped} skipped\n`,
)
process.exitCode = failed > 0 ? 1 : 0
