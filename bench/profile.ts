// Where the time of a training step goes: milliseconds by kind of node, and what the host adds.
//
//   npm run bench -- profile [--width 128] [--layers 6] [--rows 12] [--length 85] [--vocabulary 1123] [--ar] [--threads 1]
import { parseArgs } from 'node:util'
import type { ModelConfig } from '../src/model/config.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import type { Session } from '../src/runtime/index.ts'
import { encodeDocuments, makeDataset, trainTokenizer } from '../src/text/index.ts'
import { defaultRecipe } from '../src/train/recipe.ts'
import { architectureOf } from '../src/train/sizes.ts'
import { Trainer } from '../src/train/trainer.ts'

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
    profile: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const [steps, rows, length] = [values.steps, values.rows, values.length].map(Number)
const text = Array.from({ length: 200_000 }, (_, i) =>
  String.fromCharCode(97 + ((i * i + (i >> 3)) % 26)),
).join('')
const tokenizer = await trainTokenizer('bytes', [text])
const dataset = makeDataset(await encodeDocuments(tokenizer, [text]), {
  seed: 0,
  context: length,
  form: 'windows',
})
const architecture = architectureOf(Number(values.width), Number(values.layers), {
  vocabSize: Number(values.vocabulary),
  context: length + 1,
})
const config: ModelConfig = {
  unfog: 1,
  name: 'profile',
  architecture: { ...architecture, attention: values.ar ? 'causal' : 'full' },
  shift: true,
  noise: { process: values.ar ? 'autoregressive' : 'masked', schedule: 'linear' },
  text: { documents: 'file', exactLength: false, labels: [] },
  weights: { dtype: 'f32' },
}
const device = cpu({ threads: Number(values.threads) })
const sessions: Session[] = []
const trainer = new Trainer({
  device: {
    ...device,
    session: async (graph) => {
      const session = await device.session(graph, { profile: values.profile })
      sessions.push(session)
      return session
    },
  },
  config,
  tokenizer,
  dataset,
  recipe: { ...defaultRecipe, batchTokens: rows * length },
  budget: 1e9,
  phases: [{ name: 'denoising', until: 1e9, causal: values.ar }],
})
trainer.begin()
for (let i = 0; i < 3; i++) await trainer.step(i, 0)
let graph = 0
let tokens = 0
const start = performance.now()
for (let i = 3; i < steps + 3; i++) {
  const from = performance.now()
  tokens += await trainer.measure(i, trainer.phases[0])
  graph += performance.now() - from
  trainer.learn(i, 1e-3)
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
