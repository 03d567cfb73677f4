import { describe, expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import {
  add,
  attention,
  emit,
  exp,
  fill,
  gather,
  gradients,
  input,
  label,
  matmul,
  mul,
  named,
  parameter,
  range,
  relu,
  reshape,
  rmsNorm,
  scalar,
  slice,
  sum,
  swiglu,
  type Tensor,
  zeros,
} from './index.ts'
import { readOnnx } from './testing/read-onnx.ts'

const device = cpu({ threads: 1 })

/** A small network of everything that matters to emission: places, lowered ops, gradients, symbols. */
function network(): { outputs: Record<string, Tensor>; parameters: Tensor[] } {
  const ids = input('ids', 'int32', ['B', 'L'])
  const table = parameter('table', [7, 8])
  const weight = parameter('block.0.up', [8, 16])
  const parameters = [table, weight]
  let x = named('embed', () => gather(table, ids))
  named('block.0', () => {
    const heads = named('attn', () => {
      const split = (name: string, start: number) =>
        named(name, () =>
          label(reshape(slice(x, { axis: 2, start, end: start + 4 }), ['B', 2, 'L', 2])),
        )
      const [q, k] = [split('q', 0), split('k', 4)]
      return attention(q, k, k, undefined, { scale: 0.5, causal: true })
    })
    x = rmsNorm(x, undefined, { eps: 1e-5 })
    const up = named('mlp', () => matmul(x, weight))
    const gate = (start: number) => slice(up, { axis: 2, start, end: start + 8 })
    x = named('mlp', () => swiglu(gate(0), gate(8)))
    x = add(x, sum(heads))
  })
  const loss = named('loss', () => sum(mul(x, x)))
  const [dTable, dWeight] = gradients(loss, parameters)
  return { outputs: { loss, dTable, dWeight }, parameters }
}

const weightsOf = (parameters: readonly Tensor[]): Map<string, Float32Array> => {
  const uniform = stream(seeded(1), 'init')
  return new Map(
    parameters.map(({ name, shape }) => {
      const size = (shape as number[]).reduce((a, b) => a * b, 1)
      return [name, Float32Array.from({ length: size }, () => uniform() - 0.5)]
    }),
  )
}

const types = (outputs: Record<string, Tensor>, decomposed = false): string[] =>
  readOnnx(emit(outputs, { decomposed }).bytes).nodes.map(({ type }) => type)

describe('the bytes', () => {
  test('are the same for two emissions of a graph, and for the graph built anew', () => {
    for (const options of [{}, { decomposed: true }, { precision: 'float64' as const }]) {
      const { outputs } = network()
      const first = emit(outputs, options).bytes
      expect(Buffer.compare(first, emit(outputs, options).bytes)).toBe(0)
      expect(Buffer.compare(first, emit(network().outputs, options).bytes)).toBe(0)
    }
  })

  test('are well-formed: every input of a node was made before it, no name twice', () => {
    const { outputs, parameters } = network()
    for (const weights of [undefined, weightsOf(parameters)]) {
      const graph = readOnnx(emit(outputs, { weights }).bytes)
      const known = new Set([...graph.inputs, ...graph.initializers])
      expect(known.size).toBe(graph.inputs.length + graph.initializers.length)
      expect(new Set(graph.nodes.map(({ name }) => name)).size).toBe(graph.nodes.length)
      for (const node of graph.nodes) {
        for (const name of node.inputs) expect(known).toContain(name)
        for (const name of node.outputs) {
          expect(known).not.toContain(name)
          known.add(name)
        }
      }
      for (const name of graph.outputs) expect(known).toContain(name)
    }
  })

  test('grow with the graph, whatever its size', () => {
    let x = input('x', 'float', ['B'])
    // beyond the arguments a call may have, and beyond what a quadratic walk does in a minute
    for (let i = 0; i < 20_000; i++) x = i % 2 ? exp(x) : relu(x)
    expect(readOnnx(emit({ y: add(x, x) }).bytes).nodes).toHaveLength(20_001)
  })
})

describe('names', () => {
  test('say where a node stands: the model’s place, the gradient of which place, or shared', () => {
    const { outputs } = network()
    for (const decomposed of [false, true]) {
      const { nodes } = readOnnx(emit(outputs, { decomposed }).bytes)
      const place = /^(grad\()?(embed|block\.0|loss)\b|^shared\//
      expect(nodes.map(({ name }) => name).filter((name) => !place.test(name))).toEqual([])
      const names = nodes.map(({ name }) => name)
      expect(names).toContain('block.0.attn.q/Reshape')
      expect(names).toContain('block.0.attn.attention.softmax/Softmax')
      expect(names.some((name) => name.startsWith('grad(block.0.mlp.matmul)'))).toBe(true)
    }
  })

  test('of one place do not change when another place does', () => {
    const build = (more: boolean) => {
      const x = input('x', 'float', ['B', 4])
      const early = named('early', () => (more ? exp(exp(relu(x))) : relu(x)))
      return { y: named('late', () => exp(exp(early))) }
    }
    const late = (more: boolean) =>
      readOnnx(emit(build(more)).bytes)
        .nodes.map(({ name }) => name)
        .filter((name) => name.startsWith('late'))
    expect(late(true)).toEqual(late(false))
  })

  test('of two tensors must differ', () => {
    const x = input('x', 'float', ['B'])
    expect(() => emit({ y: add(x, input('x', 'float', ['B'])) })).toThrow('two tensors are named x')
    expect(() => emit({ x: exp(x) })).toThrow('two tensors are named x')
  })
})

describe('equal nodes', () => {
  test('become one, across places and through what they feed', () => {
    const x = input('x', 'float', ['B', 4])
    const twice = (place: string) => named(place, () => exp(mul(x, scalar(2))))
    expect(types({ y: add(twice('a'), twice('b')) })).toEqual(['Mul', 'Exp', 'Add'])
  })

  test('stay apart where an attribute, a constant, its type or an order differs', () => {
    const x = input('x', 'float', ['B', 4])
    const part = (start: number) => slice(x, { axis: 1, start, end: start + 1 })
    expect(types({ y: add(part(0), part(1)) })).toEqual(['Slice', 'Slice', 'Add'])
    expect(types({ y: add(mul(x, scalar(2)), mul(x, scalar(3))) })).toHaveLength(3)
    expect(types({ y: add(mul(x, scalar(0)), mul(x, scalar(-0))) })).toHaveLength(3)
    const y = input('y', 'float', ['B', 4])
    expect(
      types({ z: add(matmul(x, y, { transposeB: true }), matmul(y, x, { transposeB: true })) }),
    ).toHaveLength(3)
  })

  test('let attention’s gradient reuse its forward probabilities', () => {
    const x = input('x', 'float', ['B', 2, 'L', 4])
    const y = attention(x, x, x, undefined, { scale: 0.5, causal: true })
    const [dx] = gradients(sum(y), [x])
    expect(types({ y, dx }).filter((type) => type === 'Softmax')).toHaveLength(1)
  })
})

describe('outputs', () => {
  const x = input('x', 'float', ['B', 2])

  test('may be the same tensor twice, an input, a constant, or used further inside', async () => {
    const y = exp(x)
    const graph = emit({ y, again: y, same: x, two: fill(2, [3]), next: relu(y) })
    const session = await device.session(graph)
    const data = Float32Array.of(0, 0.25)
    const got = await session.run({ x: { data, dims: [1, 2] } })
    const values = Object.fromEntries(
      Object.entries(got).map(([name, { data }]) => [name, Array.from(data, (v) => +v.toFixed(6))]),
    )
    const grown = [1, 1.284025]
    expect(values).toEqual({
      y: grown,
      again: grown,
      same: [0, 0.25],
      two: [2, 2, 2],
      next: grown,
    })
    await session.dispose()
  })

  test('cost no copy', () => {
    expect(types({ y: exp(x), z: relu(x) })).toEqual(['Exp', 'Relu'])
  })
})

describe('weights', () => {
  test('as part of the graph give what weights as inputs give', async () => {
    const { outputs, parameters } = network()
    const weights = weightsOf(parameters)
    const ids = { data: Int32Array.of(1, 2, 3, 3, 0, 6), dims: [2, 3] }
    const inside = await device.session(emit(outputs, { weights }))
    const outside = await device.session(emit(outputs))
    expect(inside.inputs.map(({ name }) => name)).toEqual(['ids'])
    const fed = Object.fromEntries(
      parameters.map(({ name, shape }) => [
        name,
        { data: weights.get(name)!, dims: shape as number[] },
      ]),
    )
    const [a, b] = [await inside.run({ ids }), await outside.run({ ids, ...fed })]
    for (const name of Object.keys(outputs)) {
      expect(a[name].dims).toEqual(b[name].dims)
      const scale = Math.max(...Array.from(b[name].data, Math.abs))
      // packed weights may be summed in another order: float32 rounding, nothing more
      a[name].data.forEach((value, i) => {
        expect(Math.abs(value - b[name].data[i])).toBeLessThan(1e-5 * scale)
      })
    }
    await inside.dispose()
    await outside.dispose()
  })

  test('of the wrong size are refused by name', () => {
    const { outputs } = network()
    const weights = new Map([['table', new Float32Array(55)]])
    expect(() => emit(outputs, { weights })).toThrow('weight table has 55 values, not 56')
  })

  test('that are views keep to their part', async () => {
    const w = parameter('w', [2])
    const buffer = Float32Array.of(9, 1, 2, 9)
    const graph = emit(
      { y: add(w, zeros([2])) },
      { weights: new Map([['w', buffer.subarray(1, 3)]]) },
    )
    const session = await device.session(graph)
    expect([...(await session.run({})).y.data]).toEqual([1, 2])
    await session.dispose()
  })
})

describe('symbols', () => {
  test('carried by no input are refused by name', () => {
    const x = input('x', 'float', ['B', 2])
    expect(() => emit({ y: add(x, fill(1, ['L', 'B', 2])) })).toThrow(
      'no input carries the dimension L',
    )
    expect(() => emit({ n: range('N') })).toThrow('no input carries the dimension N')
  })

  test('that stand only inside a product are carried by nothing', () => {
    const x = input('x', 'float', ['2*B'])
    expect(() => emit({ y: exp(reshape(x, ['B', 2])) })).toThrow('no input carries the dimension B')
  })
})
