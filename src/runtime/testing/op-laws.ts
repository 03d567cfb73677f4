// Every op on every device: its value is the one that its definition gives, and its gradient the one of float64.
import { expect } from 'vitest'
import { UnfogError } from '../../error/index.ts'
import {
  dimsOf,
  directed,
  distance,
  emitCase,
  everywhere,
  indices,
  type OpCase,
  operand,
  runCase,
  valuesOf,
} from '../../graph/testing/op-case.ts'
import { opCases } from '../../graph/testing/op-cases.ts'
import { seeded } from '../../random/index.ts'
import type { Bench, Law } from './session-laws.ts'

/** float32 rounds at 6e-8, these graphs are shallow; a graphics card's exponentials and roots err by a few more */
const single = 2e-5

async function agrees(row: OpCase, { device, open, openExact }: Bench): Promise<void> {
  const exact = await openExact(emitCase(row, 'float64', true))
  const own = await open(emitCase(row, 'float32', device.decomposed))
  for (const [turn, bindings] of (row.bindings ?? everywhere).entries()) {
    const { shape } = own.outputs.find(({ name }) => name === 'output')!
    const inputs = valuesOf(row.inputs, bindings, seeded(turn + 1))
    const values = directed(inputs, dimsOf(shape, bindings), turn + 1)
    const hollow = Object.values(values).some(({ data }) => data.length === 0)
    const found = await runCase(own, values).catch((error: Error) => error)
    // which empty tensors a device takes is a law of sessions
    if (found instanceof UnfogError && found.code === 'unsupported' && hollow) continue
    if (found instanceof Error) throw found
    const expected = await runCase(exact, values)
    const operands = Object.fromEntries(
      Object.entries(values).map(([name, { data, dims }]) => [name, operand(data, dims)]),
    )
    const { output, ...slopes } = found
    const defined = [...indices(output.dims)].map((index) => row.value(operands, index))
    const where = `of "${row.says}"`
    expect(distance(output.data, defined), `value ${where}`).toBeLessThan(single)
    for (const [name, { data, dims }] of Object.entries(slopes)) {
      expect(dims).toEqual(expected[name].dims)
      expect(distance(data, expected[name].data), `${name} ${where}`).toBeLessThan(single)
    }
  }
}

export const opLaws: Record<string, Law> = Object.fromEntries(
  Object.entries(opCases).map(([name, rows]) => [
    name,
    async (bench: Bench) => {
      for (const row of rows as OpCase[]) await agrees(row, bench)
    },
  ]),
)
