// The network against the same network as plain loops in float64, with every option in some row; its gradients
// against differences; its inputs and the names of its nodes.
import { afterAll, describe, expect, test } from 'vitest'
import { randomWeights, tinyArchitecture } from '../../test/support/tiny-models.ts'
import { referenceLogits } from '../../test/support/transformer-reference.ts'
import {
  crossEntropy,
  type EmittedGraph,
  emit,
  gradients,
  input,
  mul,
  type Precision,
  sum,
} from '../graph/index.ts'
import { readOnnx } from '../graph/testing/read-onnx.ts'
import { seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import type { HostTensor, Session } from '../runtime/index.ts'
import { parameterShapes, type TransformerConfig, transformer } from './index.ts'

/** Each row differs from the first in what it says; together they hold every value of every option. */
const rows: Record<string, Partial<TransformerConfig>> = {
  'as trained by default': {},
  'causal, tied head': { attention: 'causal', tiedHead: true },
  'one key head for two, norms with weights': { kvHeads: 1, normWeight: true },
  'layer norm without weight, gelu, plain qk-norm': {
    norm: 'layer',
    activation: 'gelu',
    qkNorm: 'plain',
  },
  'layer norm with weight and bias, relu², no qk-norm, biases': {
    norm: 'layer',
    normWeight: true,
    biases: true,
    activation: 'relu2',
    qkNorm: 'none',
  },
  'biases beside rms norms, causal, four heads over two, swiglu': {
    biases: true,
    normWeight: true,
    attention: 'causal',
    heads: 4,
    kvHeads: 2,
    tiedHead: true,
  },
  'biases of queries, keys and values alone': { biases: ['qkv'], normWeight: true, kvHeads: 1 },
  'adaptive norms at time 0, gelu by tanh, biases of feed-forward layers and head': {
    timeWidth: 6,
    norm: 'layer',
    normWeight: true,
    activation: 'gelu-tanh',
    biases: ['mlp', 'head'],
    qkNorm: 'none',
  },
  'in blocks of three behind one': { attention: 'block', blocks: { length: 3, from: 1 } },
  'another base of angles, odd sizes': {
    ropeTheta: 50,
    width: 15,
    hidden: 13,
    headSize: 6,
    vocabSize: 11,
    normEps: 1e-2,
  },
}
const configOf = (row: string): TransformerConfig => ({
  ...tinyArchitecture,
  layers: 2,
  context: 12,
  ...rows[row],
})

const sessions: Session[] = []
afterAll(async () => {
  for (const session of sessions) await session.dispose()
})
async function open(graph: EmittedGraph): Promise<Session> {
  const session = await cpu({ threads: 1 }).session(graph)
  sessions.push(session)
  return session
}

const floats = (precision: Precision, data: ArrayLike<number>, dims: readonly number[]) => ({
  data: precision === 'float64' ? Float64Array.from(data) : Float32Array.from(data),
  dims,
})
const ints = (data: readonly number[], dims: readonly number[] = [data.length]): HostTensor => ({
  data: Int32Array.from(data),
  dims,
})
const converted = (precision: Precision, weights: ReturnType<typeof randomWeights>) =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, dims }]) => [name, floats(precision, data, dims)]),
  )

const symbolic = () => ({
  ids: input('ids', 'int32', ['B', 'L']),
  visible: input('visible', 'bool', ['B', 'L']),
  rows: input('rows', 'int32', ['R']),
})

/** two canvases of seven, the second with two positions of padding, and the rows that are asked, out of order */
const batch = 2
const length = 7
const visible = Array.from({ length: batch * length }, (_, i) => i < length + 5)
const asked = [3, 0, 6, 12, 7, 11]
const packing = () => ({
  places: input('places', 'int32', ['T']),
  cells: input('cells', 'int32', ['T']),
  queries: input('queries', 'int32', ['B', 'L']),
  keys: input('keys', 'int32', ['B', 'L']),
  visible: input('visible', 'bool', ['B', 'L']),
})
/** The same canvases, packed into a grid that is a column wider; who is hidden has the key of its text's third token. */
function packedInputs(ids: readonly number[]): Record<string, HostTensor> {
  const grid = [batch, length + 1]
  const cells = ids.map((_, token) => token + Math.floor(token / length))
  const tokens = Array.from({ length: batch * (length + 1) }, (_, cell) => cells.indexOf(cell))
  const seen = tokens.map((token) => token >= 0 && visible[token])
  const third = tokens.map((_, cell) => 2 + (cell > length ? length : 0))
  return {
    ids: ints(ids),
    places: ints(ids.map((_, token) => token % length)),
    cells: ints(cells),
    queries: ints(
      tokens.map((token) => Math.max(0, token)),
      grid,
    ),
    keys: ints(
      tokens.map((token, cell) => (seen[cell] ? token : third[cell])),
      grid,
    ),
    visible: { data: Uint8Array.from(seen, Number), dims: grid },
  }
}
const idsFor = ({ vocabSize }: TransformerConfig) => {
  const uniform = stream(seeded(4), 'token')
  return Array.from({ length: batch * length }, () => Math.floor(uniform() * vocabSize))
}

