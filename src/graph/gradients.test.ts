import { describe, expect, test } from 'vitest'
import { cpu } from '../runtime/cpu.node.ts'
import type { HostTensor } from '../runtime/index.ts'
import {
  add,
  cast,
  concat,
  constant,
  emit,
  exp,
  gather,
  gradients,
  greater,
  input,
  log,
  mean,
  mul,
  named,
  scalar,
  slice,
  sum,
  type Tensor,
} from './index.ts'
import { readOnnx } from './testing/read-onnx.ts'

const device = cpu({ threads: 1 })
const x = input('x', 'float', ['B', 4])
const ids = input('ids', 'int32', ['B'])
const table = input('table', 'float', [3, 4])

const two: Record<string, HostTensor> = {
  x: { data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), dims: [2, 4] },
  ids: { data: Int32Array.of(1, 1), dims: [2] },
  table: { data: new Float64Array(12), dims: [3, 4] },
}

async function run(outputs: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const session = await device.session(emit(outputs, { precision: 'float64' }))
  const results = await session.run(two)
  await session.dispose()
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]),
  )
}

const gradientOf = async (loss: Tensor, of: Tensor): Promise<number[]> =>
  (await run({ loss, gradient: gradients(loss, [of])[0] })).gradient

/** Kinds of node, those that only compute shapes apart. */
const types = (outputs: Record<string, Tensor>): string[] =>
  readOnnx(emit(outputs).bytes)
    .nodes.filter(({ name }) => !name.startsWith('shared/'))
    .map(({ type }) => type)

describe('what flows', () => {
  test('stops at what is held, and flows past it', async () => {
    const held = mul(x, x)
    const [gradient] = gradients(sum(mul(held, x)), [x], { held: [held] })
    // d/dx (c·x) with c = x²
    expect((await run({ gradient })).gradient).toEqual([...two.x.data].map((value) => value ** 2))
    const [none] = gradients(sum(held), [x], { held: [held] })
    expect((await run({ none, loss: sum(held) })).none).toEqual(Array(8).fill(0))
  })

  test('adds up over every path: a diamond, a node used twice, a path of many lengths', async () => {
    const y = mul(x, x)
    // d/dx (x² + x² + log x² + x) = 4x + 2/x + 1
    const loss = sum(add(add(y, y), add(log(y), x)))
    const expected = [...two.x.data].map((value) => 4 * value + 2 / value + 1)
    const got = await gradientOf(loss, x)
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12)
    })
  })

  test('does not double along a ladder of diamonds: every node is walked once', async () => {
    let y: Tensor = x
    for (let i = 0; i < 60; i++) y = mul(add(y, y), scalar(0.5))
    const loss = sum(y)
    expect(types({ loss, g: gradients(loss, [x])[0] }).length).toBeLessThan(400)
    expect(await gradientOf(loss, x)).toEqual(new Array(8).fill(1))
  })

  test('is nothing where the loss does not depend on a tensor: zeros of its shape', async () => {
    const loss = sum(x)
    const [unused, used] = gradients(loss, [table, x])
    expect(unused.shape).toEqual([3, 4])
    const got = await run({ loss, unused, used })
    expect(got).toEqual({
      loss: [36],
      unused: new Array(12).fill(0),
      used: new Array(8).fill(1),
    })
  })

  test('is nothing through conditions and integers, which get zeros of their own shape', async () => {
    const loss = sum(mul(cast(greater(x, scalar(2))), gather(table, ids)))
    const [dx, dIds, dTable] = gradients(loss, [x, ids, table])
    const got = await run({ loss, dx, dIds, dTable })
    expect(got.dx).toEqual(new Array(8).fill(0))
    expect(got.dIds).toEqual([0, 0])
    expect(got.dTable).toEqual([0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0])
  })

  test('reaches tensors inside the graph, and the loss itself', async () => {
    const inner = mul(x, scalar(3))
    const loss = sum(mul(inner, inner))
    const [dInner, dLoss] = gradients(loss, [inner, loss])
    const got = await run({ dInner, dLoss })
    expect(got.dInner).toEqual([...two.x.data].map((value) => 6 * value))
    expect(got.dLoss).toEqual([1])
  })

  test('comes in the order asked for, in the shape of each tensor', () => {
    const loss = sum(mul(x, gather(table, ids)))
    expect(gradients(loss, [table, x, table]).map(({ shape }) => shape)).toEqual([
      [3, 4],
      ['B', 4],
      [3, 4],
    ])
  })

  test('goes no further back than what is asked for', () => {
    const deep = named('deep', () => exp(exp(x)))
    const loss = sum(mul(deep, deep))
    expect(types({ g: gradients(loss, [deep])[0] }).filter((type) => type === 'Exp')).toHaveLength(
      2,
    )
  })
})

describe('slices that tile a tensor', () => {
  const part = (start: number, end: number) => slice(x, { axis: -1, start, end })

  test('give one concatenation, in any order, and no padding', async () => {
    const [a, b, c, d] = two.x.data
    const expected = [Math.exp(c), Math.exp(d), a * Math.exp(c), b * Math.exp(d)]
    const [left, right] = [part(0, 2), exp(part(2, 4))]
    for (const loss of [sum(mul(left, right)), sum(mul(right, left))]) {
      const made = types({ gradient: gradients(loss, [x])[0] })
      expect(made.filter((type) => type === 'Concat')).toHaveLength(1)
      expect(made).not.toContain('Pad')
      const got = await gradientOf(loss, x)
      expected.forEach((value, i) => {
        expect(got[i]).toBeCloseTo(value, 10)
      })
    }
  })

  test('are padded and added where they leave a gap, overlap, or meet another use', async () => {
    for (const [loss, expected] of [
      [add(sum(part(0, 2)), sum(part(3, 4))), [1, 1, 0, 1]],
      [add(sum(part(0, 3)), sum(part(1, 4))), [1, 2, 2, 1]],
      [add(sum(part(0, 2)), sum(part(0, 2))), [2, 2, 0, 0]],
    ] as const) {
      expect(types({ loss, gradient: gradients(loss, [x])[0] })).toContain('Pad')
      expect((await gradientOf(loss, x)).slice(0, 4)).toEqual(expected)
    }
    const used = add(sum(x), add(sum(part(0, 2)), mul(scalar(3), sum(part(2, 4)))))
    expect((await gradientOf(used, x)).slice(0, 4)).toEqual([2, 2, 4, 4])
  })
})

describe('what is refused', () => {
  test('a loss that is no scalar', () => {
    expect(() => gradients(x, [x])).toThrow('a loss must be a scalar and this one has shape [B, 4]')
    expect(() => gradients(sum(x, { axes: [0, 1], keep: true }), [x])).toThrow('shape [1, 1]')
  })

  test('a concatenation of symbolic sizes, until it has a gradient', () => {
    const loss = sum(concat([x, x], { axis: 0 }))
    expect(() => gradients(loss, [x])).toThrow('no gradient through a concatenation of symbolic')
  })
})

test('a mean over symbolic sizes divides by what they turn out to be', async () => {
  const loss = mean(mul(x, constant([1, 2, 3, 4])))
  expect((await gradientOf(loss, x)).slice(0, 4)).toEqual([1 / 8, 2 / 8, 3 / 8, 4 / 8])
})
