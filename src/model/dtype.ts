// The number types a safetensors file may hold: one row each, with its size and the typed array it becomes. The
// halves become float32, which holds every one of them exactly. Numbers are little-endian in files, as they are on
// every machine this runs on.
import { fromBf16, fromF16, toBf16, toF16 } from './half.ts'

export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

export interface Dtype<A extends TensorData = TensorData> {
  /** bytes per number */
  readonly size: number
  /** is it a float, which can be NaN or infinite? */
  readonly float: boolean
  /** the typed array that holds it in memory */
  readonly array: { new (length: number): A; readonly name: string }
  /** File bytes → numbers; a view of `bytes` where alignment and type allow it. */
  decode(bytes: Uint8Array): A
  /** Numbers → file bytes; a view of `data` where the type allows it. */
  encode(data: A): Uint8Array
}

interface ArrayType<A> {
  new (length: number): A
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
}

function view<A>(type: ArrayType<A>, bytes: Uint8Array): A {
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes)
  const length = aligned.byteLength / type.BYTES_PER_ELEMENT
  return new type(aligned.buffer, aligned.byteOffset, length)
}

const bytesOf = (data: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const plain = <A extends TensorData>(array: ArrayType<A>, float = false): Dtype<A> => ({
  size: array.BYTES_PER_ELEMENT,
  float,
  array,
  decode: (bytes) => view(array, bytes),
  encode: bytesOf,
})

const half = (
  from: (halves: Uint16Array) => Float32Array,
  to: (values: Float32Array) => Uint16Array,
): Dtype<Float32Array> => ({
  size: 2,
  float: true,
  array: Float32Array,
  decode: (bytes) => from(view(Uint16Array, bytes)),
  encode: (values) => bytesOf(to(values)),
})

export const dtypes = {
  F64: plain(Float64Array, true),
  F32: plain(Float32Array, true),
  F16: half(fromF16, toF16),
  BF16: half(fromBf16, toBf16),
  I64: plain(BigInt64Array),
  U64: plain(BigUint64Array),
  I32: plain(Int32Array),
  U32: plain(Uint32Array),
  I16: plain(Int16Array),
  U16: plain(Uint16Array),
  I8: plain(Int8Array),
  U8: plain(Uint8Array),
  BOOL: plain(Uint8Array),
} satisfies Record<string, Dtype<never> | Dtype>

export type DtypeName = keyof typeof dtypes

export const isDtype = (name: unknown): name is DtypeName =>
  typeof name === 'string' && Object.hasOwn(dtypes, name)

/** The row of a name, with its array type widened to any of them. */
export const dtypeOf = (name: DtypeName): Dtype => dtypes[name] as unknown as Dtype

/** Index of the first NaN or infinity, -1 if there is none. */
export function firstNonFinite(data: TensorData): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}
