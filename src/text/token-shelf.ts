// Token ids of a whole corpus, kept compactly: one, two or four bytes an id, in chunks that are filled and never
// moved, because growing one array would hold the corpus twice.

export interface TokenShelf {
  readonly length: number
  push(ids: ArrayLike<number>): void
  /** Copies `count` ids from `from` on into target[at …]. */
  copy(from: number, count: number, target: Int32Array, at: number): void
}

type Chunk = Uint8Array | Uint16Array | Uint32Array

const chunkLength = 2 ** 18

/** @param idLimit all ids are below this */
export function tokenShelf(idLimit: number): TokenShelf {
  const chunks: Chunk[] = []
  const newChunk = (): Chunk =>
    idLimit <= 2 ** 8
      ? new Uint8Array(chunkLength)
      : idLimit <= 2 ** 16
        ? new Uint16Array(chunkLength)
        : new Uint32Array(chunkLength)
  let length = 0
  return {
    get length() {
      return length
    },
    push(ids) {
      for (let i = 0; i < ids.length; i++) {
        const place = length % chunkLength
        if (place === 0) chunks.push(newChunk())
        chunks[chunks.length - 1][place] = ids[i]
        length++
      }
    },
    copy(from, count, target, at) {
      for (let done = 0; done < count; ) {
        const chunk = chunks[Math.floor((from + done) / chunkLength)]
        const place = (from + done) % chunkLength
        const run = Math.min(count - done, chunkLength - place)
        target.set(chunk.subarray(place, place + run), at + done)
        done += run
      }
    },
  }
}
