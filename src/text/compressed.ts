// Compressed files, read as the bytes they hold, in pieces: a file of any size passes through. A new compression is
// one row.
import { Decompress } from 'fzstd'
import { UnfogError } from '../error/index.ts'

type Bytes = Uint8Array<ArrayBuffer>

interface Compression {
  readonly suffix: string
  readonly about: string
  decompress(bytes: AsyncIterable<Bytes>): AsyncIterable<Bytes>
}

const gzip: Compression = {
  suffix: '.gz',
  about: 'gzip',
  async *decompress(bytes) {
    const stream = new ReadableStream<Bytes>({
      async start(controller) {
        try {
          for await (const chunk of bytes) controller.enqueue(chunk)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
      },
    })
    const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value as Bytes
    }
  },
}

const zstandard: Compression = {
  suffix: '.zst',
  about: 'Zstandard',
  async *decompress(bytes) {
    const ready: Uint8Array[] = []
    const stream = new Decompress((chunk) => ready.push(chunk))
    for await (const chunk of bytes) {
      stream.push(chunk)
      yield* ready.splice(0) as Bytes[]
    }
    stream.push(new Uint8Array(), true)
    yield* ready.splice(0) as Bytes[]
  },
}

/** Every compression that is read. */
export const compressions: readonly Compression[] = [gzip, zstandard]

const compressionOf = (file: string): Compression | undefined =>
  compressions.find(({ suffix }) => file.toLowerCase().endsWith(suffix))

/** A file's name without what says that it is compressed. */
export const plainName = (file: string): string =>
  file.slice(0, file.length - (compressionOf(file)?.suffix.length ?? 0))

/** What a file holds.
 * @param bytes of the file as it lies there
 * @throws UnfogError `bad_input` when it is damaged or cut off */
export async function* decompressed(
  file: string,
  bytes: AsyncIterable<Bytes>,
): AsyncGenerator<Bytes> {
  const compression = compressionOf(file)
  if (!compression) {
    yield* bytes
    return
  }
  try {
    yield* compression.decompress(bytes)
  } catch (cause) {
    if (cause instanceof UnfogError) throw cause
    const why = (cause as Error).message || 'it cannot be decompressed'
    throw new UnfogError(
      'bad_input',
      `${file} is no whole ${compression.about} file (${why.replace(/\.$/, '')}): make it again`,
      { param: file, cause },
    )
  }
}
