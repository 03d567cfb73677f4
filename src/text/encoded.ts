// Documents as token ids: what a dataset is cut from. Built in one pass over texts of any size; of a text nothing but
// its ids stays in memory.
import { UnfogError } from '../error/index.ts'
import { contentHash } from './content-hash.ts'
import { idsBefore } from './conversation.ts'
import type { DocumentPart } from './documents.ts'
import { labelIds } from './labels.ts'
import { type TokenShelf, tokenShelf } from './token-shelf.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface Encoded {
  readonly tokenizer: Tokenizer
  readonly documents: number
  /** ids on the shelf: text, and before an answer what is only read */
  readonly tokens: number
  /** of them those that are learnt: all but what stands before an answer */
  readonly learnt: number
  /** code points of what is learnt */
  readonly characters: number
  /** fingerprint of ids, document ends and labels */
  readonly hash: string
  readonly shelf: TokenShelf
  /** [documents + 1] where each document begins on the shelf */
  readonly starts: Uint32Array
  /** [documents] how many tokens of each document, from its first, are only read */
  readonly given: Int32Array
  /** [documents × slots] label ids */
  readonly labels: Int32Array
}

/** Encodes documents: strings, texts with labels, or the parts of a corpus' documents. Empty ones are left out.
 * @throws UnfogError `bad_input` when nothing is left */
export async function encodeDocuments(
  tokenizer: Tokenizer,
  documents: AsyncIterable<string | DocumentPart> | Iterable<string | DocumentPart>,
): Promise<Encoded> {
  const shelf = tokenShelf(tokenizer.roles ? tokenizer.size : tokenizer.special.mask)
  const hash = contentHash()
  let starts = new Uint32Array(1024)
  let count = 0
  const labels: number[] = []
  const given: number[] = []
  let characters = 0
  let read = 0
  for await (const document of documents) {
    const part: DocumentPart = typeof document === 'string' ? { text: document } : document
    const ids = tokenizer.encode(part.text)
    for (let i = 0; i < ids.length; i++) characters += tokenizer.characters[ids[i]]
    const before = part.before && ids.length > 0 ? idsBefore(tokenizer, part.before) : none
    for (const some of [before, ids]) {
      shelf.push(some)
      hash.add(some)
    }
    const start = starts[count]
    if (part.more || shelf.length === start) continue
    const said = labelIds(tokenizer, part.labels)
    hash.add([shelf.length - start, ...said])
    if (before.length > 0) hash.add([before.length])
    labels.push(...said)
    given.push(before.length)
    read += before.length
    if (++count === starts.length) starts = doubled(starts)
    starts[count] = shelf.length
  }
  if (count === 0) {
    throw new UnfogError('bad_input', 'the data holds no text: give it some')
  }
  return {
    tokenizer,
    documents: count,
    tokens: shelf.length,
    learnt: shelf.length - read,
    characters,
    hash: hash.digest(),
    shelf,
    starts: starts.slice(0, count + 1),
    labels: Int32Array.from(labels),
    given: Int32Array.from(given),
  }
}

const none = new Int32Array()

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(2 * array.length)
  longer.set(array)
  return longer
}

/** Tokens of one document. */
export const documentLength = ({ starts }: Encoded, document: number): number =>
  starts[document + 1] - starts[document]

/** [vocabulary] how often each id occurs in what is learnt. */
export function tokenCounts({ shelf, starts, given, documents, tokenizer }: Encoded): Float64Array {
  const counts = new Float64Array(tokenizer.size)
  const part = new Int32Array(2 ** 16)
  for (let document = 0; document < documents; document++) {
    const end = starts[document + 1]
    for (let from = starts[document] + given[document]; from < end; from += part.length) {
      const count = Math.min(part.length, end - from)
      shelf.copy(from, count, part, 0)
      for (let i = 0; i < count; i++) counts[part[i]]++
    }
  }
  return counts
}

/** Nats per token of a model that knows how often each token occurs, and nothing else.
 * @param sources each with its part of what is seen */
export function unigramNats(sources: readonly { encoded: Encoded; share: number }[]): number {
  const often = new Float64Array(sources[0].encoded.tokenizer.size)
  for (const { encoded, share } of sources) {
    tokenCounts(encoded).forEach((count, id) => {
      often[id] += (share * count) / encoded.learnt
    })
  }
  return often.filter((p) => p > 0).reduce((sum, p) => sum - p * Math.log(p), 0)
}
