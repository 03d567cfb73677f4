// A test says what it has to say with `expect`: whatever it or the code under it prints fails the test, unless the
// test took the printing over itself, as in `vi.spyOn(console, 'warn').mockImplementation(…)`.
import { afterAll, afterEach } from 'vitest'

const printed: string[] = []
const record = (from: string) => (text: unknown) => void printed.push(`${from}: ${String(text)}`)

for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) {
  console[method] = record(`console.${method}`)
}
for (const name of ['stdout', 'stderr'] as const) {
  const note = record(`process.${name}`)
  process[name].write = (text: unknown, ...rest: unknown[]) => {
    note(text)
    const done = rest.find((argument) => typeof argument === 'function')
    done?.()
    return true
  }
}

function complain(): void {
  if (printed.length === 0) return
  const text = printed.splice(0).join('\n')
  throw new Error(`unexpected output:\n${text}`)
}

afterEach(complain)
// what was printed outside of tests
afterAll(complain)
