import { describe, expect, test } from 'vitest'
import { fromBf16, fromF16, toBf16, toF16 } from './half.ts'

const all = Uint16Array.from({ length: 65536 }, (_, i) => i)
const float = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]
const bits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]

/** A half as IEEE 754 defines it, in plain arithmetic: the reference both directions are held against. */
const standardValue = (half: number, exponentBits: number): number => {
  const mantissaBits = 15 - exponentBits
  const bias = 2 ** (exponentBits - 1) - 1
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half & 0x7fff) >>> mantissaBits
  const fraction = (half & (2 ** mantissaBits - 1)) / 2 ** mantissaBits
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Infinity
  return exponent === 0
    ? sign * fraction * 2 ** (1 - bias)
    : sign * (1 + fraction) * 2 ** (exponent - bias)
}

const formats = {
  bf16: { to: toBf16, from: fromBf16, exponentBits: 8, infinity: 0x7f80 },
  f16: { to: toF16, from: fromF16, exponentBits: 5, infinity: 0x7c00 },
}

for (const [name, { to, from, exponentBits, infinity }] of Object.entries(formats)) {
  describe(name, () => {
    const values = from(all)
    test('every pattern has the value the standard gives it', () => {
      const wrong = [...all].filter(
        (half) => !Object.is(values[half], standardValue(half, exponentBits)),
      )
      expect(wrong).toEqual([])
    })
    test('every pattern survives the way there and back; a NaN may only gain its quiet bit', () => {
      const back = to(values)
      const quiet = 2 ** (14 - exponentBits)
      const wrong = [...all].filter(
        (half) =>
          back[half] !== half && !(Number.isNaN(values[half]) && back[half] === (half | quiet)),
      )
      expect(wrong).toEqual([])
    })
    test('between any two neighbours: the nearer one, and the even one of a tie', () => {
      const asked: number[] = []
      const wanted: number[] = []
      for (const sign of [0, 0x8000]) {
        for (let low = 0; low < infinity; low++) {
          // above the largest number the tie lies where the next one would be, were there another exponent
          const high = low + 1 === infinity ? 2 ** (2 ** (exponentBits - 1)) : values[low + 1]
          const tie = bits((values[low] + high) / 2)
          const even = low % 2 === 0 ? low : low + 1
          for (const [x, half] of [
            [tie - 1, low],
            [tie, even],
            [tie + 1, low + 1],
          ]) {
            asked.push(float(sign ? x | 0x80000000 : x))
            wanted.push(half | sign)
          }
        }
      }
      const got = to(Float32Array.from(asked))
      expect(wanted.filter((half, i) => half !== got[i])).toEqual([])
      expect(asked.length).toBe(6 * infinity)
    })
    test('a NaN with its payload in the lowest bits stays a NaN', () => {
      const [half] = to(new Float32Array(Uint32Array.of(0x7f800001).buffer))
      expect(from(Uint16Array.of(half))[0]).toBeNaN()
    })
  })
}

test('float32 subnormals are nothing in f16, and themselves in bf16', () => {
  expect(toF16(Float32Array.of(1e-40))[0]).toBe(0)
  expect(toBf16(new Float32Array(Uint32Array.of(0x00010000).buffer))[0]).toBe(1)
})
