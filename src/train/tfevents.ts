// TensorBoard's event files, byte by byte: TFRecord frames (length, data, and a masked CRC-32C of either) around
// protobuf messages `Event { wall_time = 1, step = 2, file_version = 3, summary = 5 }`, whose summary is a list of
// `Value { tag = 1, simple_value = 2 }` (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto).

const text = new TextEncoder()

/** The polynomial of Castagnoli, reversed. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (RFC 3720, B.4). */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** So that the checksum of data which holds checksums says something too. */
function masked(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, masked(data), true)
  return record
}

/** Wire types of protobuf. */
const wire = { varint: 0, eight: 1, bytes: 2, four: 5 }
const field = (number: number, type: number): number => (number << 3) | type

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}

const bytes = (number: number, content: ArrayLike<number>): number[] => [
  field(number, wire.bytes),
  ...varint(content.length),
  ...Array.from(content),
]

function number(size: 4 | 8, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(size))
  if (size === 8) view.setFloat64(0, value, true)
  else view.setFloat32(0, value, true)
  return new Uint8Array(view.buffer)
}

const wallTime = (seconds: number): number[] => [field(1, wire.eight), ...number(8, seconds)]

/** What a file begins with.
 * @param time seconds since 1970 */
export const versionEvent = (time: number): Uint8Array =>
  frame(Uint8Array.from([...wallTime(time), ...bytes(3, text.encode('brain.Event:2'))]))

/** The time of the event that a file begins with; undefined when there is none. */
export function timeOf(file: Uint8Array): number | undefined {
  if (file.length < 21 || file[12] !== field(1, wire.eight)) return undefined
  return new DataView(file.buffer, file.byteOffset).getFloat64(13, true)
}

/** Numbers at a step.
 * @param time seconds since 1970 */
export function scalarEvent(
  time: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = Object.entries(scalars).flatMap(([tag, value]) =>
    bytes(1, [...bytes(1, text.encode(tag)), field(2, wire.four), ...number(4, value)]),
  )
  const event = [...wallTime(time), field(2, wire.varint), ...varint(step), ...bytes(5, summary)]
  return frame(Uint8Array.from(event))
}
