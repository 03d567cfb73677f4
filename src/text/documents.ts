// What one document is: a line, a paragraph between blank lines, a file, or a record. Documents are handed on in parts,
// so that a file of any size passes through; parts are cut where no word is cut.
import { UnfogError } from '../error/index.ts'
import { type Answer, newTexts } from './conversation.ts'
import type { Corpus } from './corpus.ts'
import { lastCut } from './pieces.ts'

/** A document, or a part of a long one. */
export interface DocumentPart extends Answer {
  /** true: the document goes on in the next part */
  more?: boolean
  /** what is said about the document, by label; its last part says it */
  labels?: Readonly<Record<string, string>>
}

interface DocumentRule {
  /** for help and messages: "… is one document" */
  readonly summary: string
  /** what parts two documents; undefined: only the end of a file does */
  readonly separator?: RegExp
}

export const documentRules = {
  line: { summary: 'each line', separator: /\n/ },
  'blank-line': { summary: 'each run of lines between blank lines', separator: /\n[^\S\n]*\n/ },
  file: { summary: 'each file' },
  record: { summary: 'each record of a .jsonl, .csv, .tsv or .parquet file, or each answer in it' },
} satisfies Record<string, DocumentRule>

export type DocumentMode = keyof typeof documentRules

/** longest part, in UTF-16 units, before a document is handed on in several */
const longestPart = 2 ** 19

/** The documents of a corpus, in order. Lines and paragraphs lose the white space around them, and empty ones are
 * left out; files and records are kept to the letter. A record is a document whatever the mode, which is about plain
 * text.
 * @throws UnfogError `usage` when the mode fits none of the files */
export async function* corpusDocuments(
  corpus: Corpus,
  mode: DocumentMode,
): AsyncGenerator<DocumentPart> {
  const { separator }: DocumentRule = documentRules[mode]
  checkMode(corpus, mode)
  for (const file of corpus.files) {
    const records = corpus.records(file)
    if (records) yield* records
    else if (separator) yield* trimmed(split(corpus.read(file), separator))
    else yield* split(corpus.read(file))
  }
}

/** Files of a corpus that hold plain text. */
export const plainFiles = (corpus: Corpus): string[] =>
  corpus.files.filter((file) => !corpus.records(file))

function checkMode(corpus: Corpus, mode: DocumentMode): void {
  const plain = plainFiles(corpus).length
  if (mode === 'record' && plain > 0) {
    throw new UnfogError(
      'usage',
      `${corpus.name} has files of plain text, which have no records: use --documents line, blank-line or file`,
      { param: 'documents' },
    )
  }
  if (mode !== 'record' && plain === 0) {
    throw new UnfogError(
      'usage',
      `each record of ${corpus.name} is one document: leave --documents ${mode} out`,
      { param: 'documents' },
    )
  }
}

async function* split(
  chunks: AsyncIterable<string>,
  separator?: RegExp,
): AsyncGenerator<DocumentPart> {
  let rest = ''
  for await (const chunk of chunks) {
    const parts = separator ? (rest + chunk).split(separator) : [rest + chunk]
    rest = parts.pop()!
    for (const text of parts) yield { text }
    if (rest.length > longestPart) {
      const cut = lastCut(rest)
      yield { text: rest.slice(0, cut), more: true }
      rest = rest.slice(cut)
    }
  }
  yield { text: rest }
}

/** Without the white space around each document; a document of nothing else is none. */
async function* trimmed(parts: AsyncIterable<DocumentPart>): AsyncGenerator<DocumentPart> {
  let begun = false
  for await (const part of parts) {
    let { text } = part
    if (!begun) text = text.trimStart()
    if (!part.more) text = text.trimEnd()
    if (text !== '' || begun) yield { ...part, text }
    begun = part.more === true && (begun || text !== '')
  }
}

/** The texts alone, for whoever does not care where documents end. */
export async function* partTexts(parts: AsyncIterable<DocumentPart>): AsyncGenerator<string> {
  for await (const part of parts) yield* newTexts(part)
}
