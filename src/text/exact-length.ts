// Short texts on canvases of their exact length. A batch holds texts of one length, as many as give about the wanted
// number of tokens; in one pass every text comes exactly once, and both the texts of a length and the batches come in
// an order drawn anew for each pass.
import { UnfogError } from '../error/index.ts'
import { below, permutation, seeded, stream } from '../random/index.ts'
import type { Batch, Batches, Form, Part } from './batches.ts'
import { documentLength, type Encoded } from './encoded.ts'
import { lengthHistogram } from './lengths.ts'
import { batchRanges, type Group, groupsOfOneLength } from './ranges.ts'

export const exactLength: Form = {
  describe(encoded, context) {
    const fitting = countFitting(encoded, context)
    const left = encoded.documents - fitting
    const leftOut = left > 0 ? `; ${left} longer than ${context} tokens are left out` : ''
    return `${fitting} short texts, each on a canvas of its own length${leftOut}.`
  },
  split(encoded, { seed, context }) {
    const fitting = countFitting(encoded, context)
    if (fitting < 2) {
      throw new UnfogError(
        'bad_input',
        `the data holds ${fitting} text${fitting === 1 ? '' : 's'} of at most ${context} tokens, and one to learn from and one to hold out are needed`,
      )
    }
    const held = Math.min(2000, Math.max(1, Math.round(fitting / 20)))
    const next = stream(seeded(seed), 'split')
    const chosen = new Set<number>()
    while (chosen.size < held) chosen.add(below(fitting, next()))
    return {
      train: textsPart(encoded, context, (text) => !chosen.has(text)),
      heldOut: textsPart(encoded, context, (text) => chosen.has(text)),
    }
  },
  whole(encoded, context) {
    if (countFitting(encoded, context) > 0) return textsPart(encoded, context, () => true)
    throw new UnfogError('bad_input', `the data holds no text of at most ${context} tokens`)
  },
}

function countFitting(encoded: Encoded, context: number): number {
  let fitting = 0
  for (let d = 0; d < encoded.documents; d++) {
    if (documentLength(encoded, d) <= context) fitting++
  }
  return fitting
}

/** Documents that fit and are kept, shortest first, in the order of the data within a length (a counting sort).
 * @param keep asked with a number that counts the fitting documents */
function shortestFirst(
  encoded: Encoded,
  context: number,
  keep: (text: number) => boolean,
): Int32Array {
  const next = new Int32Array(context + 2)
  const each = (use: (document: number, length: number) => void) => {
    for (let document = 0, text = 0; document < encoded.documents; document++) {
      const length = documentLength(encoded, document)
      if (length <= context && keep(text++)) use(document, length)
    }
  }
  each((_, length) => {
    next[length + 1]++
  })
  for (let length = 1; length < next.length; length++) next[length] += next[length - 1]
  const sorted = new Int32Array(next[next.length - 1])
  each((document, length) => {
    sorted[next[length]++] = document
  })
  return sorted
}

function textsPart(encoded: Encoded, context: number, keep: (text: number) => boolean): Part {
  const sorted = shortestFirst(encoded, context, keep)
  const groups = groupsOfOneLength(sorted.map((document) => documentLength(encoded, document)))
  const tokens = tokensOf(groups)
  return {
    documents: sorted.length,
    tokens,
    characters: countCharacters(encoded, sorted),
    lengths: lengthHistogram(countLengths(encoded, sorted), context),
    longest: groups.at(-1)?.length,
    training({ tokensPerBatch, seed, longest = Number.POSITIVE_INFINITY }) {
      const taken = groups.filter(({ length }, i) => i === 0 || length <= longest)
      const ranges = batchRanges(taken, tokensPerBatch)
      const pass = lastPass((index) => shuffledPass(sorted, taken, ranges.length, seed, index))
      return {
        steps: ranges.length,
        meanTokens: tokensOf(taken) / ranges.length,
        batch(step) {
          const { order, batchOrder } = pass(Math.floor(step / ranges.length))
          const { from, to } = ranges[batchOrder[step % ranges.length]]
          return textBatch(encoded, order.subarray(from, to))
        },
      }
    },
    evaluation({ tokensPerBatch }): Batches {
      const ranges = batchRanges(groups, tokensPerBatch)
      return {
        steps: ranges.length,
        meanTokens: tokens / ranges.length,
        batch: (step) => textBatch(encoded, sorted.subarray(ranges[step].from, ranges[step].to)),
      }
    },
  }
}

const tokensOf = (groups: readonly Group[]): number =>
  groups.reduce((sum, { length, from, to }) => sum + length * (to - from), 0)

interface Pass {
  /** the texts, shuffled within each length */
  order: Int32Array
  batchOrder: Int32Array
}

function shuffledPass(
  sorted: Int32Array,
  groups: readonly Group[],
  batches: number,
  seed: number,
  index: number,
): Pass {
  const next = stream(seeded(seed), 'data', index)
  const order = sorted.slice()
  for (const { from, to } of groups) {
    for (let i = to - 1; i > from; i--) {
      const j = from + below(i - from + 1, next())
      const kept = order[i]
      order[i] = order[j]
      order[j] = kept
    }
  }
  return { order, batchOrder: permutation(batches, next) }
}

/** Remembers the pass asked last: it depends on its index alone. */
function lastPass(make: (index: number) => Pass): (index: number) => Pass {
  let last: { index: number; pass: Pass } | undefined
  return (index) => {
    if (last?.index !== index) last = { index, pass: make(index) }
    return last.pass
  }
}

function textBatch(encoded: Encoded, documents: Int32Array): Batch {
  const rows = documents.length
  const length = documentLength(encoded, documents[0])
  const slots = encoded.tokenizer.labels.length
  const tokens = new Int32Array(rows * length)
  const labels = new Int32Array(rows * slots)
  documents.forEach((document, row) => {
    encoded.shelf.copy(encoded.starts[document], length, tokens, row * length)
    labels.set(encoded.labels.subarray(document * slots, (document + 1) * slots), row * slots)
  })
  const given = documents.map((document) => encoded.given[document])
  return { tokens, labels, given, rows, length }
}

/** How many documents have how many tokens that are learnt. */
function countLengths(encoded: Encoded, documents: Int32Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const document of documents) {
    const length = documentLength(encoded, document) - encoded.given[document]
    counts.set(length, (counts.get(length) ?? 0) + 1)
  }
  return counts
}

function countCharacters(encoded: Encoded, documents: Int32Array): number {
  const { characters } = encoded.tokenizer
  const longest =
    documents.length > 0 ? documentLength(encoded, documents[documents.length - 1]) : 0
  const ids = new Int32Array(longest)
  let total = 0
  for (const document of documents) {
    const length = documentLength(encoded, document)
    encoded.shelf.copy(encoded.starts[document], length, ids, 0)
    for (let i = encoded.given[document]; i < length; i++) total += characters[ids[i]]
  }
  return total
}
