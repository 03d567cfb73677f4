// Activations that are computed again: gradients are the same to the bit, what lies between landmarks is there twice, the
// second time behind the gradients that ask for it.
import { describe, expect, test } from 'vitest'
import { cpu } from '../runtime/cpu.node.ts'
import {
  add,
  emit,
  exp,
  gradients,
  input,
  landmark,
  matmul,
  mul,
  parameter,
  sigmoid,
  sum,
  type Tensor,
} from './index.ts'
import { readOnnx } from './testing/read-onnx.ts'

const width = 4
const [x, other] = [input('x', 'float', ['B', width]), input('other', 'float', ['B', width])]
const weights = [0, 1, 2].map((i) => parameter(`w.${i}`, [width, width]))

/** Three blocks on a stream, which also see something that none of them makes. */
function loss(marked: (tensor: Tensor) => Tensor): Tensor {
  const shared = exp(other)
  let stream = marked(mul(x, x))
  for (const w of weights) stream = marked(add(stream, sigmoid(matmul(mul(stream, shared), w))))
  return sum(mul(stream, stream))
}

const feeds = {
  x: { data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), dims: [3, width] },
  other: { data: Float32Array.from({ length: 12 }, (_, i) => Math.cos(i) / 3), dims: [3, width] },
  ...Object.fromEntries(
    weights.map(({ name }, i) => {
      const data = Float32Array.from({ length: width * width }, (_, j) => Math.sin(7 * i + 3 * j))
      return [name, { data, dims: [width, width] }]
    }),
  ),
}

const graphOf = (recompute: boolean, marked = landmark) => {
  const root = loss(marked)
  const slopes = gradients(root, [...weights, x], { recompute })
  return emit({
    loss: root,
    ...Object.fromEntries(slopes.map((slope, i) => [`slope.${i}`, slope])),
  })
}
const count = (bytes: Uint8Array, type: string): number =>
  readOnnx(bytes).nodes.filter((node) => node.type === type).length

describe('recomputing', () => {
  test('changes no bit of the loss and its gradients', async () => {
    const results = []
    for (const recompute of [false, true]) {
      const session = await cpu({ threads: 1 }).session(graphOf(recompute))
      const made = await session.run(feeds)
      results.push(Object.fromEntries(Object.entries(made).map(([name, { data }]) => [name, data])))
      await session.dispose()
    }
    expect(results[1]).toEqual(results[0])
  })

  test('makes what lies between landmarks twice, and nothing else', () => {
    const [kept, again] = [graphOf(false), graphOf(true)].map(({ bytes }) => bytes)
    expect([count(kept, 'Sigmoid'), count(again, 'Sigmoid')]).toEqual([3, 6])
    // what no block makes, and what is before the first landmark, stays
    expect([count(kept, 'Exp'), count(again, 'Exp')]).toEqual([1, 1])
    const without = graphOf(true, (tensor) => tensor)
    expect(without.bytes).toEqual(graphOf(false, (tensor) => tensor).bytes)
  })

  test('waits for the gradients of the next landmark', () => {
    const { nodes } = readOnnx(graphOf(true).bytes)
    const made = nodes.filter(({ name }) => name.includes('again'))
    expect(made.length).toBeGreaterThan(6)
    // every copy hangs on a sum of gradients
    const known = new Set<string>()
    for (const { name, inputs, outputs } of nodes) {
      if (
        (name.includes('grad(') && !name.includes('again')) ||
        inputs.some((one) => known.has(one))
      )
        for (const output of outputs) known.add(output)
    }
    for (const { inputs } of made) expect(inputs.some((one) => known.has(one))).toBe(true)
  })
})