describe('logits are those of plain loops in float64', () => {
  const banned = [1, 4]

  test('the rows hold every value of every option', () => {
    const configs = Object.keys(rows).map(configOf)
    const seen = (name: keyof TransformerConfig) => new Set(configs.map((config) => config[name]))
    expect(seen('activation')).toEqual(new Set(['swiglu', 'relu2', 'gelu', 'gelu-tanh']))
    expect(seen('norm').size * seen('normWeight').size).toBe(4)
    expect(seen('qkNorm').size).toBe(3)
    expect(seen('tiedHead').size * seen('attention').size * seen('timeWidth').size).toBe(12)
    const parts = configs.flatMap<string>(({ biases }) =>
      typeof biases === 'boolean' ? [String(biases)] : [...biases],
    )
    expect(new Set(parts)).toEqual(new Set(['true', 'false', 'qkv', 'mlp', 'head']))
    expect(configs.some(({ heads, kvHeads }) => heads !== kvHeads)).toBe(true)
  })

  for (const name of Object.keys(rows)) {
    test(name, async () => {
      const config = configOf(name)
      const weights = randomWeights(config, 3)
      const ids = idsFor(config)
      const expected = [0, 1].flatMap((b) =>
        referenceLogits(
          config,
          weights,
          ids.slice(b * length, (b + 1) * length),
          visible.slice(b * length, (b + 1) * length),
        ),
      )
      // a reference of a few ten-thousandths could not tell options apart
      expect(Math.max(...expected.flatMap((row) => [...row]))).toBeGreaterThan(0.5)
      // float32 keeps about 1e-7 a step, and rounding adds up over some hundred terms and two blocks
      for (const [precision, tolerance] of [
        ['float64', 1e-6],
        ['float32', 1e-4],
      ] as const) {
        const network = transformer(config, banned)
        const { ids: canvas, visible: seen, rows: which } = symbolic()
        const padded = network.logits(canvas, which, seen)
        const packed = network.packedLogits(input('ids', 'int32', ['T']), which, packing())
        const own = converted(precision, weights)
        const answers = [
          await (await open(emit({ logits: padded }, { precision }))).run({
            ...own,
            ids: ints(ids, [batch, length]),
            visible: { data: Uint8Array.from(visible, Number), dims: [batch, length] },
            rows: ints(asked),
          }),
          await (await open(emit({ logits: packed }, { precision }))).run({
            ...own,
            ...packedInputs(ids),
            rows: ints(asked),
          }),
        ]
        for (const { logits } of answers) {
          expect(logits.dims).toEqual([asked.length, config.vocabSize])
          let worst = 0
          asked.forEach((row, r) => {
            for (let v = 0; v < config.vocabSize; v++) {
              const got = logits.data[r * config.vocabSize + v]
              if (banned.includes(v)) expect(got).toBeLessThan(-1e8)
              else worst = Math.max(worst, Math.abs(got - expected[row][v]))
            }
          })
          expect(worst).toBeLessThan(tolerance)
        }
      }
    })
  }
})

