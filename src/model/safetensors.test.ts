import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { UnfogError } from '../error/index.ts'
import { memoryStore, type Store } from '../store/index.ts'
import {
  type NamedTensor,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from './safetensors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const sample: NamedTensor[] = [
  {
    name: 'embed',
    dtype: 'F32',
    shape: [2, 3],
    data: Float32Array.of(0, -0, 1.5, -2, 3e38, 1e-45),
  },
  { name: '1', dtype: 'BF16', shape: [3], data: Float32Array.of(1, -2.5, 0.15625) },
  { name: '0', dtype: 'F16', shape: [1, 2], data: Float32Array.of(65504, 2 ** -24) },
  { name: 'ids', dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
  { name: 'mask', dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
  { name: 'scale', dtype: 'F64', shape: [], data: Float64Array.of(Math.PI) },
  { name: 'none', dtype: 'I32', shape: [0, 4], data: new Int32Array() },
  { name: 'ünïcode "quoted"', dtype: 'U16', shape: [1], data: Uint16Array.of(7) },
]

const headerOf = (file: Uint8Array): { text: string; data: Uint8Array } => {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  return { text: decoder.decode(file.subarray(8, 8 + length)), data: file.subarray(8 + length) }
}

/** A file with any header text one likes. */
const fileOf = (
  header: string,
  data: Uint8Array,
  claim = BigInt(encoder.encode(header).length),
) => {
  const bytes = encoder.encode(header)
  const file = new Uint8Array(8 + bytes.length + data.length)
  new DataView(file.buffer).setBigUint64(0, claim, true)
  file.set(bytes, 8)
  file.set(data, 8 + bytes.length)
  return file
}

const refusal = async (work: Promise<unknown>): Promise<UnfogError> => {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toBeInstanceOf(UnfogError)
  return error as UnfogError
}

describe('what is written comes back', () => {
  test('names, shapes, bits, metadata', async () => {
    const file = await writeSafetensors(sample, { format: 'pt', note: 'a "fog" note' })
    const { metadata, tensors } = await readSafetensors(file)
    expect(metadata).toEqual({ format: 'pt', note: 'a "fog" note' })
    expect([...tensors.keys()].sort()).toEqual(sample.map(({ name }) => name).sort())
    for (const { name, dtype, shape, data } of sample) {
      expect(tensors.get(name)).toEqual({ dtype, shape, data })
    }
  })
  test('two writes are byte-equal, and reading changes nothing', async () => {
    const file = await writeSafetensors(sample, { b: '1', a: '2' })
    expect(await writeSafetensors(sample, { b: '1', a: '2' })).toEqual(file)
    const { metadata, tensors } = await readSafetensors(file)
    const again = [...tensors].map(([name, tensor]) => ({ name, ...tensor }))
    expect(await writeSafetensors(again, metadata)).toEqual(file)
  })
  test('the header is padded to eight bytes, its keys stand in the order of the data', async () => {
    const { text } = headerOf(await writeSafetensors(sample))
    expect(encoder.encode(text).length % 8).toBe(0)
    const keys = [...text.matchAll(/"((?:[^"\\]|\\.)*)":\{"dtype"/g)].map(([, key]) => key)
    expect(keys).toEqual([
      'ids',
      'scale',
      'embed',
      'none',
      '1',
      '0',
      'ünïcode \\"quoted\\"',
      'mask',
    ])
    const begins = [...text.matchAll(/"data_offsets":\[(\d+)/g)].map(([, begin]) => Number(begin))
    expect(begins).toEqual([0, 16, 24, 48, 48, 54, 58, 60])
  })
  test('the hash of a tensor is the SHA-256 of its bytes', async () => {
    const file = await writeSafetensors([
      { name: 'abc', dtype: 'U8', shape: [3], data: encoder.encode('abc') },
    ])
    // FIPS 180-2, appendix B.1
    const known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(JSON.parse(headerOf(file).text).__metadata__).toEqual({ 'sha256:abc': known })
  })
  test('bytes that lie at an odd address, or in a Node buffer, are read all the same', async () => {
    const file = await writeSafetensors(sample)
    const wanted = await readSafetensors(file)
    for (const shifted of [new Uint8Array(file.length + 1), Buffer.alloc(file.length + 1)]) {
      shifted.set(file, 1)
      const read = await readSafetensors(shifted.subarray(1))
      const store = {
        ...memoryStore({ f: file }),
        readRange: async (_: string, at: number, n: number) => shifted.subarray(1 + at, 1 + at + n),
      }
      const opened = await openSafetensors(store, 'f')
      for (const [name, tensor] of wanted.tensors) expect(await opened.tensor(name)).toEqual(tensor)
      shifted.fill(7)
      expect(read).toEqual(wanted)
    }
  })
})

describe('what cannot be written is refused', () => {
  const one = (over: Partial<NamedTensor>): NamedTensor[] => [
    { name: 'w', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2), ...over },
  ]
  const cases: Record<string, [NamedTensor[], RegExp]> = {
    NaN: [one({ data: Float32Array.of(1, NaN) }), /"w" holds NaN at index 1, .* saved as F32/],
    'a value bf16 rounds to infinity': [
      one({ dtype: 'BF16', data: Float32Array.of(3.4e38, 1) }),
      /"w" holds 3.3999\d*e\+38 at index 0, .* saved as BF16/,
    ],
    'a shape of another size': [one({ shape: [3] }), /"w" has 2 numbers, .* \[3\]/],
    'another array type': [
      one({ data: Int32Array.of(1, 2) }),
      /needs a Float32Array, not a Int32Array/,
    ],
    'a name twice': [[...one({}), ...one({})], /cannot be named "w"/],
    'a reserved name': [one({ name: '__metadata__' }), /cannot be named "__metadata__"/],
  }
  for (const [name, [tensors, message]] of Object.entries(cases)) {
    test(name, async () => {
      expect((await refusal(writeSafetensors(tensors))).message).toMatch(message)
    })
  }
})

describe('hostile files are refused in one sentence', async () => {
  const good = await writeSafetensors([
    { name: 'a', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    { name: 'b', dtype: 'F32', shape: [2], data: Float32Array.of(5, 6) },
  ])
  const { text, data } = headerOf(good)
  const entry = (over: object) =>
    fileOf(
      JSON.stringify({ a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16], ...over } }),
      data.subarray(0, 16),
    )
  const edited = (from: string, to: string) => fileOf(text.replace(from, to), data)
  const flipped = good.slice()
  flipped[good.length - 9] ^= 1
  const withFloats = (...values: number[]) =>
    fileOf(
      `{"a":{"dtype":"F32","shape":[${values.length}],"data_offsets":[0,${4 * values.length}]}}`,
      new Uint8Array(Float32Array.from(values).buffer),
    )

  const empty = new Uint8Array()
  const cases: Record<string, [Uint8Array, RegExp]> = {
    'an empty file': [new Uint8Array(), /has only 0 bytes/],
    'a file of five bytes': [good.slice(0, 5), /has only 5 bytes/],
    'cut in the header': [good.slice(0, 40), /claims a header of \d+ bytes but has only 40/],
    'cut in the data': [
      good.slice(0, -1),
      /holds 23 bytes of data, but tensor "b" ends at byte 24/,
    ],
    'something behind the data': [fileOf(text, new Uint8Array(25)), /has 1 bytes after the last/],
    'a header longer than the file': [fileOf(text, data, 1000000n), /claims a header of 1000000/],
    'a header beyond 100 MB': [fileOf(text, data, 100_000_001n), /beyond the limit/],
    'a header of 2^64 - 1 bytes': [fileOf(text, data, 2n ** 64n - 1n), /beyond the limit/],
    'a text file': [encoder.encode('Once upon a time there was a fog.'), /claims a header/],
    'an empty header': [fileOf('', data), /not valid JSON/],
    'broken JSON': [fileOf(text.slice(0, -9), data), /not valid JSON/],
    'bytes that are not UTF-8': [
      fileOf('{"a":"????"}', data).map((byte) => (byte === 0x3f ? 0xff : byte)),
      /not valid JSON/,
    ],
    'a list as header': [fileOf('[1,2]', data), /not a JSON object/],
    'null as header': [fileOf('null', data), /not a JSON object/],
    'a name twice': [edited('"b":', '"a":'), /names "a" twice/],
    'a name twice, once escaped': [edited('"b":', '"\\u0061":'), /names "a" twice/],
    'a name twice, far from its colon': [
      edited('"b":', `"a"${' '.repeat(1000)}:`),
      /names "a" twice/,
    ],
    'a field twice': [edited('"dtype":', '"dtype":"F32","dtype":'), /names "dtype" twice/],
    'a tensor named __proto__': [edited('"b":', '"__proto__":'), /named __proto__/],
    'metadata that is no object': [
      fileOf('{"__metadata__":[]}', empty),
      /__metadata__ that is not/,
    ],
    'metadata that is no text': [fileOf('{"__metadata__":{"a":1}}', empty), /entry "a"/],
    'a tensor that is no object': [fileOf('{"a":7}', data), /"a" by something other/],
    'an unknown dtype': [entry({ dtype: 'F37' }), /the dtype "F37", which is none of F64, F32/],
    'a dtype every object has': [entry({ dtype: 'constructor' }), /the dtype "constructor"/],
    'no dtype': [entry({ dtype: undefined }), /the dtype none/],
    'no shape': [entry({ shape: undefined }), /the shape none/],
    'a negative size': [entry({ shape: [-2, -2] }), /the shape \[-2,-2\], which is no list/],
    'half a size': [entry({ shape: [0.5, 8] }), /the shape \[0\.5,8\], which is no list/],
    'a size in quotes': [entry({ shape: ['2', 2] }), /the shape \["2",2\], which is no list/],
    'sizes whose product passes 2^53': [entry({ shape: [2 ** 30, 2 ** 30] }), /larger than any/],
    'sizes whose product wraps round in 64 bits': [
      entry({ shape: [2 ** 32, 2 ** 32, 1] }),
      /larger than any memory/,
    ],
    'a size beyond 2^53': [entry({ shape: [1e300] }), /the shape \[1e\+300\], which is no list/],
    'a shape of megabytes': [entry({ shape: Array(1e6).fill(-1) }), /^.{0,250}$/],
    'a name of megabytes': [fileOf(`{"${'\\n'.repeat(1e7)}":7}`, data), /^.{0,250}$/],
    'no offsets': [entry({ data_offsets: undefined }), /the data_offsets none/],
    'three offsets': [entry({ data_offsets: [0, 8, 16] }), /the data_offsets \[0,8,16\]/],
    'a negative offset': [entry({ data_offsets: [-16, 0] }), /the data_offsets \[-16,0\]/],
    'offsets the wrong way round': [entry({ data_offsets: [16, 0] }), /takes 16 bytes, but .* -16/],
    'offsets that do not fit the shape': [entry({ data_offsets: [0, 12] }), /takes 16 bytes, but/],
    'offsets far outside': [
      entry({ data_offsets: [2 ** 40, 2 ** 40 + 16] }),
      /ends at byte 1099511627792/,
    ],
    'tensors that overlap': [edited('[16,24]', '[8,16]'), /"a" and "b" the same bytes/],
    'two tensors in one place': [
      fileOf(
        '{"a":{"dtype":"U8","shape":[24],"data_offsets":[0,24]},"b":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}',
        data,
      ),
      /"a" and "b" the same bytes/,
    ],
    'a gap between tensors': [
      fileOf(text.replace('[16,24]', '[20,28]'), new Uint8Array(28)),
      /leaves its data bytes 16 to 20 unused/,
    ],
    'a gap in front': [entry({ shape: [2], data_offsets: [8, 16] }), /bytes 0 to 8 unused/],
    'a bit that turned over': [flipped, /other bytes for tensor "a" than were saved/],
    'a hash that is missing': [edited('"sha256:b"', '"sha256:c"'), /other bytes for tensor "b"/],
    NaN: [withFloats(1, NaN), /holds NaN in tensor "a" at index 1/],
    infinity: [withFloats(1, 2, -Infinity), /holds -Infinity in tensor "a" at index 2/],
  }
  for (const [name, [file, message]] of Object.entries(cases)) {
    test(name, async () => {
      const error = await refusal(readSafetensors(file, 'models/fog.safetensors'))
      expect(error.code).toBe('bad_model')
      expect(error.message).toMatch(message)
      expect(error.message).toMatch(/^models\/fog\.safetensors [^\n]*get an undamaged copy/)
    })
  }
  test('the file they were made from is good', async () => {
    const { tensors } = await readSafetensors(fileOf(text, data))
    expect([...tensors.get('b')!.data]).toEqual([5, 6])
    expect((await readSafetensors(entry({}))).tensors.size).toBe(1)
  })
  test('a file cut anywhere is refused', async () => {
    for (let length = 0; length < good.length; length++) {
      expect((await refusal(readSafetensors(good.slice(0, length)))).code).toBe('bad_model')
    }
  })
  test('any one bit turned over: refused, or the same tensors', async () => {
    const { tensors } = await readSafetensors(good)
    let refused = 0
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const turned = good.slice()
      turned[bit >> 3] ^= 1 << (bit & 7)
      const outcome = await readSafetensors(turned).catch((error) => error)
      if (outcome instanceof UnfogError) refused++
      else expect(outcome.tensors).toEqual(tensors)
    }
    expect(refused).toBeGreaterThan(7 * good.length)
  })
})

