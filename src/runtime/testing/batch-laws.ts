// What a text is must not depend on what shares its batch, to the last bit, where a device promises that. It holds with weights as part of the graph
// and at least two query rows; with weights as inputs a single row takes another path through the product.
import { expect } from 'vitest'
import {
  add,
  attention,
  emit,
  gather,
  input,
  label,
  layerNorm,
  logSoftmax,
  logsumexp,
  matmul,
  named,
  parameter,
  reshape,
  rmsNorm,
  rotary,
  slice,
  swiglu,
  type Tensor,
  transpose,
} from '../../graph/index.ts'
import { distance } from '../../graph/testing/op-case.ts'
import { seeded, stream } from '../../random/index.ts'
import type { Device, Session } from '../device.ts'
import { floats, ints, type Law } from './session-laws.ts'

// One network with everything a Transformer has, in sizes that no vector width divides, weights part of the graph.
const vocabulary = 37
const width = 20
const heads = 2
const size = width / heads
const hidden = 28

function weightOf(name: string, shape: number[], weights: Map<string, Float32Array>): Tensor {
  const uniform = stream(seeded(weights.size), 'init')
  const count = shape.reduce((a, b) => a * b, 1)
  weights.set(
    name,
    Float32Array.from({ length: count }, () => (2 * uniform() - 1) / Math.sqrt(shape[0])),
  )
  return parameter(name, shape)
}

function transformer({ decomposed }: Device) {
  const weights = new Map<string, Float32Array>()
  const weight = (name: string, shape: number[]) => weightOf(name, shape, weights)
  const ids = input('ids', 'int32', ['B', 'L'])
  const visible = input('visible', 'bool', ['B', 'L'])
  const table = weight('table', [vocabulary, width])
  let x = gather(table, ids)
  for (const layer of [0, 1]) {
    named(`block.${layer}`, () => {
      const normal = rmsNorm(x, undefined, { eps: 1e-5 })
      const qkv = matmul(normal, weight(`qkv.${layer}`, [width, 3 * width]))
      const part = (i: number) =>
        reshape(slice(qkv, { axis: 2, start: i * width, end: (i + 1) * width }), [
          'B',
          'L',
          heads,
          size,
        ])
      const turn = (part: Tensor) => rotary(part, { theta: 10000, context: 70 })
      const [q, k, v] = [turn(part(0)), turn(part(1)), part(2)].map((x) =>
        transpose(x, [0, 2, 1, 3]),
      )
      const mixed = attention(q, k, v, visible, { scale: size ** -0.5, causal: false })
      const joined = reshape(transpose(mixed, [0, 2, 1, 3]), ['B', 'L', width])
      x = add(x, matmul(joined, weight(`out.${layer}`, [width, width])))
      const up = matmul(
        layerNorm(x, undefined, undefined, { eps: 1e-5 }),
        weight(`up.${layer}`, [width, 2 * hidden]),
      )
      const half = (i: number) => slice(up, { axis: 2, start: i * hidden, end: (i + 1) * hidden })
      x = add(x, matmul(swiglu(half(0), half(1)), weight(`down.${layer}`, [hidden, width])))
    })
  }
  const logits = matmul(x, table, { transposeB: true })
  const outputs = { logits, logProbabilities: logSoftmax(logits), all: logsumexp(logits) }
  return emit(outputs, { weights, decomposed })
}

/** A canvas of `length` ids, behind which `padding` positions are not looked at. */
interface Canvas {
  ids: number[]
  padding?: number
}

async function predict(session: Session, canvases: Canvas[]): Promise<Float32Array[][]> {
  const length = Math.max(...canvases.map(({ ids, padding = 0 }) => ids.length + padding))
  const dims = [canvases.length, length]
  const ids = canvases.flatMap(({ ids }) => [...ids, ...new Array(length - ids.length).fill(5)])
  const seen = canvases.flatMap(({ ids }) =>
    Array.from({ length }, (_, i) => (i < ids.length ? 1 : 0)),
  )
  const results = await session.run({
    ids: ints(ids, dims),
    visible: { data: Uint8Array.from(seen), dims },
  })
  return canvases.map(({ ids }, row) =>
    Object.values(results).map(({ data, dims }) => {
      const channels = dims[2]
      const start = row * length * channels
      return (data as Float32Array).slice(start, start + ids.length * channels)
    }),
  )
}

const someIds = (count: number, seed: number): number[] => {
  const uniform = stream(seeded(seed), 'data')
  return Array.from({ length: count }, () => Math.floor(uniform() * vocabulary))
}

const bitsOf = (row: Float32Array): number[] => [
  ...new Uint32Array(row.buffer, row.byteOffset, row.length),
]

/** a few roundings of float32, after two blocks of a network */
const rounding = 1e-5

/** The same bits, where the device promises that; else the same but for rounding. */
function same(
  { batchInvariant }: Device,
  found: Float32Array[],
  expected: Float32Array[],
  padded = false,
): void {
  if (batchInvariant === 'any' || (batchInvariant === 'equal lengths' && !padded))
    expect(found.map(bitsOf)).toEqual(expected.map(bitsOf))
  else
    for (const [i, row] of found.entries())
      expect(distance(row, expected[i])).toBeLessThan(rounding)
}

