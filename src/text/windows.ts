// Long texts as windows: all documents become one stream, each ended by eos where there are several, and a row is a
// window at a random place in it that lies within one document; a document shorter than a window is a row whole. So
// nothing is ever seen across the border of a document, and attention needs no mask that says where borders are
// (measured: that mask would cost 4 to 7 % of a step). The last tenth of the characters is held out, so that a model of
// characters and one of words are measured on the same text. A window may begin in the middle of a document: its labels
// are "not said".
import { UnfogError } from '../error/index.ts'
import { below, categorical, seeded } from '../random/index.ts'
import type { Batch, Batches, Form, Part } from './batches.ts'
import type { Encoded } from './encoded.ts'
import { batchRanges, groupsOfOneLength } from './ranges.ts'

export const windows: Form = {
  describe(encoded) {
    const many = encoded.documents > 1 ? `${encoded.documents} texts in ` : ''
    return `${many}one stream of ${encoded.tokens} tokens, learnt in windows within ${encoded.documents > 1 ? 'each text' : 'it'}; its last tenth is held out.`
  },
  split(encoded) {
    const text = tokenStream(encoded)
    if (text.length < 20) {
      throw new UnfogError(
        'bad_input',
        `the data holds ${text.length} tokens, and at least 20 are needed to learn from some and hold out the rest`,
      )
    }
    const learnt = Math.floor(0.9 * encoded.characters)
    const cut = cutAtCharacter(encoded, text, learnt)
    return {
      train: windowsPart(encoded, text, 0, cut.token, cut.characters),
      heldOut: windowsPart(
        encoded,
        text,
        cut.token,
        text.length,
        encoded.characters - cut.characters,
      ),
    }
  },
  whole(encoded) {
    const text = tokenStream(encoded)
    return windowsPart(encoded, text, 0, text.length, encoded.characters)
  },
}

/** All documents, one after another, with eos after each where there are several. */
interface TokenStream {
  readonly length: number
  /** where each document begins in it, and where the last one ends */
  readonly borders: ArrayLike<number>
  copy(from: number, count: number, target: Int32Array, at: number): void
}

function tokenStream({ documents, shelf, starts, tokenizer }: Encoded): TokenStream {
  if (documents === 1) {
    return { length: shelf.length, borders: starts, copy: (...some) => shelf.copy(...some) }
  }
  /** where document d begins in the stream: d documents before it have an eos each */
  const begin = (d: number) => starts[d] + d
  return {
    length: begin(documents),
    borders: Float64Array.from(starts, (start, d) => start + d),
    copy(from, count, target, at) {
      let d = lastAtOrBefore(begin, documents, from)
      for (let done = 0; done < count; d++) {
        const inside = from + done - begin(d)
        const text = Math.min(count - done, starts[d + 1] - starts[d] - inside)
        shelf.copy(starts[d] + inside, text, target, at + done)
        done += text
        if (done < count) target[at + done++] = tokenizer.special.eos
      }
    },
  }
}

/** The largest d in 0 … n-1 with begin(d) ≤ place. */
function lastAtOrBefore(begin: (d: number) => number, n: number, place: number): number {
  let low = 0
  let high = n - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (begin(middle) <= place) low = middle
    else high = middle - 1
  }
  return low
}

/** The first place in the stream before which `wanted` code points begin. */
function cutAtCharacter({ tokenizer }: Encoded, text: TokenStream, wanted: number) {
  const block = new Int32Array(2 ** 16)
  let characters = 0
  for (let from = 0; ; from += block.length) {
    const count = Math.min(block.length, text.length - from)
    text.copy(from, count, block, 0)
    for (let i = 0; i < count; i++) {
      // a code point's other bytes belong to it
      const begins = tokenizer.characters[block[i]]
      if (characters >= wanted && begins > 0) return { token: from + i, characters }
      characters += begins
    }
    if (count < block.length) return { token: text.length, characters }
  }
}

/** What a part holds of one document. */
interface Span {
  from: number
  length: number
}

/** The documents of a stretch of the stream, the outer ones as far as they lie in it. */
function spansIn({ borders }: TokenStream, from: number, to: number): Span[] {
  const spans: Span[] = []
  for (let d = 0; d + 1 < borders.length; d++) {
    const begin = Math.max(from, borders[d])
    const end = Math.min(to, borders[d + 1])
    if (end > begin) spans.push({ from: begin, length: end - begin })
  }
  return spans
}

