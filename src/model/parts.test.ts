import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Layout, layouts, partsOf, type Size } from './parts.ts'

const sized = (...lengths: number[]): Size[] => lengths.map((length) => ({ length, rows: 1 }))
const cpu = { batchInvariant: 'any' } as const
const wasm = { batchInvariant: 'equal lengths' } as const
const { padded, packed } = layouts
const gpu = { batchInvariant: 'none' } as const

test('canvases that differ much run apart, those that differ little together', () => {
  expect(partsOf(sized(40, 500, 42, 500), cpu, padded, 99)).toEqual([
    [0, 2],
    [1, 3],
  ])
  expect(partsOf(sized(500, 40), cpu, padded, 99)).toEqual([[1], [0]])
  expect(partsOf(sized(40, 60, 50), cpu, padded, 99)).toHaveLength(1)
  // where only attention is padded, more run together, unless they are long
  expect(partsOf(sized(40, 90, 42, 90), cpu, padded, 99)).toHaveLength(2)
  expect(partsOf(sized(40, 70, 42, 70), cpu, packed, 99)).toHaveLength(1)
  expect(partsOf(sized(400, 1000, 400, 1000), cpu, packed, 99)).toHaveLength(2)
})

test('where only equals agree to the bit, only equals run together', () => {
  expect(partsOf(sized(7, 8, 7, 6), wasm, padded, 99)).toEqual([[3], [0, 2], [1]])
})

test('a device that promises nothing runs all at once, in order', () => {
  expect(partsOf(sized(7, 800, 7), gpu, padded, 99)).toEqual([[0, 1, 2]])
})

test('every canvas runs once, no run asks too much, and no other division of cpu runs is cheaper', () => {
  const sizes = fc.array(fc.record({ length: fc.integer({ min: 1, max: 400 }), rows: fc.nat(9) }), {
    minLength: 1,
    maxLength: 9,
  })
  const layout = fc.constantFrom(padded, packed)
  const priceOf = (parts: number[][], all: Size[], { run, canvases }: Layout) =>
    parts.reduce((sum, part) => {
      return sum + run + canvases(part.length, Math.max(...part.map((i) => all[i].length)))
    }, 0)
  fc.assert(
    fc.property(sizes, layout, fc.integer({ min: 1, max: 30 }), (all, layout, most) => {
      for (const device of [cpu, wasm, gpu]) {
        const parts = partsOf(all, device, layout, most)
        expect(parts.flat().sort((a, b) => a - b)).toEqual([...all.keys()])
        for (const part of parts) {
          const rows = part.reduce((sum, i) => sum + all[i].rows, 0)
          expect(rows <= most || part.length === 1).toBe(true)
        }
      }
      const order = [...all.keys()].sort((a, b) => all[a].length - all[b].length)
      const best = priceOf(partsOf(all, cpu, layout, Number.POSITIVE_INFINITY), all, layout)
      for (let cuts = 0; cuts < 2 ** (all.length - 1); cuts++) {
        const parts = order.reduce<number[][]>((made, i, at) => {
          if (at === 0 || (cuts >> (at - 1)) & 1) made.push([])
          made[made.length - 1].push(i)
          return made
        }, [])
        expect(best).toBeLessThanOrEqual(priceOf(parts, all, layout))
      }
    }),
  )
})
