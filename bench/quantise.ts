// Speed and memory of quantised weights: a LLaDA-shaped network of 58M random weights, 256 rows, forms in turns.
import type { QuantisedForm } from '../src/graph/index.ts'
import { emit, input, quantisedProducts } from '../src/graph/index.ts'
import { formOf, quantiseWeights, type WeightData } from '../src/model/quantise.ts'
import { parameterShapes, type TransformerConfig, transformer } from '../src/nn/index.ts'
import { cpu } from '../src/runtime/cpu.node.ts'
import { flat, layoutOf } from '../src/runtime/index.ts'

const config: TransformerConfig = {
  vocabSize: 32_000,
  width: 512,
  layers: 8,
  heads: 8,
  kvHeads: 8,
  headSize: 64,
  hidden: 1376,
  activation: 'swiglu',
  norm: 'rms',
  normWeight: true,
  normEps: 1e-5,
  qkNorm: 'none',
  ropeTheta: 500_000,
  biases: false,
  tiedHead: false,
  attention: 'full',
  context: 256,
}
const [rows, runs] = [256, 10]

const shapes = parameterShapes(config)
const { tensors } = flat(layoutOf(shapes))
// any numbers of the right size will do: those of `initialise` take a minute to draw
let state = 1
for (const { data, dims } of Object.values(tensors)) {
  const size = 2 / Math.sqrt(dims[0])
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    data[i] = dims.length === 1 ? 1 : (size * state) / 2 ** 31
  }
}
const floats = new Map(Object.entries(tensors).map(([name, { data }]) => [name, data]))
const ids = new Int32Array(rows).map((_, i) => (i * 977) % config.vocabSize)
const asked = (count: number) => ({
  ids: { data: ids, dims: [1, rows] },
  rows: { data: new Int32Array(count).map((_, i) => i), dims: [count] },
})

async function open(weights: ReadonlyMap<string, WeightData>) {
  const forms = new Map<string, QuantisedForm>()
  for (const [name, data] of weights) {
    const form = formOf(data)
    if (form) forms.set(name, form)
  }
  const logits = transformer(config).logits(
    input('ids', 'int32', ['B', 'L']),
    input('rows', 'int32', ['R']),
  )
  return cpu().session(emit(quantisedProducts({ logits }, forms), { weights }))
}

const packed = (form: QuantisedForm) => quantiseWeights(floats, shapes, form, 'large')
const rowsOf: Record<string, ReadonlyMap<string, WeightData>> = {
  float32: floats,
  int8: packed('int8'),
  int4: packed('int4'),
}
const bytes = (weights: ReadonlyMap<string, WeightData>) =>
  [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)

// all rows through the head, and the few that a step of sampling asks for
for (const count of [rows, 16]) {
  const best: Record<string, number> = {}
  const sessions = await Promise.all(
    Object.entries(rowsOf).map(async ([name, weights]) => [name, await open(weights)] as const),
  )
  for (let i = 0; i < runs; i++) {
    for (const [name, session] of sessions) {
      const start = performance.now()
      await session.run(asked(count))
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, performance.now() - start)
    }
  }
  for (const [name, session] of sessions) {
    const memory = `${(bytes(rowsOf[name]) / 2 ** 20).toFixed(0)} MiB`
    const ratio = (best.float32 / best[name]).toFixed(2)
    console.log(
      `${rows} rows, head on ${count}: ${name.padEnd(8)} ${best[name].toFixed(1)} ms, ${ratio}x, weights ${memory}`,
    )
    await session.dispose()
  }
}
