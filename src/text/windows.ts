// Long texts as packed windows: all documents become one stream, each ended by eos where there are several, and a row
// is a window at a random place in it. The last tenth of the characters is held out, so that a model of characters and
// one of words are measured on the same text. A window may begin in the middle of a document: its labels are "not said".
import { UnfogError } from '../error/index.ts'
import { below, seeded } from '../random/index.ts'
import type { Batch, Batches, BatchOptions, Form, Part } from './batches.ts'
import type { Encoded } from './encoded.ts'

export const windows: Form = {
  describe(encoded) {
    const many = encoded.documents > 1 ? `${encoded.documents} texts joined into ` : ''
    return `${many}one stream of ${encoded.tokens} tokens, learnt in windows; its last tenth is held out.`
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
  copy(from: number, count: number, target: Int32Array, at: number): void
}

function tokenStream({ documents, shelf, starts, tokenizer }: Encoded): TokenStream {
  if (documents === 1) return shelf
  /** where document d begins in the stream: d documents before it have an eos each */
  const begin = (d: number) => starts[d] + d
  return {
    length: begin(documents),
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

function windowsPart(
  encoded: Encoded,
  text: TokenStream,
  from: number,
  to: number,
  characters: number,
): Part {
  const tokens = to - from
  const shape = ({ tokensPerBatch, length }: BatchOptions) => {
    const window = Math.min(length, tokens)
    return { window, rows: Math.max(1, Math.floor(tokensPerBatch / window)) }
  }
  return {
    documents: encoded.documents,
    tokens,
    characters,
    training(options): Batches {
      const { window, rows } = shape(options)
      const random = seeded(options.seed)
      const places = tokens - window + 1
      return {
        steps: Math.max(1, Math.round(tokens / (rows * window))),
        meanTokens: rows * window,
        batch: (step) =>
          windowBatch(
            encoded,
            text,
            rows,
            window,
            (row) => from + below(places, random.uniform(step, row, 'data')),
          ),
      }
    },
    evaluation(options): Batches {
      const { window, rows } = shape(options)
      const whole = Math.floor(tokens / window)
      const full = Math.ceil(whole / rows)
      const rest = tokens - whole * window
      return {
        steps: full + (rest > 0 ? 1 : 0),
        meanTokens: tokens / (full + (rest > 0 ? 1 : 0)),
        batch(step) {
          if (step >= full) return windowBatch(encoded, text, 1, rest, () => to - rest)
          const first = step * rows
          const count = Math.min(rows, whole - first)
          return windowBatch(encoded, text, count, window, (row) => from + (first + row) * window)
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
