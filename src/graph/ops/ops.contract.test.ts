// What every op promises, over every row of the table: the shape it declares is the shape that runs; its value is
// the one its definition gives; its gradient is the slope that differences measure; its fused form means what its
// decomposed form says.
import { describe, expect, test } from 'vitest'
import { seeded } from '../../random/index.ts'
import { cpu } from '../../runtime/cpu.node.ts'
import type { HostTensor, Session } from '../../runtime/index.ts'
import { topological } from '../tensor.ts'
import {
  dimsOf,
  directed,
  distance,
  emitCase,
  everywhere,
  floatsOf,
  graphOf,
  indices,
  type OpCase,
  operand,
  runCase,
  type Values,
  valuesOf,
} from '../testing/op-case.ts'
import { opCases } from '../testing/op-cases.ts'
import { ops } from './index.ts'

/** float64 against float64: a hundred roundings of 1e-16 */
const exact = 1e-12
/** Central differences with a step of 2^-17 err by step²/6 times the third derivative, 1e-11 times a few, and by
 * rounding, 1e-16 times the largest value (1000 in these cases) over the step, 1e-8. */
const slope = 1e-7
const step = 2 ** -17
/** float32 rounds at 6e-8; these graphs are shallow and their sums short */
const single = 4e-6

const device = cpu({ threads: 1 })

/** Slopes of Σ direction ∘ output along every entry of one input, by central differences. */
async function differences(
  session: Session,
  values: Record<string, Values>,
  name: string,
): Promise<number[]> {
  const { data } = values[name]
  const slopes: number[] = []
  for (let entry = 0; entry < data.length; entry++) {
    const kept = data[entry]
    const sums: number[] = []
    for (const shift of [step, -step]) {
      data[entry] = kept + shift
      const { output } = await runCase(session, values)
      sums.push(values.direction.data.reduce((sum, weight, i) => sum + weight * output.data[i], 0))
    }
    data[entry] = kept
    slopes.push((sums[0] - sums[1]) / (2 * step))
  }
  return slopes
}

function agreesWithDefinition(
  row: OpCase,
  values: Record<string, Values>,
  output: HostTensor,
): void {
  const operands = Object.fromEntries(
    Object.entries(values).map(([name, { data, dims }]) => [name, operand(data, dims)]),
  )
  const defined = [...indices(output.dims)].map((index) => row.value(operands, index))
  expect(distance(output.data, defined), 'value against its definition').toBeLessThan(exact)
}

/** A gradient that differences can measure entry by entry without taking seconds. */
const measurable = 64

async function holds(row: OpCase): Promise<void> {
  const graph = emitCase(row, 'float64', true)
  const declared = Object.fromEntries(graph.outputs.map(({ name, shape }) => [name, shape]))
  const long = await device.session(graph)
  const short = await device.session(emitCase(row, 'float32', false))
  const apart = await device.session(emitCase(row, 'float32', true))
  for (const [turn, bindings] of (row.bindings ?? everywhere).entries()) {
    const dims = dimsOf(declared.output, bindings)
    const values = directed(valuesOf(row.inputs, bindings, seeded(turn + 1)), dims, turn + 1)
    const results = await runCase(long, values)
    for (const [name, { dims }] of Object.entries(results)) {
      expect([name, ...dims]).toEqual([name, ...dimsOf(declared[name], bindings)])
    }
    agreesWithDefinition(row, values, results.output)
    const [fused, decomposed] = [await runCase(short, values), await runCase(apart, values)]
    for (const name of Object.keys(results)) {
      expect(fused[name].dims).toEqual(results[name].dims)
      expect(distance(fused[name].data, results[name].data), `${name} in float32`).toBeLessThan(
        single,
      )
      expect(distance(fused[name].data, decomposed[name].data), `${name} fused`).toBeLessThan(
        single,
      )
    }
    for (const name of floatsOf(row)) {
      if (values[name].data.length > measurable && turn > 0) continue
      const measured = await differences(long, values, name)
      expect(distance(results[`grad.${name}`].data, measured), `slope of ${name}`).toBeLessThan(
        slope,
      )
    }
  }
  for (const session of [long, short, apart]) await session.dispose()
}

test('every op has a case that contains it', () => {
  expect(Object.keys(opCases)).toEqual(Object.keys(ops))
  for (const [name, rows] of Object.entries(opCases) as [keyof typeof ops, OpCase[]][]) {
    const found = rows.filter((row) =>
      topological([graphOf(row).output]).some(({ op }) => (op as unknown) === ops[name]),
    )
    expect([name, found.length]).not.toEqual([name, 0])
  }
})

for (const [name, rows] of Object.entries(opCases) as [string, OpCase[]][]) {
  describe(name, () => {
    for (const row of rows) test(row.says, () => holds(row))
  })
}
