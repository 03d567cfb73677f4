// What in the data teaches little: documents that are equal to an earlier one, and those with hardly anything to learn.
import { contentHash } from '../text/content-hash.ts'
import { documentLength, type Encoded } from '../text/index.ts'

/** below so many tokens there is nothing to learn from a document's inside */
export const fewTokens = 4

/** Documents of a kind, and the beginning of one. */
export interface Finding {
  count: number
  example?: string
}

export interface Findings {
  /** equal to an earlier one; counted among the first million of each source */
  repeated: Finding
  /** fewer than `fewTokens` tokens that are learnt */
  nearEmpty: Finding
}

/** keeps the memory of a look below that of a run */
const mostCompared = 1_000_000
const exampleTokens = 24

export function findingsIn(sources: readonly Encoded[]): Findings {
  const repeated: Finding = { count: 0 }
  const nearEmpty: Finding = { count: 0 }
  const seen = new Set<string>()
  for (const encoded of sources) {
    for (let document = 0; document < encoded.documents; document++) {
      if (document < mostCompared) {
        const hash = contentHash()
        hash.add(documentIds(encoded, document))
        const digest = hash.digest()
        if (seen.has(digest)) note(repeated, encoded, document)
        else seen.add(digest)
      }
      const learnt = documentLength(encoded, document) - encoded.given[document]
      if (learnt < fewTokens) note(nearEmpty, encoded, document)
    }
  }
  return { repeated, nearEmpty }
}

/** Ids of a document from one place on. */
export function documentIds(
  { shelf, starts }: Encoded,
  document: number,
  from = 0,
  to = starts[document + 1] - starts[document],
): Int32Array {
  const ids = new Int32Array(to - from)
  shelf.copy(starts[document] + from, ids.length, ids, 0)
  return ids
}

function note(finding: Finding, encoded: Encoded, document: number): void {
  finding.count++
  if (finding.example !== undefined) return
  const start = encoded.given[document]
  const length = documentLength(encoded, document)
  const end = Math.min(length, start + exampleTokens)
  const text = encoded.tokenizer.decode(documentIds(encoded, document, start, end)).trim()
  finding.example = end < length ? `${text} …` : text
}

/** What was found, in sentences; [] when there is nothing. */
export function findingSentences({ repeated, nearEmpty }: Findings): string[] {
  const said = ({ count, example }: Finding, one: string, many: string) =>
    count === 0
      ? []
      : [
          `${count === 1 ? `1 document ${one}` : `${count} documents ${many}`}: ${JSON.stringify(example)}.`,
        ]
  return [
    ...said(repeated, 'is equal to an earlier one', 'are equal to an earlier one'),
    ...said(
      nearEmpty,
      `has fewer than ${fewTokens} tokens to learn`,
      `have fewer than ${fewTokens} tokens to learn`,
    ),
  ]
}
