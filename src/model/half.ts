// The two 16-bit floats of checkpoints. bf16 is the upper half of a float32; f16 is IEEE 754 binary16. Rounding is
// to nearest, ties to even, as in PyTorch; a NaN stays a NaN. Everything works on bit patterns, because a NaN may
// lose its payload when JavaScript moves it as a number.

const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length)

/** float32 → bf16 bits, rounded to nearest even. What exceeds bf16's largest number becomes an infinity. */
export function toBf16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]
    const isNan = (x & 0x7fffffff) > 0x7f800000
    // a NaN whose payload sits in the lower half would turn into an infinity: its quiet bit is set instead
    halves[i] = isNan ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
  }
  return halves
}

/** bf16 bits → float32, exact. */
export function fromBf16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length)
  const bits = bitsOf(values)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16
  return values
}

/** float32 → f16 bits, rounded to nearest even. Magnitudes from 65520 on become an infinity. */
export function toF16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    halves[i] = ((bits[i] >>> 16) & 0x8000) | f16Magnitude(bits[i] & 0x7fffffff)
  }
  return halves
}

/** f16 bits → float32, exact. */
export function fromF16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length)
  const bits = bitsOf(values)
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16
    const exponent = (halves[i] >>> 10) & 0x1f
    const mantissa = halves[i] & 0x3ff
    if (exponent === 0) {
      values[i] = (sign ? -mantissa : mantissa) * 2 ** -24
    } else {
      bits[i] = sign | ((exponent === 31 ? 0xff : exponent + 112) << 23) | (mantissa << 13)
    }
  }
  return values
}

function f16Magnitude(x: number): number {
  if (x > 0x7f800000) return 0x7e00 | ((x >>> 13) & 0x3ff)
  if (x >= 0x477ff000) return 0x7c00 // 65520, halfway between the largest f16 and 2^16
  if (x >= 0x38800000) return (x - 0x38000000 + 0xfff + ((x >>> 13) & 1)) >>> 13
  // below 2^-14 f16 counts in units of 2^-24
  const shift = 126 - (x >>> 23)
  if (shift > 24) return 0
  const mantissa = (x & 0x7fffff) | 0x800000
  return (mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift
}