describe('read from a store', () => {
  const counting = (store: Store) => {
    const reads: number[] = []
    const readRange: Store['readRange'] = (path, offset, length) => {
      reads.push(length)
      return store.readRange(path, offset, length)
    }
    const read = () => Promise.reject(new Error('the whole file was read'))
    return { reads, store: { ...store, read, readRange } }
  }
  test('the header alone, then one tensor at a time', async () => {
    const file = await writeSafetensors(sample)
    const { reads, store } = counting(memoryStore({ 'w.safetensors': file }))
    const opened = await openSafetensors(store, 'w.safetensors')
    expect(reads).toEqual([8, file.length - headerOf(file).data.length - 8])
    expect([...opened.extents.keys()]).toEqual([...(await readSafetensors(file)).tensors.keys()])
    expect((await opened.tensor('1')).data).toEqual(Float32Array.of(1, -2.5, 0.15625))
    expect(reads.slice(2)).toEqual([6])
    expect(opened.hashed).toBe(true)
  })
  test('the fingerprint changes with a tensor', async () => {
    const fingerprintOf = async (value: number) => {
      const data = Float32Array.of(value)
      const file = await writeSafetensors([{ name: 'w', dtype: 'F32', shape: [1], data }])
      return (await openSafetensors(memoryStore({ f: file }), 'f')).fingerprint
    }
    expect(await fingerprintOf(1)).toBe(await fingerprintOf(1))
    expect(await fingerprintOf(1)).not.toBe(await fingerprintOf(2))
  })
  test('what is missing is named', async () => {
    const file = await writeSafetensors(sample)
    const store = memoryStore({ f: file })
    expect((await refusal(openSafetensors(store, 'g'))).message).toBe('there is no file memory/g')
    const opened = await openSafetensors(store, 'f')
    expect((await refusal(opened.tensor('x'))).message).toBe('memory/f holds no tensor "x"')
    await store.truncate('f', file.length - 1)
    expect((await refusal(opened.tensor('mask'))).message).toMatch(/became shorter while/)
  })
})