const batches = [2, 3, 5, 8, 17, 33, 64]

/** Sizes to try. Bits hang on how vector widths divide each; where only rounding is asked the last one will do, because
 * a graphics card compiles its kernels for every shape anew. */
const sizes = ({ batchInvariant }: Device, ...all: number[]): number[] =>
  batchInvariant === 'none' ? all.slice(-1) : all

export const batchLaws = {
  async 'alone and in any batch, at any place of it'({ device, open, most }) {
    const session = await open(transformer(device))
    for (const length of sizes(device, 2, 3, 5, 16, 31)) {
      const canvases = Array.from({ length: most }, (_, i) => ({ ids: someIds(length, i) }))
      const alone: Float32Array[][] = []
      for (const canvas of canvases) alone.push((await predict(session, [canvas]))[0])
      for (const batch of sizes(device, ...batches.filter((size) => size <= most))) {
        // the last ones first, so that each canvas stands at another place in every batch
        const shared = canvases.slice(0, batch).reverse()
        const rows = await predict(session, shared)
        rows.forEach((row, i) => {
          same(device, row, alone[batch - 1 - i])
        })
      }
    }
  },

  async 'padded or not, as long as there are two rows'({ device, open }) {
    const session = await open(transformer(device))
    for (const length of sizes(device, 2, 5, 16)) {
      const ids = someIds(length, length)
      const [row] = await predict(session, [{ ids }])
      for (const padding of sizes(device, 1, 2, 7, 16, 33)) {
        same(device, (await predict(session, [{ ids, padding }]))[0], row, true)
      }
    }
  },
} satisfies Record<string, Law>

/** What only a device can keep that promises bits. */
export const bitLaws = {
  async 'where it is a single position, padded to two'({ device, open, most }) {
    const session = await open(transformer(device))
    const canvases = Array.from({ length: most }, (_, i) => ({
      ids: [i % vocabulary],
      padding: 1,
    }))
    for (const batch of batches.filter((size) => size <= most)) {
      const rows = await predict(session, canvases.slice(0, batch))
      for (const at of [0, batch - 1]) {
        const [alone] = await predict(session, [canvases[at]])
        same(device, rows[at], alone)
      }
    }
  },

  async 'in a product alone, one row among them'({ device, open }) {
    for (const [inner, columns] of [
      [512, 128],
      [64, 257],
      [33, 7],
      [128, 1],
    ]) {
      const weights = new Map<string, Float32Array>()
      const w = weightOf('w', [inner, columns], weights)
      const session = await open(
        emit(
          { y: matmul(input('x', 'float', ['M', inner]), w) },
          { weights, decomposed: device.decomposed },
        ),
      )
      const uniform = stream(seeded(1), 'data')
      const data = Float32Array.from({ length: 64 * inner }, () => uniform() - 0.5)
      const product = async (from: number, to: number) => {
        const x = { data: data.slice(from * inner, to * inner), dims: [to - from, inner] }
        return (await session.run({ x })).y.data as Float32Array
      }
      const all = await product(0, 64)
      for (const rows of [1, 2, 3, 7, 16, 33]) {
        for (const at of [0, 1, 31]) {
          same(
            device,
            [await product(at, at + rows)],
            [all.slice(at * columns, (at + rows) * columns)],
          )
        }
      }
    }
  },

  async 'in attention with fewer queries than keys, from two queries on'({ device, open }) {
    const [q, k, v] = [
      ['q', 'R'],
      ['k', 'L'],
      ['v', 'L'],
    ].map(([name, length]) => input(name, 'float', [1, heads, length, 12]))
    const attend = named('attend', () =>
      label(attention(q, k, v, undefined, { scale: 0.3, causal: false })),
    )
    const session = await open(emit({ attend }, { decomposed: device.decomposed }))
    const uniform = stream(seeded(2), 'data')
    const random = (length: number) =>
      floats(
        Array.from({ length: heads * length * 12 }, () => 4 * uniform() - 2),
        [1, heads, length, 12],
      )
    const queries = random(16)
    for (const length of [2, 5, 33]) {
      const keys = { k: random(length), v: random(length) }
      const rows = async (from: number, to: number) => {
        const head = (h: number) => [
          ...queries.data.slice((h * 16 + from) * 12, (h * 16 + to) * 12),
        ]
        const part = floats([...head(0), ...head(1)], [1, heads, to - from, 12])
        const { data } = (await session.run({ q: part, ...keys })).attend
        return data as Float32Array
      }
      const all = await rows(0, 16)
      for (const [from, to] of [
        [0, 2],
        [3, 5],
        [7, 16],
      ]) {
        const count = (to - from) * 12
        const found = await rows(from, to)
        for (const h of [0, 1]) {
          const start = (h * 16 + from) * 12
          same(device, [found.slice(h * count, (h + 1) * count)], [all.slice(start, start + count)])
        }
      }
    }
  },
} satisfies Record<string, Law>
