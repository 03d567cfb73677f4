// What every device promises, whatever runs beneath it. A device that this machine lacks is skipped by name.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import {
  add,
  attention,
  emit,
  exp,
  gather,
  gradients,
  greater,
  input,
  label,
  layerNorm,
  logSoftmax,
  logsumexp,
  matmul,
  mul,
  named,
  parameter,
  reshape,
  rmsNorm,
  rotary,
  scalar,
  slice,
  sum,
  swiglu,
  type Tensor,
  transpose,
} from '../graph/index.ts'
import { seeded, stream } from '../random/index.ts'
import { cpu } from './cpu.node.ts'
import type { Device, HostTensor, Session } from './device.ts'
import { flat, layoutOf } from './flat.ts'

const devices: Record<string, () => Device> = {
  'cpu, one thread': () => cpu({ threads: 1 }),
  'cpu, two threads': () => cpu({ threads: 2 }),
}

const floats = (values: number[], dims: readonly number[] = [values.length]): HostTensor => ({
  data: Float32Array.from(values),
  dims,
})
const ints = (values: number[], dims: readonly number[] = [values.length]): HostTensor => ({
  data: Int32Array.from(values),
  dims,
})

/** y = x w with its gradients: inputs of which some change and outputs of which some are given. */
function linear() {
  const x = input('x', 'float', ['B', 3])
  const w = parameter('w', [3, 2])
  const y = matmul(x, w)
  const [dw] = gradients(sum(mul(y, y)), [w])
  return { y, dw }
}

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

