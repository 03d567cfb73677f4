// safetensors (github.com/huggingface/safetensors): eight bytes of header length, a JSON header, the data.
// A file of unfog's carries in `__metadata__` the SHA-256 of every tensor's bytes, under `sha256:` and its name. So
// one tensor can be read and checked alone, and loading takes little more memory than what it loads. A foreign file
// has no hashes; it is checked for structure, sizes and finite values.
import { UnfogError } from '../error/index.ts'
import type { Store } from '../store/index.ts'
import { type DtypeName, dtypeOf, firstNonFinite, type TensorData } from './dtype.ts'
import {
  byteSize,
  damaged,
  type Extent,
  headerLength,
  parseHeader,
  quoted,
} from './safetensors-header.ts'

export interface Tensor {
  readonly dtype: DtypeName
  readonly shape: readonly number[]
  /** Row-major. BF16 and F16 are Float32Array in memory, BOOL is Uint8Array. */
  readonly data: TensorData
}

export interface NamedTensor extends Tensor {
  readonly name: string
}

/** An open file: its header is read and checked, its data still lies in the store. */
export interface SafetensorsFile {
  /** without the hashes */
  readonly metadata: Readonly<Record<string, string>>
  /** every tensor's place, in the order of their bytes */
  readonly extents: ReadonlyMap<string, Extent>
  /** SHA-256 of the header's bytes, which hold every tensor's hash: it stands for the whole file. */
  readonly fingerprint: string
  /** did unfog write it, with a hash per tensor? */
  readonly hashed: boolean
  /** Reads and checks one tensor. @throws UnfogError `bad_model`; `not_found` for a name it does not hold */
  tensor(name: string): Promise<Tensor>
}

/** A whole safetensors file. Equal arguments give equal bytes. Tensors keep their order, save that wider numbers go
 * first, so that every one lies aligned.
 * @throws UnfogError `bad_model` on a NaN, an infinity, or a value that overflows the dtype; `bad_shape` */
