// What a run would learn from, before it does: how texts are cut, how long they are, what is in them twice or hardly
// there, and a look at some.
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
import { describeSources, prepare, type TrainingData } from './data.ts'
import { ownCanvasFor, tokenizerFor, vocabularyFor } from './design.ts'
import { documentIds, findingsIn } from './findings.ts'

export interface DataReport {
  name: string
  documents: DocumentMode
  /** why, and what reading changed */
  reasons: string[]
  /** what is mixed, with each one's part of the tokens that are seen; one where nothing is */
  sources: { name: string; share: number; documents: number; tokens: number }[]
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
  /** documents that are equal to an earlier one; counted among the first million of a source */
  repeated: number
  /** documents with fewer tokens to learn than `fewTokens` */
  nearEmpty: number
  /** the beginning of one of each */
  examples: { repeated?: string; nearEmpty?: string }
  /** ids that the text uses */
  usedIds: number
  /** beginnings of documents: what is learnt, and what is only read before it */
  samples: Answer[]
}

const sampleCount = 3
const sampleTokens = 120

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
  const { dataset, sources } = prepared
  const all = sources.map(({ encoded }) => encoded)
  const sum = (of: (encoded: Encoded) => number) => all.reduce((sum, one) => sum + of(one), 0)
  const count = sum(({ documents }) => documents)
  const lengths = all.flatMap((encoded) =>
    Array.from({ length: encoded.documents }, (_, d) => documentLength(encoded, d)),
  )
  lengths.sort((a, b) => a - b)
  const at = (share: number) => lengths[Math.round(share * (count - 1))]
  const { documents, tokens: heldOutTokens } = dataset.heldOut
  const { repeated, nearEmpty } = findingsIn(all)
  const used = new Set(
    all.flatMap((encoded) =>
      [...tokenCounts(encoded).entries()].flatMap(([id, n]) => (n ? [id] : [])),
    ),
  )
  return {
    name: data.name,
    documents: data.documents,
    reasons: [data.reason, ...data.notes(), ...describeSources(prepared)],
    sources: sources.map(({ name, share, encoded: { documents, tokens } }) => ({
      name,
      share,
      documents,
      tokens,
    })),
    count,
    characters: sum(({ characters }) => characters),
    tokens: sum(({ tokens }) => tokens),
    learnt: sum(({ learnt }) => learnt),
    tokenizer,
    vocabulary: prepared.tokenizer.size,
    form: dataset.form,
    heldOut: { documents, tokens: heldOutTokens },
    lengths: { least: at(0), tenth: at(0.1), half: at(0.5), nineTenths: at(0.9), most: at(1) },
    repeated: repeated.count,
    nearEmpty: nearEmpty.count,
    examples: { repeated: repeated.example, nearEmpty: nearEmpty.example },
    usedIds: used.size,
    samples: all.flatMap(samplesOf),
  }
}

/** Beginnings of documents, from the first on, evenly apart. */
function samplesOf(encoded: Encoded, _: number, { length: sources }: readonly Encoded[]): Answer[] {
  const count = Math.min(encoded.documents, Math.ceil(sampleCount / sources))
  return Array.from({ length: count }, (_, i) =>
    sampleOf(encoded, Math.floor((i * encoded.documents) / count)),
  )
}

/** The beginning of a document. */
function sampleOf(encoded: Encoded, document: number): Answer {
  const { tokenizer, given } = encoded
  const start = given[document]
  const length = documentLength(encoded, document)
  const end = Math.min(length, start + sampleTokens)
  const learnt = tokenizer.decode(documentIds(encoded, document, start, end)).trim()
  return {
    text: end < length ? `${learnt} …` : learnt,
    ...(start > 0 ? { before: turnsOf(tokenizer, documentIds(encoded, document, 0, start)) } : {}),
  }
}