function transformer() {
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
  return emit(outputs, { weights })
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

const bitsOf = (rows: Float32Array[]): number[][] =>
  rows.map((row) => [...new Uint32Array(row.buffer, row.byteOffset, row.length)])

for (const [name, make] of Object.entries(devices)) {
  describe(name, () => {
    const device = make()
    const opened: Session[] = []
    const open = async (graph: ReturnType<typeof emit>) => {
      const session = await device.session(graph)
      opened.push(session)
      return session
    }
    afterAll(async () => {
      for (const session of opened) await session.dispose()
    })

    test('reads its inputs at every run, so that they may change in place', async () => {
      const session = await open(emit(linear()))
      const inputs = { x: floats([1, 0, 0], [1, 3]), w: floats([1, 2, 3, 4, 5, 6], [3, 2]) }
      expect([...(await session.run(inputs)).y.data]).toEqual([1, 2])
      inputs.w.data[0] = 10
      inputs.x.data[2] = 1
      expect([...(await session.run(inputs)).y.data]).toEqual([15, 8])
    })

    test('writes preallocated outputs in place, views of one buffer among them', async () => {
      const session = await open(emit(linear()))
      const layout = layoutOf({ first: [5], dw: [3, 2], last: [1] })
      const gradient = flat(layout)
      gradient.data.fill(7)
      const inputs = { x: floats([1, 2, 3], [1, 3]), w: floats([1, 0, 0, 1, 0, 0], [3, 2]) }
      for (const factor of [1, 2]) {
        const results = await session.run(inputs, { dw: gradient.tensors.dw })
        // y = (1, 2) · factor, dw = 2 xᵀ y
        expect([...gradient.tensors.dw.data]).toEqual([2, 4, 4, 8, 6, 12].map((v) => v * factor))
        expect(results.dw.data === gradient.tensors.dw.data).toBe(true)
        inputs.w.data.forEach((value, i, data) => {
          data[i] = 2 * value
        })
      }
      const { dw } = layout.offsets
      const around = [...gradient.data].filter((_, i) => i < dw || i >= dw + 6)
      expect(new Set(around)).toEqual(new Set([7]))
    })

    test('keeps what it returned: the next run does not write over it', async () => {
      const session = await open(emit(linear()))
      const w = floats([1, 2, 3, 4, 5, 6], [3, 2])
      const first = await session.run({ x: floats([1, 0, 0], [1, 3]), w })
      await session.run({ x: floats([0, 1, 0], [1, 3]), w })
      expect([...first.y.data]).toEqual([1, 2])
    })

    test('serves every batch with one session, an empty one too', async () => {
      const session = await open(emit(linear()))
      const w = floats([1, 2, 3, 4, 5, 6], [3, 2])
      for (const batch of [3, 1, 17, 0, 2]) {
        const x = floats(new Array(3 * batch).fill(1), [batch, 3])
        const { y } = await session.run({ x, w })
        expect(y.dims).toEqual([batch, 2])
        expect([...y.data]).toEqual(new Array(batch).fill([9, 12]).flat())
      }
    })

    test('takes one buffer in several shapes', async () => {
      const session = await open(emit({ y: exp(input('x', 'float', ['B', 'L'])) }))
      const { data } = floats(new Array(6).fill(0))
      for (const dims of [
        [2, 3],
        [3, 2],
        [2, 3],
      ]) {
        expect((await session.run({ x: { data, dims } })).y.dims).toEqual(dims)
      }
    })

    test('gives conditions as bytes and exact laws in float64', async () => {
      const x = input('x', 'float', ['B'])
      const more = await open(emit({ more: greater(x, scalar(0)) }))
      expect((await more.run({ x: floats([-1, 1]) })).more.data).toEqual(Uint8Array.of(0, 1))
      const exact = await open(emit({ y: mul(x, scalar(0.1)) }, { precision: 'float64' }))
      const { y } = await exact.run({ x: { data: Float64Array.of(3), dims: [1] } })
      expect(y.data).toEqual(Float64Array.of(0.1 * 3))
    })

    test('says in one sentence what does not fit', async () => {
      const session = await open(
        emit({ y: add(input('a', 'float', ['B', 4]), input('b', 'float', ['B', 1])) }),
      )
      const a = floats([1, 2, 3, 4, 5, 6, 7, 8], [2, 4])
      const b = floats([1, 2], [2, 1])
      const wrong: [Record<string, HostTensor>, Record<string, HostTensor>, string][] = [
        [{ a }, {}, 'input b is missing'],
        [{ a, b: ints([1, 2], [2, 1]) }, {}, 'input b is int32 and must be float32'],
        [
          { a, b: floats([1, 2]) },
          {},
          'input b has shape [2] and must have [B, 1], where a makes B 2',
        ],
        [
          { a, b: floats([1, 2, 3], [3, 1]) },
          {},
          'input b has shape [3, 1] and must have [B, 1], where a makes B 2',
        ],
        [{ a: floats([1, 2, 3], [1, 3]), b }, {}, 'input a has shape [1, 3] and must have [B, 4]'],
        [{ a, b: floats([1], [2, 1]) }, {}, 'input b has 1 values where [2, 1] needs 2'],
        [
          { a, b },
          { y: floats([0, 0, 0, 0], [1, 4]) },
          'output y has shape [1, 4] and must have [B, 4], where a makes B 2',
        ],
        [
          { a, b },
          { y: ints(new Array(8).fill(0), [2, 4]) },
          'output y is int32 and must be float32',
        ],
      ]
      for (const [inputs, outputs, message] of wrong) {
        const error = await session.run(inputs, outputs).catch((error) => error)
        expect(error).toMatchObject({ code: 'bad_shape', message })
      }
      expect([...(await session.run({ a, b })).y.data]).toEqual([2, 3, 4, 5, 7, 8, 9, 10])
    })

    test('profiles by kind of node, and leaves no file behind', async () => {
      const traces = () =>
        readdirSync(tmpdir()).filter((file) => file.startsWith(`unfog-profile-${process.pid}-`))
      const x = input('x', 'float', ['B', 64])
      const w = parameter('w', [64, 64])
      const graph = emit({ y: exp(matmul(exp(matmul(x, w)), w)) })
      const session = await device.session(graph, { profile: true })
      const feeds = {
        x: floats(new Array(64 * 8).fill(0.1), [8, 64]),
        w: floats(new Array(64 * 64).fill(0.01), [64, 64]),
      }
      await session.run(feeds)
      await session.run(feeds)
      const rows = await session.profile()
      const calls = Object.fromEntries(rows.map(({ op, calls }) => [op, calls]))
      expect(calls).toEqual({ MatMul: 4, Exp: 4 })
      expect(rows.every(({ milliseconds }) => milliseconds > 0 && milliseconds < 1000)).toBe(true)
      const times = rows.map(({ milliseconds }) => milliseconds)
      expect(times).toEqual([...times].sort((a, b) => b - a))
      await session.dispose()
      const unread = await device.session(graph, { profile: true })
      await unread.run(feeds)
      await unread.dispose()
      expect(traces()).toEqual([])
      const plain = await open(graph)
      await expect(plain.profile()).rejects.toThrow('made without profiling')
    })

    test('runs nothing after disposal, and disposes once', async () => {
      const session = await device.session(emit({ y: exp(input('x', 'float', ['B'])) }))
      await session.dispose()
      await session.dispose()
      await expect(session.run({ x: floats([1]) })).rejects.toThrow('this session was disposed of')
    })

    // What a text is must not depend on what shares its batch, to the last bit. It holds with weights as part of the
    // graph and at least two query rows; with weights as inputs a single row takes another path through the product.
    describe('gives a canvas the same bits', () => {
      const batches = [2, 3, 5, 8, 17, 33, 64]
      let session: Session
      const prepared = async () => {
        session ??= await open(transformer())
        return session
      }

      test.each([2, 3, 5, 16, 31])(
        'alone and in any batch, at any place of it: length %i',
        async (length) => {
          const session = await prepared()
          const canvases = Array.from({ length: 64 }, (_, i) => ({ ids: someIds(length, i) }))
          const alone: number[][][] = []
          for (const canvas of canvases) alone.push(bitsOf((await predict(session, [canvas]))[0]))
          for (const batch of batches) {
            // the last ones first, so that each canvas stands at another place in every batch
            const shared = canvases.slice(0, batch).reverse()
            const rows = await predict(session, shared)
            rows.forEach((row, i) => {
              expect(bitsOf(row)).toEqual(alone[batch - 1 - i])
            })
          }
        },
      )

      test('padded or not, as long as there are two rows', async () => {
        const session = await prepared()
        for (const length of [2, 5, 16]) {
          const ids = someIds(length, length)
          const [row] = await predict(session, [{ ids }])
          for (const padding of [1, 2, 7, 16, 33]) {
            expect(bitsOf((await predict(session, [{ ids, padding }]))[0])).toEqual(bitsOf(row))
          }
        }
      })

      test('where it is a single position, padded to two', async () => {
        const session = await prepared()
        const canvases = Array.from({ length: 64 }, (_, i) => ({
          ids: [i % vocabulary],
          padding: 1,
        }))
        for (const batch of batches) {
          const rows = await predict(session, canvases.slice(0, batch))
          for (const at of [0, batch - 1]) {
            const [alone] = await predict(session, [canvases[at]])
            expect(bitsOf(rows[at])).toEqual(bitsOf(alone))
          }
        }
      })

      test('in a product alone, one row among them', async () => {
        for (const [inner, columns] of [
          [512, 128],
          [64, 257],
          [33, 7],
          [128, 1],
        ]) {
          const weights = new Map<string, Float32Array>()
          const w = weightOf('w', [inner, columns], weights)
          const session = await open(
            emit({ y: matmul(input('x', 'float', ['M', inner]), w) }, { weights }),
          )
          const uniform = stream(seeded(1), 'data')
          const data = Float32Array.from({ length: 64 * inner }, () => uniform() - 0.5)
          const product = async (from: number, to: number) => {
            const x = { data: data.slice(from * inner, to * inner), dims: [to - from, inner] }
            return bitsOf([(await session.run({ x })).y.data as Float32Array])[0]
          }
          const all = await product(0, 64)
          for (const rows of [1, 2, 3, 7, 16, 33]) {
            for (const at of [0, 1, 31]) {
              expect(await product(at, at + rows)).toEqual(
                all.slice(at * columns, (at + rows) * columns),
              )
            }
          }
        }
      })

      test('in attention with fewer queries than keys, from two queries on', async () => {
        const [q, k, v] = [
          ['q', 'R'],
          ['k', 'L'],
          ['v', 'L'],
        ].map(([name, length]) => input(name, 'float', [1, heads, length, 12]))
        const attend = named('attend', () =>
          label(attention(q, k, v, undefined, { scale: 0.3, causal: false })),
        )
        const session = await open(emit({ attend }))
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
            return bitsOf([data as Float32Array])[0]
          }
          const all = await rows(0, 16)
          for (const [from, to] of [
            [0, 2],
            [3, 5],
            [7, 16],
          ]) {
            const count = (to - from) * 12
            const expected = [0, 1].flatMap((h) =>
              all.slice((h * 16 + from) * 12, (h * 16 + from) * 12 + count),
            )
            expect(await rows(from, to)).toEqual(expected)
          }
        }
      })
    })
  })
}
