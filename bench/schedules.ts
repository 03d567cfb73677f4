// What clipped and learnt schedules do: the same model trained each way, its bound, and how much its gradients differ.
//
//   npm run bench -- schedules [--block 4] [--ways 'bell,uniform,0.45-0.95,0.3-0.8'] [--data small] [--tokens 500k]
//                              [--params 400k] [--seeds 1] [--batches 200] [--texts 300] [--time 60]
//
// A way is a row of the training times, the range of hidden shares that times are clipped to, or `learnt`: a pace for every
// word, whose extremes are then listed. Every way learns from
// the same tales for as many tokens. `bound` is of fresh tales and over all times, whatever was trained on.
// `spread` is the variance of a batch's gradient between batches over the squared length of its mean, at the weights
// that the first way has learnt, so that the ways differ in nothing else; without the cap on a word's weight.
import { parseArgs } from 'node:util'
import { Model } from '../src/api/model.ts'
import { openModel } from '../src/api/open-model.ts'
import { parseCount } from '../src/cli/count.ts'
import { parameterShapes } from '../src/nn/index.ts'
import { paceName } from '../src/noise/index.ts'
import { memberSeed } from '../src/random/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import { memoryStore, type Store } from '../src/store/index.ts'
import { tell } from '../src/tales/index.ts'
import { taleData } from '../src/train/data.ts'
import { gradientSpread } from '../src/train/gradient-spread.ts'
import { open } from '../src/train/open.ts'
import type { RunOptions } from '../src/train/plan.ts'
import { run } from '../src/train/run.ts'

const { values } = parseArgs({
  options: {
    block: { type: 'string' },
    ways: { type: 'string', default: 'bell,uniform,0.45-0.95,0.3-0.8' },
    data: { type: 'string', default: 'small' },
    tokens: { type: 'string', default: '500k' },
    params: { type: 'string', default: '400k' },
    seeds: { type: 'string', default: '1' },
    batches: { type: 'string', default: '200' },
    texts: { type: 'string', default: '300' },
    time: { type: 'string', default: '60' },
  },
})
const device = cpu()
const world = values.data as 'small' | 'full'
const data = taleData(world, 20_000)
const tales = Array.from(
  { length: Number(values.texts) },
  (_, i) => tell(world, memberSeed(2 ** 46, i)).text,
)

/** What is asked of a run that goes one of the ways. */
function optionsOf(way: string, seed: number): RunOptions {
  const range = /^([\d.]+)-([\d.]+)$/.exec(way)
  return {
    tokens: parseCount(values.tokens),
    params: parseCount(values.params),
    block: values.block === undefined ? undefined : Number(values.block),
    seed,
    ...(way === 'learnt' ? { schedule: way } : {}),
    recipe:
      way === 'learnt'
        ? {}
        : range
          ? { masking: [Number(range[1]), Number(range[2])] }
          : { times: way as 'bell' | 'uniform' | 'bellCorrected' },
  }
}

async function trained(options: RunOptions): Promise<Store> {
  const out = memoryStore()
  for await (const event of run({ data, out, device, options }))
    if (event.type === 'report' && event.heldOut !== undefined)
      console.error(`  ${event.tokens} tokens: ${event.heldOutPerChar} nats/char held out`)
  return out
}

/** Nats per character of fresh tales. */
async function boundOf(out: Store) {
  const model = new Model(await openModel(out, device))
  const { natsPerChar, stderr, characters } = await model.score(tales, {
    seconds: Number(values.time),
    precision: 0.001,
  })
  await model.dispose()
  return { natsPerChar, error: stderr / characters }
}

/** The spread of gradients of a way, at the weights of another. */
async function spreadOf(out: Store, options: RunOptions, weights: Record<string, Float32Array>) {
  const { trainer } = await open({ data, out, device, options })
  trainer.setup.recipe.weightCap = Number.MAX_VALUE
  for (const [name, data] of Object.entries(weights))
    trainer.parameters.tensors[name].data.set(data)
  const found = await gradientSpread(
    trainer,
    trainer.phases[trainer.phases.length - 1],
    Object.keys(weights),
    Number(values.batches),
  )
  await trainer.dispose()
  return found
}

/** The averaged weights that a run has learnt. */
async function weightsOf(out: Store): Promise<Record<string, Float32Array>> {
  const { config, weights } = await openModel(out, device)
  const names = Object.keys(parameterShapes(config.architecture))
  return Object.fromEntries(names.map((name) => [name, weights.get(name) as Float32Array]))
}

/** The words that vanish last and first, with their powers, where a model has learnt paces. */
async function extremes(out: Store): Promise<string[]> {
  const { weights, tokenizer } = await openModel(out, device)
  const paces = weights.get(paceName)
  if (!paces) return []
  const text = tales.flatMap((tale) => [...tokenizer.encode(tale)])
  const counts = new Map<number, number>()
  for (const id of text) counts.set(id, (counts.get(id) ?? 0) + 1)
  const often = [...counts].filter(([, count]) => count >= 20).map(([id]) => id)
  const sorted = often.sort((a, b) => paces[a] - paces[b])
  const listed = (ids: number[]) =>
    ids.map((id) => `${tokenizer.decode([id]).trim()} ${Math.exp(paces[id]).toFixed(2)}`).join(', ')
  return [
    `      vanish first: ${listed(sorted.slice(0, 8))}`,
    `      vanish last:  ${listed(sorted.slice(-8).reverse())}`,
  ]
}

console.log(
  `tales:${world}, ${values.block ? `blocks of ${values.block}` : 'whole texts'}, ${values.params} parameters, ${values.tokens} tokens, ${tales.length} fresh tales`,
)
console.log('seed  way           bound, nats/char   spread   loss variance / mean²')
for (let seed = 0; seed < Number(values.seeds); seed++) {
  let common: Record<string, Float32Array> | undefined
  for (const way of values.ways.split(',')) {
    const options = optionsOf(way, seed)
    const out = await trained(options)
    common ??= await weightsOf(out)
    const { natsPerChar, error } = await boundOf(out)
    const { loss, variance, signal } = await spreadOf(out, options, common)
    console.log(
      [
        String(seed).padEnd(5),
        way.padEnd(13),
        `≤ ${natsPerChar.toFixed(4)} ± ${error.toFixed(4)}`.padEnd(18),
        (variance / signal).toFixed(1).padEnd(8),
        (loss.variance / loss.mean ** 2).toFixed(4),
      ].join(' '),
    )
    for (const line of await extremes(out)) console.log(line)
  }
}
