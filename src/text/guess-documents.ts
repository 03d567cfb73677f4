// Guesses what one document is, from the look of the data, and says why. A wrong guess costs: cutting one long text
// into lines hides its context, and gluing tales together hides where they end. When in doubt it is one long text.
import type { Corpus } from './corpus.ts'
import { type DocumentMode, plainFiles } from './documents.ts'

export interface DocumentGuess {
  documents: DocumentMode
  /** one sentence for people */
  reason: string
}

/** @param samples beginnings of files, whole lines
 * @param bytesPerFile mean size of the corpus' files, and how many there are */
export function guessDocuments(
  samples: string | readonly string[],
  { files = 1, bytesPerFile = Number.POSITIVE_INFINITY } = {},
): DocumentGuess {
  const texts = typeof samples === 'string' ? [samples] : samples
  const lines = texts.flatMap((text) => text.trim().split('\n'))
  const full = lines.filter((line) => line.trim() !== '')
  const paragraphs = texts
    .flatMap((text) => text.split(/\n\s*\n/))
    .filter((part) => part.trim() !== '')
  const blank = 1 - full.length / lines.length
  const single = share(paragraphs, (part) => !part.trim().includes('\n'))
  const ended = share(full, (line) => /[.!?…。！？]["'”’»)\]*_]*\s*$/.test(line))

  if (files >= 20 && bytesPerFile < 8192) {
    const kilobytes = Math.max(1, Math.round(bytesPerFile / 1024))
    return {
      documents: 'file',
      reason: `${files} files of about ${kilobytes} KB each: each file is one document.`,
    }
  }
  if (full.length >= 8 && blank < 0.05 && ended >= 0.8) {
    return {
      documents: 'line',
      reason: `${percent(ended)} of the lines end a sentence and hardly a blank line parts them: each line is one document.`,
    }
  }
  if (full.length >= 8 && blank < 0.05 && share(full, isEntry) >= 0.9) {
    return {
      documents: 'line',
      reason: 'The lines are a list of short entries: each line is one document.',
    }
  }
  if (paragraphs.length >= 8 && single >= 0.8) {
    return {
      documents: 'blank-line',
      reason: `${percent(single)} of the paragraphs are one line with blank lines between: each paragraph is one document.`,
    }
  }
  const what = files === 1 ? 'one long text' : 'one long text a file'
  return {
    documents: 'file',
    reason: `Neither lines nor paragraphs stand alone: it is read as ${what}.`,
  }
}

/** The guess for a corpus, from the beginnings of at most eight of its files. */
export async function guessCorpusDocuments(corpus: Corpus): Promise<DocumentGuess> {
  const plain = plainFiles(corpus)
  if (plain.length === 0) {
    return { documents: 'record', reason: 'Files of records: each record is one document.' }
  }
  const stride = Math.ceil(plain.length / 8)
  const samples: string[] = []
  for (let i = 0; i < plain.length; i += stride) {
    for await (const text of corpus.read(plain[i])) {
      const sample = text.slice(0, 2 ** 17)
      samples.push(sample.length < text.length ? wholeLines(sample) : text)
      break
    }
  }
  const files = corpus.files.length
  return guessDocuments(samples, { files, bytesPerFile: corpus.bytes / files })
}

const isEntry = (line: string): boolean =>
  /^[\p{L}\p{M}\p{N}'’.-]+( [\p{L}\p{M}\p{N}'’.-]+){0,2}\s*$/u.test(line)

const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1) || text

const share = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  all.length === 0 ? 0 : all.filter(holds).length / all.length

const percent = (part: number): string => `${Math.round(100 * part)} %`
