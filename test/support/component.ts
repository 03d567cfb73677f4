// Components that a machine may lack. A test that needs one says so in its name and is skipped, together with the
// command that installs it; with CI=true a missing component is a failure.
import { components } from '../../scripts/components.js'

/** @returns what is missing, ready for `describe.skipIf(missing)` and for the test's name; '' when all is there
 * @throws Error when it is missing and CI=true */
export function missingComponent(name: keyof typeof components): string {
  const { missing, title, command } = components[name]
  const fault = missing()
  if (!fault) return ''
  if (process.env.CI === 'true') throw new Error(`${fault}, and with CI=true ${title} is required`)
  return ` (needs ${title}: ${command()})`
}