describe('files of other libraries', () => {
  const fixture = fileURLToPath(new URL('fixtures/a2d-llama.safetensors', import.meta.url))
  test('a checkpoint written by Python safetensors', async () => {
    const { metadata, tensors } = await readSafetensors(readFileSync(fixture))
    expect(metadata).toEqual({ format: 'pt' })
    expect(tensors.size).toBe(20)
    expect(tensors.get('model.embed_tokens.weight')).toMatchObject({
      dtype: 'F32',
      shape: [80, 32],
    })
    const again = [...tensors].map(([name, tensor]) => ({ name, ...tensor }))
    const ours = headerOf(await writeSafetensors(again, metadata))
    expect(ours.data).toEqual(new Uint8Array(headerOf(readFileSync(fixture)).data))
  })

  const shared = fileURLToPath(new URL('../../../shared/parity', import.meta.url))
  const files = existsSync(shared)
    ? readdirSync(shared, { recursive: true, encoding: 'utf8' }).filter((path) =>
        path.endsWith('.safetensors'),
      )
    : []
  test.skipIf(files.length === 0)('every file of the parity fixtures', async () => {
    const dtypesMet = new Set<string>()
    for (const path of files) {
      const bytes = readFileSync(`${shared}/${path}`)
      const { metadata, tensors } = await readSafetensors(bytes, path)
      const again = [...tensors].map(([name, tensor]) => ({ name, ...tensor }))
      const back = await readSafetensors(await writeSafetensors(again, metadata))
      expect(back.tensors, path).toEqual(tensors)
      for (const { dtype } of tensors.values()) dtypesMet.add(dtype)
    }
    expect([...dtypesMet].sort()).toEqual(['BF16', 'F32', 'I64', 'U8'])
  })
})
