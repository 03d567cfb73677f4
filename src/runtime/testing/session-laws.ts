// What every device promises, whatever runs beneath it, as functions that need nothing of Node: a browser runs them too.
import { expect } from 'vitest'
import { UnfogError } from '../../error/index.ts'
import {
  add,
  type EmittedGraph,
  emit,
  exp,
  gradients,
  greater,
  input,
  matmul,
  mul,
  parameter,
  scalar,
  sum,
} from '../../graph/index.ts'
import type { Device, HostTensor, Session } from '../device.ts'
import { flat, layoutOf } from '../flat.ts'

/** A device, and sessions that are closed after the law. */
export interface Bench {
  device: Device
  open(graph: EmittedGraph): Promise<Session>
  /** on a device that has float64, to compare with */
  openExact(graph: EmittedGraph): Promise<Session>
  /** largest batch to try: 64 covers every path of the processor's kernels, a slow device gets fewer */
  most: number
}

export type Law = (bench: Bench) => Promise<void>

export const floats = (
  values: number[],
  dims: readonly number[] = [values.length],
): HostTensor => ({
  data: Float32Array.from(values),
  dims,
})
export const ints = (values: number[], dims: readonly number[] = [values.length]): HostTensor => ({
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

export const sessionLaws = {
  async 'reads its inputs at every run, so that they may change in place'({ open }) {
    const session = await open(emit(linear()))
    const inputs = { x: floats([1, 0, 0], [1, 3]), w: floats([1, 2, 3, 4, 5, 6], [3, 2]) }
    expect([...(await session.run(inputs)).y.data]).toEqual([1, 2])
    inputs.w.data[0] = 10
    inputs.x.data[2] = 1
    expect([...(await session.run(inputs)).y.data]).toEqual([15, 8])
  },

  async 'writes preallocated outputs in place, views of one buffer among them'({ open }) {
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
  },

  async 'keeps what it returned: the next run does not write over it'({ open }) {
    const session = await open(emit(linear()))
    const w = floats([1, 2, 3, 4, 5, 6], [3, 2])
    const first = await session.run({ x: floats([1, 0, 0], [1, 3]), w })
    await session.run({ x: floats([0, 1, 0], [1, 3]), w })
    expect([...first.y.data]).toEqual([1, 2])
  },

  async 'serves every batch with one session'({ open }) {
    const session = await open(emit(linear()))
    const w = floats([1, 2, 3, 4, 5, 6], [3, 2])
    for (const batch of [3, 1, 17, 2]) {
      const x = floats(new Array(3 * batch).fill(1), [batch, 3])
      const { y } = await session.run({ x, w })
      expect(y.dims).toEqual([batch, 2])
      expect([...y.data]).toEqual(new Array(batch).fill([9, 12]).flat())
    }
  },

  async 'gives nothing for an empty batch, or says that it cannot'({ device, open }) {
    const session = await open(emit(linear()))
    const inputs = { x: floats([], [0, 3]), w: floats([1, 2, 3, 4, 5, 6], [3, 2]) }
    const given = await session.run(inputs).catch((error) => error)
    if (given instanceof UnfogError) {
      const message = `device ${device.name} takes no empty tensor, and input x is one: skip this run`
      expect(given).toMatchObject({ code: 'unsupported', message })
    } else expect([given.y.dims, given.y.data.length]).toEqual([[0, 2], 0])
  },

  async 'takes one buffer in several shapes'({ open }) {
    const session = await open(emit({ y: exp(input('x', 'float', ['B', 'L'])) }))
    const { data } = floats(new Array(6).fill(0))
    for (const dims of [
      [2, 3],
      [3, 2],
      [2, 3],
    ]) {
      expect((await session.run({ x: { data, dims } })).y.dims).toEqual(dims)
    }
  },

  async 'gives conditions as bytes'({ open }) {
    const more = await open(emit({ more: greater(input('x', 'float', ['B']), scalar(0)) }))
    expect((await more.run({ x: floats([-1, 1]) })).more.data).toEqual(Uint8Array.of(0, 1))
  },

  async 'computes exactly in float64, or says that it cannot'({ device, open }) {
    const graph = emit(
      { y: mul(input('x', 'float', ['B']), scalar(0.1)) },
      { precision: 'float64' },
    )
    const opened = await open(graph).catch((error) => error)
    if (opened instanceof UnfogError) {
      const message = `device ${device.name} has no float64 in a browser: use wasm`
      expect(opened).toMatchObject({ code: 'unsupported', message })
    } else {
      const { y } = await opened.run({ x: { data: Float64Array.of(3), dims: [1] } })
      expect(y.data).toEqual(Float64Array.of(0.1 * 3))
    }
  },

  async 'says in one sentence what does not fit'({ open }) {
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
  },

  async 'runs nothing after disposal, and disposes once'({ device }) {
    const session = await device.session(emit({ y: exp(input('x', 'float', ['B'])) }))
    await session.dispose()
    await session.dispose()
    await expect(session.run({ x: floats([1]) })).rejects.toThrow('this session was disposed of')
  },
} satisfies Record<string, Law>
