// Training speed in a browser beside Node: the same network and steps, wasm in headless Chromium and cpu in Node in turn.
//
//   npm run bench -- browser [--rounds 3] [--steps 10] [--threads n]
//
// Needs Chromium. Prints tokens/s (median, lowest, highest over the rounds) and the ratio of medians.
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { cpu } from '../src/runtime/cpu.node.ts'
import { openPage } from '../test/support/browser.ts'
import { trainingTokens } from './support/training-tokens.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const [rounds, steps, threads] = [values.rounds, values.steps, values.threads].map(Number)

const { page, close } = await openPage('bench/support/browser-page.ts')
await page.waitForFunction('globalThis.measure')
const peers = {
  'wasm in Chromium': () =>
    page.evaluate(`measure(${threads}, ${steps})`) as ReturnType<typeof trainingTokens>,
  'cpu in Node': () => trainingTokens(cpu({ threads }), steps),
}
const speeds: Record<string, number[]> = {}
let parameters = 0
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(peers)) {
    const result = await run()
    parameters = result.parameters
    speeds[name] = [...(speeds[name] ?? []), result.speed].sort((a, b) => a - b)
  }
}
await close()
const medians = Object.entries(speeds).map(([name, list]) => {
  const median = list[list.length >> 1]
  console.log(
    `${name.padEnd(18)}${Math.round(median)} tokens/s (${Math.round(list[0])}–${Math.round(list.at(-1)!)})`,
  )
  return median
})
console.log(
  `${(parameters / 1e6).toFixed(2)}M parameters, ${threads} threads, ${cpus()[0].model}: wasm ${(medians[0] / medians[1]).toFixed(2)}x of Node`,
)
