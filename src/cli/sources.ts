// Texts that a command is given: a file, or "-" for what is piped in.
import { UnfogError } from '../error/index.ts'
import { openCorpusPath } from '../text/corpus.node.ts'
import { corpusDocuments, type DocumentMode, guessCorpusDocuments } from '../text/index.ts'
import type { Io } from './io.ts'

/** The documents of a file, a folder or stdin, whole, in order.
 * @param documents how they are parted; guessed from the data when absent
 * @throws UnfogError `not_found`, `bad_input` */
export async function readDocuments(
  path: string,
  io: Io,
  documents?: DocumentMode,
): Promise<{ texts: string[]; documents: DocumentMode }> {
  const corpus = await openCorpusPath(path, io.stdin)
  try {
    const mode = documents ?? (await guessCorpusDocuments(corpus)).documents
    const texts: string[] = []
    let text = ''
    for await (const part of corpusDocuments(corpus, mode)) {
      text += part.text
      if (part.more) continue
      if (text !== '') texts.push(text)
      text = ''
    }
    if (texts.length === 0) {
      throw new UnfogError(
        'bad_input',
        `${path} holds nothing but white space: give it some text`,
        {
          param: path,
        },
      )
    }
    return { texts, documents: mode }
  } finally {
    await corpus.close()
  }
}