/** Rows of one length: windows, or all documents of one length that is shorter. */
interface RowKind {
  length: number
  tokens: number
  /** where a row begins: a document as often as its length says, and any place in it @param uniform in (0, 1) */
  place(uniform: number): number
}

function rowKind(spans: readonly Span[], length: number): RowKind {
  let tokens = 0
  const before = Float64Array.from(spans, (span) => {
    tokens += span.length
    return tokens - span.length
  })
  return {
    length,
    tokens,
    place(uniform) {
      const token = uniform * tokens
      const s = lastAtOrBefore((i) => before[i], spans.length, token)
      const span = spans[s]
      return span.from + below(span.length - length + 1, (token - before[s]) / span.length)
    },
  }
}

/** The kinds of rows of a part: windows first, then what is shorter. */
function rowKinds(spans: readonly Span[], window: number): RowKind[] {
  const shorter = new Map<number, Span[]>()
  for (const span of spans) {
    const length = Math.min(span.length, window)
    const same = shorter.get(length)
    if (same) same.push(span)
    else shorter.set(length, [span])
  }
  return [...shorter].sort(([a], [b]) => b - a).map(([length, some]) => rowKind(some, length))
}

/** Every token once: windows one after another in each document, and the rest of it; long rows first. */
function rowsInOrder(spans: readonly Span[], window: number): Span[] {
  const rows = spans.flatMap(({ from, length }) =>
    Array.from({ length: Math.ceil(length / window) }, (_, i) => ({
      from: from + i * window,
      length: Math.min(window, length - i * window),
    })),
  )
  return rows.sort((a, b) => b.length - a.length || a.from - b.from)
}

function windowsPart(
  encoded: Encoded,
  text: TokenStream,
  from: number,
  to: number,
  characters: number,
): Part {
  const tokens = to - from
  const spans = spansIn(text, from, to)
  const rowsOf = (length: number, tokensPerBatch: number) =>
    Math.max(1, Math.floor(tokensPerBatch / length))
  return {
    documents: encoded.documents,
    tokens,
    characters,
    training({ tokensPerBatch, length, seed, longest = length }): Batches {
      const kinds = rowKinds(spans, Math.min(length, longest))
      const random = seeded(seed)
      // each token is seen as often as any other, whatever the length of its document
      const rates = kinds.map(
        (kind) => kind.tokens / (kind.length * rowsOf(kind.length, tokensPerBatch)),
      )
      const steps = rates.reduce((sum, rate) => sum + rate, 0)
      return {
        steps: Math.max(1, Math.round(steps)),
        meanTokens: tokens / steps,
        batch(step) {
          const kind = kinds[categorical(rates, random.uniform(step, 0, 'split'))]
          const rows = rowsOf(kind.length, tokensPerBatch)
          return windowBatch(encoded, text, rows, kind.length, (row) =>
            kind.place(random.uniform(step, row, 'data')),
          )
        },
      }
    },
    evaluation({ tokensPerBatch, length }): Batches {
      const rows = rowsInOrder(spans, length)
      const ranges = batchRanges(
        groupsOfOneLength(rows.map(({ length }) => length)),
        tokensPerBatch,
      )
      return {
        steps: ranges.length,
        meanTokens: tokens / ranges.length,
        batch(step) {
          const { from, to } = ranges[step]
          return windowBatch(
            encoded,
            text,
            to - from,
            rows[from].length,
            (row) => rows[from + row].from,
          )
        },
      }
    },
  }
}

function windowBatch(
  { tokenizer }: Encoded,
  text: TokenStream,
  rows: number,
  length: number,
  place: (row: number) => number,
): Batch {
  const tokens = new Int32Array(rows * length)
  for (let row = 0; row < rows; row++) text.copy(place(row), length, tokens, row * length)
  const unsaid = tokenizer.labels.map(({ unknown }) => unknown)
  const labels = Int32Array.from(
    { length: rows * unsaid.length },
    (_, i) => unsaid[i % unsaid.length],
  )
  return { tokens, labels, given: new Int32Array(rows), rows, length }
}