export async function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const ordered = [...tensors].sort((a, b) => dtypeOf(b.dtype).size - dtypeOf(a.dtype).size)
  checkNames(ordered)
  const data = ordered.map(encoded)
  const header = await headerBytes(ordered, data, metadata)
  const size = data.reduce((sum, bytes) => sum + bytes.length, 0)
  const file = new Uint8Array(8 + header.length + size)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  let offset = 8 + header.length
  for (const bytes of data) {
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

/** Reads and checks a whole file. The tensors are copies: `bytes` may be changed afterwards.
 * @param where what a refusal calls the file
 * @throws UnfogError `bad_model` */
export async function readSafetensors(
  bytes: Uint8Array,
  where = 'the safetensors file',
): Promise<{ metadata: Readonly<Record<string, string>>; tensors: Map<string, Tensor> }> {
  const file = await open(
    // a Node Buffer's own slice would share its bytes
    async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
    bytes.length,
    where,
  )
  const tensors = new Map<string, Tensor>()
  for (const name of file.extents.keys()) tensors.set(name, await file.tensor(name))
  return { metadata: file.metadata, tensors }
}

/** Reads and checks the header only; tensors are read when asked for.
 * @throws UnfogError `bad_model`; `not_found` when there is no such file */
export async function openSafetensors(store: Store, path: string): Promise<SafetensorsFile> {
  const where = `${store.name}/${path}`
  const info = await store.stat(path)
  if (!info) throw new UnfogError('not_found', `there is no file ${where}`, { param: where })
  return open((offset, length) => store.readRange(path, offset, length), info.size, where)
}

type Read = (offset: number, length: number) => Promise<Uint8Array>

async function open(read: Read, size: number, where: string): Promise<SafetensorsFile> {
  const whole = async (offset: number, length: number) => {
    const bytes = await read(offset, length)
    if (bytes.length !== length) throw damaged(where, 'became shorter while it was read')
    return bytes
  }
  const length = headerLength(await read(0, 8), size, where)
  const header = await whole(8, length)
  const dataStart = 8 + length
  const { metadata, extents } = parseHeader(header, size - dataStart, where)
  const places = new Map(extents.map((extent) => [extent.name, extent]))
  const [hashes, rest] = splitHashes(metadata)
  return {
    metadata: rest,
    extents: places,
    fingerprint: await sha256(header),
    hashed: hashes.size > 0,
    tensor: async (name) => {
      const extent = places.get(name)
      if (!extent) {
        const message = `${where} holds no tensor ${quoted(name)}`
        throw new UnfogError('not_found', message, { param: name })
      }
      const bytes = await whole(dataStart + extent.begin, extent.end - extent.begin)
      if (hashes.size > 0 && hashes.get(name) !== (await sha256(bytes))) {
        throw damaged(where, `holds other bytes for tensor ${quoted(name)} than were saved`)
      }
      return decoded(bytes, extent, where)
    },
  }
}

function decoded(bytes: Uint8Array, { name, dtype, shape }: Extent, where: string): Tensor {
  const row = dtypeOf(dtype)
  const data = row.decode(bytes)
  const bad = row.float ? firstNonFinite(data) : -1
  if (bad >= 0) {
    throw damaged(where, `holds ${data[bad]} in tensor ${quoted(name)} at index ${bad}`)
  }
  return { dtype, shape, data }
}

function encoded({ name, dtype, shape, data }: NamedTensor): Uint8Array {
  const row = dtypeOf(dtype)
  const said = `tensor ${quoted(name)}`
  if (!(data instanceof row.array)) {
    const message = `${said} is stored as ${dtype} and needs a ${row.array.name}, not a ${data.constructor.name}`
    throw new UnfogError('bad_shape', message, { param: name })
  }
  if (byteSize(dtype, shape) !== data.length * row.size) {
    const message = `${said} has ${data.length} numbers, which is not its shape [${shape.join(', ')}]`
    throw new UnfogError('bad_shape', message, { param: name })
  }
  const bytes = row.encode(data)
  // the stored form is what counts: 3.4e38 is a float32 but becomes infinite in bf16
  const bad = row.float ? firstNonFinite(row.decode(bytes)) : -1
  if (bad >= 0) {
    const message = `${said} holds ${data[bad]} at index ${bad}, which cannot be saved as ${dtype}`
    throw new UnfogError('bad_model', message, { param: name })
  }
  return bytes
}

/** Written by hand rather than from an object, whose integer-like keys would change their order. */
async function headerBytes(
  tensors: readonly NamedTensor[],
  data: readonly Uint8Array[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const [, own] = splitHashes(metadata)
  const notes = Object.entries(own).map(([key, value]) => member(key, value))
  const entries: string[] = []
  let begin = 0
  for (const [i, { name, dtype, shape }] of tensors.entries()) {
    const end = begin + data[i].length
    notes.push(member(`sha256:${name}`, await sha256(data[i])))
    entries.push(member(name, { dtype, shape, data_offsets: [begin, end] }))
    begin = end
  }
  const json = `{${[`"__metadata__":{${notes.join(',')}}`, ...entries].join(',')}}`
  const bytes = new TextEncoder().encode(json)
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20)
  padded.set(bytes)
  return padded
}

const member = (key: string, value: unknown) => `${JSON.stringify(key)}:${JSON.stringify(value)}`

function checkNames(tensors: readonly NamedTensor[]): void {
  const names = new Set(['__proto__', '__metadata__'])
  for (const { name } of tensors) {
    if (names.has(name)) {
      const message = `a tensor cannot be named ${quoted(name)}: the name is taken or reserved`
      throw new UnfogError('bad_model', message, { param: name })
    }
    names.add(name)
  }
}

function splitHashes(
  metadata: Readonly<Record<string, string>>,
): [Map<string, string>, Record<string, string>] {
  const entries = Object.entries(metadata)
  const isHash = ([key]: [string, string]) => key.startsWith('sha256:')
  return [
    new Map(entries.filter(isHash).map(([key, value]) => [key.slice('sha256:'.length), value])),
    Object.fromEntries(entries.filter((entry) => !isHash(entry))),
  ]
}

/** In hexadecimal. @throws UnfogError `unsupported` in a page that is not secure */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto
  if (!subtle) {
    const message = 'this page may not compute SHA-256: open it over https or on localhost'
    throw new UnfogError('unsupported', message)
  }
  const hash = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