describe('gradients of a whole model are differences', () => {
  // along one random direction per parameter: an error in any entry shows
  for (const name of Object.keys(rows)) {
    test(name, async () => {
      const config = configOf(name)
      const network = transformer(config, [1])
      const { ids, visible: seen, rows: which } = symbolic()
      const targets = input('targets', 'int32', ['R'])
      const prices = input('prices', 'float', ['R'])
      const nats = crossEntropy(network.logits(ids, which, seen), targets)
      const loss = sum(mul(nats, prices))
      const slopes = gradients(loss, network.parameters)
      const outputs = Object.fromEntries(
        network.parameters.map((parameter, i) => [`grad.${parameter.name}`, slopes[i]]),
      )
      const both = await open(emit({ loss, ...outputs }, { precision: 'float64' }))
      const alone = await open(emit({ loss }, { precision: 'float64' }))
      const weights = converted('float64', randomWeights(config, 5))
      const feeds = {
        ...weights,
        ids: ints(idsFor(config), [batch, length]),
        visible: { data: Uint8Array.from(visible, Number), dims: [batch, length] },
        rows: ints(asked),
        targets: ints([0, 2, 3, 5, 8, 9]),
        prices: floats('float64', [0.3, 0.1, 0.5, 0.2, 0.7, 0.4], [6]),
      }
      const result = await both.run(feeds)
      const uniform = stream(seeded(6), 'data')
      for (const { name: parameter } of network.parameters) {
        const values = weights[parameter].data
        const kept = values.slice()
        const direction = Float64Array.from(values, () => uniform() - 0.5)
        const at = async (step: number) => {
          for (let i = 0; i < values.length; i++) values[i] = kept[i] + step * direction[i]
          return (await alone.run(feeds)).loss.data[0]
        }
        const h = 1e-5
        const difference = ((await at(h)) - (await at(-h))) / (2 * h)
        values.set(kept)
        const gradient = result[`grad.${parameter}`].data as Float64Array
        const along = gradient.reduce((total, g, i) => total + g * direction[i], 0)
        // the difference's own error: h² of curvature, 1e-16/h of rounding
        expect(Math.abs(along - difference)).toBeLessThan(1e-7 * Math.max(1, Math.abs(along)))
        expect(gradient.some((g) => g !== 0)).toBe(true)
      }
    })
  }
})

describe('the emitted graph', () => {
  for (const name of Object.keys(rows)) {
    const config = configOf(name)
    const graphs = () => {
      const network = transformer(config, [1])
      const { ids, visible: seen, rows: which } = symbolic()
      const logits = network.logits(ids, which, seen)
      const loss = sum(mul(logits, logits))
      const slopes = gradients(loss, network.parameters)
      const forward = emit({ logits })
      const backward = emit({
        loss,
        ...Object.fromEntries(
          slopes.map((slope, i) => [`grad.${network.parameters[i].name}`, slope]),
        ),
      })
      return { forward, backward }
    }

    test(`takes the parameters that parameterShapes names: ${name}`, () => {
      const { forward } = graphs()
      const shapes = Object.fromEntries(forward.inputs.map(({ name, shape }) => [name, [...shape]]))
      const { ids: _i, visible: _v, rows: _r, ...parameters } = shapes
      expect(parameters).toEqual(parameterShapes(config))
    })

    test(`says of every node which block and part it is: ${name}`, () => {
      const place =
        /^(embed|norm|head|shared|time(\.(in|out))?|block\.[01]\.((norm1|norm2)|attn(\.(qkv|q|k|v|out))?|mlp(\.(gate|up|down))?|time)|block\.[01])(\.[a-zA-Z]+)*\/[A-Z]/
      const { forward, backward } = graphs()
      const names = readOnnx(forward.bytes).nodes.map((node) => node.name)
      expect(names.filter((node) => !place.test(node) && node !== 'logits/output')).toEqual([])
      for (const part of ['block.0.attn.q.', 'block.1.attn.out.', 'block.1.mlp.down.', 'embed.'])
        expect(names.some((node) => node.startsWith(part))).toBe(true)
      const backNames = readOnnx(backward.bytes).nodes.map((node) => node.name)
      const known = (node: string) =>
        place.test(node) || place.test(node.replace(/^(grad\()+/, '').replaceAll(')', ''))
      const anonymous = backNames.filter(
        (node) => !known(node) && !/^(grad\()?(loss|mul|sum|output)/.test(node),
      )
      expect(anonymous).toEqual([])
    })
  }

  test('is the same bytes twice', () => {
    const once = () => {
      const network = transformer(configOf('as trained by default'))
      const { ids, visible: seen, rows: which } = symbolic()
      return emit({ logits: network.logits(ids, which, seen) }).bytes
    }
    expect(once()).toEqual(once())
  })
})
