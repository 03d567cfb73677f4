// What writing together costs: canvases of mixed lengths, policies and seeds against one uniform batch, and one alone.
//
//   npm run bench -- batcher --model tales --requests 32 --rounds 5 [--threads 1 --cpu-time]
//
// All in one run, taken in turns. Throughput is tokens that went through the network, a second: forwards × canvas. `mixed`
// requests come one by one, as visitors do; `uniform` is one list of equal canvases; `alone` writes the mixed ones one
// after another. Then a step of the loop on 1 × 64 against the run of its session.
import { parseArgs } from 'node:util'
import { loadModel } from '../src/api/load.node.ts'
import type { GenerateOptions } from '../src/api/model.ts'
import type { PolicyName } from '../src/denoise/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import type { Device } from '../src/runtime/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'tales' },
    requests: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string' },
    /** count the processor's time, which a busy machine does not stretch; with one thread */
    'cpu-time': { type: 'boolean', default: false },
  },
})
const requests = Number(values.requests)
const rounds = Number(values.rounds)
const threads = values.threads === undefined ? undefined : Number(values.threads)
/** milliseconds */
const now = () => {
  if (!values['cpu-time']) return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const median = (numbers: number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const spread = (numbers: number[]) =>
  `${median(numbers).toFixed(2)} (${Math.min(...numbers).toFixed(2)} to ${Math.max(...numbers).toFixed(2)})`

let inSession = 0
const device = cpu({ threads })
const timed: Device = {
  ...device,
  async session(graph, options) {
    const session = await device.session(graph, options)
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      profile: () => session.profile(),
      dispose: () => session.dispose(),
      async run(...given: Parameters<typeof session.run>) {
        const start = now()
        const result = await session.run(...given)
        inSession += now() - start
        return result
      },
    }
  },
}
const model = await loadModel(values.model, { device: timed })
const names: PolicyName[] = ['confidence', 'first-hitting', 'ancestral', 'threshold']
const lengths = Array.from({ length: requests }, (_, i) => 40 + Math.round((50 * i) / requests))
const mean = Math.round(lengths.reduce((sum, length) => sum + length) / requests)
const mixed = lengths.map(
  (length, seed): GenerateOptions => ({ length, seed, policy: names[seed % names.length] }),
)
const uniform = lengths.map((_, seed): GenerateOptions => ({ length: mean, seed }))
const same = lengths.map(
  (length, seed): GenerateOptions => ({ length, seed, policy: 'confidence' }),
)

/** @returns thousands of tokens a second */
async function speed(
  write: () => Promise<{ forwards: number; tokens: number }[]>,
): Promise<number> {
  const start = now()
  const written = await write()
  const tokens = written.reduce((sum, one) => sum + one.forwards * one.tokens, 0)
  return tokens / (now() - start)
}
const visitors = (all: GenerateOptions[]) => () =>
  Promise.all(all.map((options) => model.complete(options)))

const ways = {
  uniform: () => model.complete(uniform),
  'mixed lengths': visitors(same),
  'mixed lengths and policies': visitors(mixed),
  alone: async () => {
    const texts = []
    for (const options of same.filter((_, i) => i % 8 === 0))
      texts.push(await model.complete(options))
    return texts
  },
}
const figures = Object.fromEntries(Object.keys(ways).map((way) => [way, [] as number[]]))
await model.complete(uniform.slice(0, 2))
for (let round = 0; round < rounds; round++) {
  for (const [way, write] of Object.entries(ways)) figures[way].push(await speed(write))
}
console.log(
  `${values.model}, ${requests} requests of ${lengths[0]} to ${lengths.at(-1)} tokens, cpu, ${device.threads} threads`,
)
for (const [way, speeds] of Object.entries(figures)) {
  const ratios = speeds.map((one, i) => one / figures.uniform[i])
  console.log(`${way.padEnd(28)} ${spread(speeds)} thousand tokens/s; ${spread(ratios)} of uniform`)
}

// a step of the loop
for (const policy of ['confidence', 'first-hitting'] as const) {
  const ratios: number[] = []
  const hosts: number[] = []
  for (let round = 0; round < rounds + 1; round++) {
    inSession = 0
    const start = now()
    const { forwards } = await model.complete({ length: 64, seed: round, policy })
    const whole = now() - start
    if (round === 0) continue
    ratios.push(whole / inSession)
    hosts.push((whole - inSession) / forwards)
  }
  console.log(
    `a step of 1 × 64, ${policy}: ${spread(ratios)} times its session; host ${spread(hosts)} ms`,
  )
}
await model.dispose()
