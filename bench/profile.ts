// Where the time of a training step goes: milliseconds by kind of node, and what the host adds.
//
//   npm run bench -- profile [--width 128] [--layers 6] [--rows 12] [--length 85] [--vocabulary 1123] [--ar] [--threads 1] [--optimiser adamw] [--device webgpu]
import { parseArgs } from 'node:util'
import { type DeviceName, deviceOf } from '../src/runtime/devices.node.ts'
import type { Device, Session } from '../src/runtime/index.ts'
import type { Recipe } from '../src/train/recipe.ts'
import { lettersTrainer } from './support/trainer.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20' },
    width: { type: 'string', default: '128' },
    layers: { type: 'string', default: '6' },
    rows: { type: 'string', default: '12' },
    length: { type: 'string', default: '85' },
    vocabulary: { type: 'string', default: '1123' },
    threads: { type: 'string', default: '1' },
    ar: { type: 'boolean', default: false },
    optimiser: { type: 'string', default: 'muon' },
    device: { type: 'string', default: 'cpu' },
    profile: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const steps = Number(values.steps)
const device = await deviceOf(values.device as DeviceName, { threads: Number(values.threads) })
const sessions: Session[] = []
const profiled: Device = {
  ...device,
  session: async (graph, options) => {
    const session = await device.session(graph, { ...options, profile: values.profile })
    sessions.push(session)
    return session
  },
}
const trainer = await lettersTrainer(profiled, {
  width: Number(values.width),
  layers: Number(values.layers),
  rows: Number(values.rows),
  length: Number(values.length),
  vocabulary: Number(values.vocabulary),
  causal: values.ar,
  optimiser: values.optimiser as Recipe['optimiser'],
})
for (let i = 0; i < 3; i++) await trainer.step(i, 0)
let graph = 0
let tokens = 0
const start = performance.now()
for (let i = 3; i < steps + 3; i++) {
  const from = performance.now()
  tokens += await trainer.measure(i, trainer.phases[0])
  graph += performance.now() - from
  await trainer.learn(i, 1e-3)
}
const ms = performance.now() - start
console.log(
  `${Math.round((1000 * tokens) / ms)} tokens/s; a step takes ${(ms / steps).toFixed(1)} ms, the optimiser ${((ms - graph) / steps).toFixed(1)} of them\n`,
)
if (values.profile) {
  const table = await sessions[0].profile()
  for (const { op, calls, milliseconds } of table.slice(0, 25)) {
    console.log(
      `${(milliseconds / (steps + 3)).toFixed(2).padStart(8)} ms  ${String(Math.round(calls / (steps + 3))).padStart(4)} × ${op}`,
    )
  }
}
await trainer.dispose()
