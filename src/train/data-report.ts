// What a run would learn from, before it does: how texts are cut, how long they are, what is in them twice or hardly
// there, and a look at some.
import { contentHash } from '../text/content-hash.ts'
import {
  type Answer,
  type DocumentMode,
  documentLength,
  type Encoded,
  type FormName,
  type TokenizerName,
  tokenCounts,
  turnsOf,
} from '../text/index.ts'
import { prepare, type TrainingData } from './data.ts'
import { ownCanvasFor, tokenizerFor, vocabularyFor } from './design.ts'

export interface DataReport {
  name: string
  documents: DocumentMode
  /** why, and what reading changed */
  reasons: string[]
  count: number
  /** of what is learnt */
  characters: number
  tokens: number
  /** of them those that are learnt: of conversations only the answers */
  learnt: number
  tokenizer: string
  /** ids, special ones included */
  vocabulary: number
  form: FormName
  heldOut: { documents: number; tokens: number }
  /** tokens of a document: shortest, a tenth, half, nine tenths of them, longest */
  lengths: { least: number; tenth: number; half: number; nineTenths: number; most: number }
  /** documents that are equal to an earlier one; counted among the first million */
  repeated: number
  /** documents of fewer tokens than `fewTokens` */
  nearEmpty: number
  /** ids that the text uses */
  usedIds: number
  /** beginnings of documents: what is learnt, and what is only read before it */
  samples: Answer[]
}

/** below so many tokens there is nothing to learn from a document's inside */
export const fewTokens = 4
const sampleCount = 3
const sampleTokens = 120
/** keeps the memory of a look below that of a run */
const mostCompared = 1_000_000

/** Reads everything once. @throws UnfogError `bad_input` when there is too little */
export async function reportOf(
  data: TrainingData,
  options: { tokenizer?: string; vocabSize?: number } = {},
): Promise<DataReport> {
  const tokenizer = (options.tokenizer ?? tokenizerFor(data).name) as TokenizerName
  const vocabSize = options.vocabSize ?? vocabularyFor(data)
  const prepared = await prepare(data, {
    tokenizer,
    vocabSize,
    context: ownCanvasFor(data),
    seed: 0,
  })
  const { encoded, dataset } = prepared
  const { documents: count, characters, tokens, learnt } = encoded
  const lengths = Array.from({ length: count }, (_, d) => documentLength(encoded, d))
  lengths.sort((a, b) => a - b)
  const at = (share: number) => lengths[Math.round(share * (count - 1))]
  const { documents, tokens: heldOutTokens } = dataset.heldOut
  return {
    name: data.name,
    documents: data.documents,
    reasons: [data.reason, ...data.notes(), dataset.summary],
    count,
    characters,
    tokens,
    learnt,
    tokenizer,
    vocabulary: prepared.tokenizer.size,
    form: dataset.form,
    heldOut: { documents, tokens: heldOutTokens },
    lengths: { least: at(0), tenth: at(0.1), half: at(0.5), nineTenths: at(0.9), most: at(1) },
    repeated: repeatedIn(encoded),
    nearEmpty: lengths.filter((length) => length < fewTokens).length,
    usedIds: tokenCounts(encoded).filter((n) => n > 0).length,
    samples: Array.from({ length: Math.min(sampleCount, count) }, (_, i) =>
      sampleOf(encoded, Math.floor((i * count) / sampleCount)),
    ),
  }
}

/** Ids of a document from one place on. */
function idsOf({ shelf, starts }: Encoded, document: number, from = 0, to?: number): Int32Array {
  const ids = new Int32Array((to ?? starts[document + 1] - starts[document]) - from)
  shelf.copy(starts[document] + from, ids.length, ids, 0)
  return ids
}

function repeatedIn(encoded: Encoded): number {
  const seen = new Set<string>()
  const compared = Math.min(encoded.documents, mostCompared)
  for (let document = 0; document < compared; document++) {
    const hash = contentHash()
    hash.add(idsOf(encoded, document))
    seen.add(hash.digest())
  }
  return compared - seen.size
}

/** The beginning of a document. */
function sampleOf(encoded: Encoded, document: number): Answer {
  const { tokenizer, given } = encoded
  const start = given[document]
  const length = documentLength(encoded, document)
  const end = Math.min(length, start + sampleTokens)
  const learnt = tokenizer.decode(idsOf(encoded, document, start, end)).trim()
  return {
    text: end < length ? `${learnt} …` : learnt,
    ...(start > 0 ? { before: turnsOf(tokenizer, idsOf(encoded, document, 0, start)) } : {}),
  }
}
