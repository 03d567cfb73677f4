// What a safetensors header may say, and nothing else: JSON without duplicate names, known dtypes, sane shapes, and
// byte ranges that tile the data without a gap or an overlap. Every refusal is one sentence that names the tensor.
import { UnfogError } from '../error/index.ts'
import { type DtypeName, dtypeOf, dtypes, isDtype } from './dtype.ts'

/** Longest header, in bytes: the limit of the reference implementation. */
export const longestHeader = 100_000_000

/** One tensor as the header describes it. `begin` and `end` count bytes from the first byte of the data. */
export interface Extent {
  readonly name: string
  readonly dtype: DtypeName
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>
  /** in the order of their bytes */
  readonly extents: readonly Extent[]
}

/** A damaged file has one remedy, whatever is wrong with it. */
export const damaged = (where: string, problem: string, cause?: unknown): UnfogError =>
  new UnfogError('bad_model', `${where} ${problem}: get an undamaged copy or save it again`, {
    param: where,
    cause,
  })

/** Reads the first eight bytes.
 * @param fileSize bytes of the whole file
 * @returns bytes of the JSON header that follows
 * @throws UnfogError `bad_model` */
export function headerLength(first8: Uint8Array, fileSize: number, where: string): number {
  if (first8.length < 8 || fileSize < 8) {
    throw damaged(where, `has only ${fileSize} bytes, too few for a safetensors file`)
  }
  const stated = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true)
  if (stated > longestHeader) {
    throw damaged(where, `claims a header of ${stated} bytes, beyond the limit of ${longestHeader}`)
  }
  if (Number(stated) > fileSize - 8) {
    throw damaged(where, `claims a header of ${stated} bytes but has only ${fileSize} in all`)
  }
  return Number(stated)
}

/** Reads and checks the JSON header.
 * @param dataSize bytes of the file after the header
 * @throws UnfogError `bad_model` */
export function parseHeader(bytes: Uint8Array, dataSize: number, where: string): Header {
  const { __metadata__: metadata = {}, ...entries } = headerObject(bytes, where)
  const extents = Object.entries(entries)
    .map(([name, entry]) => checkedExtent(name, entry, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkTiling(extents, dataSize, where)
  return { metadata: checkedMetadata(metadata, where), extents }
}

function headerObject(bytes: Uint8Array, where: string): Record<string, unknown> {
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (cause) {
    throw damaged(where, 'has a header that is not valid JSON', cause)
  }
  if (!isObject(header)) throw damaged(where, 'has a header that is not a JSON object')
  const twice = duplicateKey(text)
  if (twice !== undefined) throw damaged(where, `names ${quoted(twice)} twice in its header`)
  for (const name of Object.keys(header)) {
    if (name === '__proto__') throw damaged(where, 'has a tensor named __proto__')
  }
  return header
}

/** JSON.parse keeps the last of two equal keys and says nothing. The text is known to be valid JSON here. A walk, not
 * a regular expression: those run out of stack on strings of megabytes. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = []
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') open.push(new Set())
    else if (json[i] === '}') open.pop()
    else if (json[i] === '"') {
      const start = i
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++
      let next = i + 1
      while (json[next] <= ' ') next++
      if (json[next] !== ':') continue
      const key = JSON.parse(json.slice(start, i + 1)) as string
      const keys = open[open.length - 1]
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

function checkedMetadata(metadata: unknown, where: string): Record<string, string> {
  if (!isObject(metadata)) throw damaged(where, 'has a __metadata__ that is not an object')
  for (const [key, value] of Object.entries(metadata)) {
    if (key === '__proto__' || typeof value !== 'string') {
      throw damaged(where, `has a __metadata__ entry ${quoted(key)} that is not a plain text`)
    }
  }
  return metadata as Record<string, string>
}

function checkedExtent(name: string, entry: unknown, where: string): Extent {
  const tensor = `describes tensor ${quoted(name)}`
  if (!isObject(entry)) throw damaged(where, `${tensor} by something other than an object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) {
    const known = Object.keys(dtypes).join(', ')
    throw damaged(where, `${tensor} with the dtype ${shown(dtype)}, which is none of ${known}`)
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(
      where,
      `${tensor} with the shape ${shown(shape)}, which is no list of whole sizes`,
    )
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(
      where,
      `${tensor} with the data_offsets ${shown(offsets)}, which are no two positions`,
    )
  }
  const size = byteSize(dtype, shape)
  if (size === undefined) {
    throw damaged(where, `${tensor} with the shape ${shown(shape)}, larger than any memory`)
  }
  const [begin, end] = offsets
  if (end - begin !== size) {
    throw damaged(
      where,
      `${tensor} as ${dtype} ${shown(shape)}, which takes ${size} bytes, but gives it ${end - begin}`,
    )
  }
  return { name, dtype, shape, begin, end }
}

/** Bytes of a tensor; undefined beyond 2^53, where numbers stop being exact. */
export function byteSize(dtype: DtypeName, shape: readonly number[]): number | undefined {
  let size = dtypeOf(dtype).size
  for (const dim of shape) {
    size *= dim
    if (size > Number.MAX_SAFE_INTEGER) return undefined
  }
  return size
}

function checkTiling(extents: readonly Extent[], dataSize: number, where: string): void {
  let covered = 0
  let before = ''
  for (const { name, begin, end } of extents) {
    if (end > dataSize) {
      throw damaged(
        where,
        `holds ${dataSize} bytes of data, but tensor ${quoted(name)} ends at byte ${end}`,
      )
    }
    if (begin < covered) {
      throw damaged(where, `gives the tensors ${quoted(before)} and ${quoted(name)} the same bytes`)
    }
    if (begin > covered) throw damaged(where, `leaves its data bytes ${covered} to ${begin} unused`)
    covered = end
    before = name
  }
  if (covered < dataSize) {
    throw damaged(where, `has ${dataSize - covered} bytes after the last tensor`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** Hostile names and shapes may be megabytes long; a sentence is not. */
const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text)
const shown = (value: unknown) => shorten(JSON.stringify(value) ?? 'none')
export const quoted = (name: string) => shorten(JSON.stringify(name))
