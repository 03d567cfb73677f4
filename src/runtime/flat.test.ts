import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flat, layoutOf, sizeOf } from './flat.ts'

/** floats on a cache line */
const line = 16

const shapes = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
  fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
  { maxKeys: 12 },
)

test('every tensor has its size, starts on a cache line and shares no entry with another', () => {
  fc.assert(
    fc.property(shapes, (shapes) => {
      const layout = layoutOf(shapes)
      const { data, tensors } = flat(layout)
      expect(data.length).toBe(layout.size)
      expect(Object.keys(tensors)).toEqual(Object.keys(shapes))
      const owners = new Int32Array(layout.size).fill(-1)
      Object.entries(tensors).forEach(([name, tensor], owner) => {
        expect(tensor.dims).toEqual(shapes[name])
        expect(tensor.data.length).toBe(sizeOf(shapes[name]))
        expect(tensor.data.buffer).toBe(data.buffer)
        const start = tensor.data.byteOffset / 4
        expect(start).toBe(layout.offsets[name])
        expect(start % line).toBe(0)
        for (let entry = start; entry < start + tensor.data.length; entry++) {
          expect(owners[entry]).toBe(-1)
          owners[entry] = owner
        }
      })
      // padding costs less than a line for each tensor
      const used = Object.values(shapes).reduce((total, dims) => total + sizeOf(dims), 0)
      expect(layout.size - used).toBeLessThanOrEqual(Object.keys(shapes).length * (line - 1))
    }),
  )
})

test('views read and write the buffer they are given', () => {
  const layout = layoutOf({ a: [2], b: [], c: [1, 2] })
  const data = Float32Array.from({ length: layout.size }, (_, i) => i)
  const { tensors } = flat(layout, data)
  expect([tensors.a.data, tensors.b.data, tensors.c.data].map((part) => [...part])).toEqual([
    [0, 1],
    [16],
    [32, 33],
  ])
  tensors.c.data[1] = 9
  expect(data[33]).toBe(9)
})

test('two buffers of one layout hold each tensor at the same place', () => {
  const layout = layoutOf({ weight: [3, 5], bias: [5] })
  const [parameters, gradients] = [flat(layout), flat(layout)]
  for (const name of ['weight', 'bias']) {
    expect(parameters.tensors[name].data.byteOffset).toBe(gradients.tensors[name].data.byteOffset)
  }
  expect(parameters.data.buffer).not.toBe(gradients.data.buffer)
})
