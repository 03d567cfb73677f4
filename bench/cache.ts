// What keeping keys and values saves: tales-ar whole, a larger random model by length, and how far approximate ones agree.
//
//   npm run bench -- cache [--tales 4] [--width 256] [--layers 4] [--longest 2048] [--threads 1]
import { parseArgs } from 'node:util'
import { loadModel, modelFolder } from '../src/api/load.node.ts'
import { openModel } from '../src/api/open-model.ts'
import { type CacheName, type Denoiser, denoise, makePlan, states } from '../src/denoise/index.ts'
import { openNetwork } from '../src/model/network.ts'
import type { Query } from '../src/model/query.ts'
import { parameterShapes } from '../src/nn/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import { folderStore } from '../src/store/folder.node.ts'
import { randomText, tinyModel } from '../test/support/tiny-models.ts'

const { values } = parseArgs({
  options: {
    tales: { type: 'string', default: '4' },
    width: { type: 'string', default: '256' },
    layers: { type: 'string', default: '4' },
    longest: { type: 'string', default: '2048' },
    threads: { type: 'string', default: '1' },
  },
})
const device = cpu({ threads: Number(values.threads) })
const count = Number(values.tales)

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}
const median = (times: number[]): number =>
  times.sort((a, b) => a - b)[Math.floor(times.length / 2)]

/** The same tales with and without, in turns, after one of each that nobody times. */
async function autoregressive(): Promise<void> {
  const model = await loadModel('tales-ar', { device })
  const times: Record<string, number[]> = { exact: [], none: [] }
  for (let seed = 0; seed <= count; seed++) {
    const texts = new Set<string>()
    for (const cache of ['exact', 'none'] as const) {
      const ms = await timed(async () => texts.add((await model.complete({ seed, cache })).text))
      if (seed > 0) times[cache].push(ms)
    }
    if (texts.size > 1) throw new Error(`seed ${seed} is another text with the cache`)
  }
  const [kept, whole] = [median(times.exact), median(times.none)]
  console.log(
    `tales-ar: ${kept.toFixed(0)} ms a tale kept, ${whole.toFixed(0)} without: ${(whole / kept).toFixed(1)}x`,
  )
  await model.dispose()
}

/** One word more behind so many, kept and not. */
async function byLength(): Promise<void> {
  const [width, layers, longest] = [values.width, values.layers, values.longest].map(Number)
  const heads = width / 32
  const architecture = { width, layers, heads, kvHeads: heads, headSize: 32, hidden: 3 * width }
  const model = await tinyModel({
    causal: true,
    exactLength: false,
    architecture: { ...architecture, context: longest + 2 },
  })
  const network = openNetwork(device, model.config, model.tokenizer, model.weights)
  console.log(`\na random model of width ${width}, ${layers} layers: ms for one word more`)
  for (let length = 64; length <= longest; length *= 2) {
    const tokens = randomText(model, length, length)
    const reuse = { of: new Int32Array() }
    const ask = (row: number, kept: boolean): Query => ({
      tokens,
      rows: Int32Array.of(row),
      ...(kept ? { reuse } : {}),
    })
    await network.logits([ask(length - 9, true)])
    const times: number[][] = [[], []]
    for (let i = 8; i > 0; i--) {
      times[0].push(await timed(() => network.logits([ask(length - i, true)])))
      if (i <= 3) times[1].push(await timed(() => network.logits([ask(length - i, false)])))
    }
    const [kept, whole] = times.map(median)
    console.log(
      `  ${String(length).padStart(5)} tokens  ${kept.toFixed(2).padStart(7)} kept  ${whole.toFixed(2).padStart(8)} without  ${(whole / kept).toFixed(1).padStart(6)}x`,
    )
  }
  await network.dispose()
}

/** Tales in blocks by approximate caches: every question is asked without them too. */
async function approximate(): Promise<void> {
  const { config, tokenizer, weights } = await openModel(folderStore(modelFolder('tales')), device)
  const tensors = Object.entries(parameterShapes(config.architecture)).map(
    ([name, dims]) => [name, { data: weights.get(name)!, dims }] as const,
  )
  const network = openNetwork(device, config, tokenizer, Object.fromEntries(tensors))
  console.log('\ntales of 64 tokens, surest first: time, and how often both name one word')
  for (const blockLength of [8, 16, 32, 64]) {
    const cached: CacheName[] = blockLength < 64 ? ['prefix', 'dual', 'delayed'] : ['delayed']
    for (const cache of ['none', ...cached] as const) {
      let [same, rows, ms, forwards] = [0, 0, 0, 0]
      const compared: Denoiser = {
        ...network,
        async logits(asks) {
          const from = performance.now()
          // whole rows, to be compared
          const answers = await network.logits(asks.map(({ summarise: _, ...ask }) => ask))
          ms += performance.now() - from
          forwards++
          const exact = await network.logits(asks.map(({ reuse: _, summarise: __, ...ask }) => ask))
          for (const [i, answer] of answers.entries()) {
            for (let at = 0; at < answer.length; at += network.vocabSize) {
              const best = (all: Float32Array) => {
                const row = all.subarray(at, at + network.vocabSize)
                return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
              }
              rows++
              if (best(answer) === best(exact[i])) same++
            }
          }
          return answers
        },
      }
      for (let seed = 0; seed < count; seed++) {
        const plan = makePlan({ policy: 'threshold', blockLength, cache, seed }, network)
        const canvas = {
          tokens: new Int32Array(64).fill(network.maskId),
          state: new Uint8Array(64).fill(states.fog),
        }
        for await (const _ of denoise(compared, canvas, plan));
      }
      console.log(
        `  blocks of ${String(blockLength).padStart(2)}, ${cache.padEnd(7)}  ${(ms / forwards).toFixed(2).padStart(6)} ms a step  ${((100 * same) / rows).toFixed(1).padStart(5)} % agree`,
      )
    }
  }
  await network.dispose()
}

await autoregressive()
await byLength()
await approximate()
