// What a task needs before it can run: `node scripts/ensure.js test` installs what is missing, one line for each
// thing it does, and stays silent when nothing is. It imports nothing but Node, because it runs first.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFault } from '../bin/node-version.js'
import { components } from './components.js'

/** Components by task, in the order in which they are installed.
 * @type {Record<string, (keyof typeof components)[]>} */
export const tasks = {
  start: ['packages', 'build'],
  run: ['packages', 'build'],
  test: ['packages', 'build', 'chromium', 'tensorboard'],
  bench: ['packages', 'build'],
  docs: ['packages', 'build'],
  models: ['packages', 'build'],
  build: ['packages'],
  check: ['packages'],
  fix: ['packages'],
}

/** Makes one component present.
 * @param {keyof typeof components} name
 * @returns {Promise<boolean>} false when the task cannot go on without it */
async function provide(name) {
  const component = components[name]
  const missing = component.missing()
  if (!missing) return true
  const command = component.command()
  if (component.installable()) {
    say(`${missing}: ${component.doing}`)
    const fault = await component.install()
    if (!fault) return true
    say(`${fault}\n${component.title} could not be installed; this does it by hand: ${command}`)
  } else {
    say(`${missing}: ${component.without}; to install: ${command}`)
  }
  return !component.required && process.env.CI !== 'true'
}

/** Makes everything present that a task needs.
 * @param {string} task a row of `tasks`
 * @returns {Promise<boolean>} whether the task may start; if not, the reason has been printed */
export async function ensure(task) {
  const fault = nodeFault(process.version)
  if (fault) {
    say(fault)
    return false
  }
  for (const name of tasks[task]) {
    if (!(await provide(name))) return false
  }
  return true
}

/** Progress goes to stderr: stdout belongs to the task.
 * @param {string} sentence */
function say(sentence) {
  process.stderr.write(`unfog: ${sentence}\n`)
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const task = process.argv[2] ?? ''
  if (!Object.hasOwn(tasks, task)) {
    say(`there is no task "${task}": use one of ${Object.keys(tasks).join(', ')}`)
    process.exitCode = 2
  } else if (!(await ensure(task))) {
    process.exitCode = 1
  }
}
