// How training data are named and read: the same for every command that takes them.

import type { TrainOptions } from '../index.ts'
import {
  type ChatChoice,
  chatForms,
  type DocumentMode,
  documentRules,
  type TokenizerName,
  tokenizers,
} from '../text/index.ts'
import { count, misuse, oneOf, text, weights } from './option.ts'

export const dataArgument = {
  name: 'data',
  many: true,
  about:
    'one or several of: a file or folder of text (.txt, .md, .jsonl, .csv, .tsv, .parquet, also .gz or .zst), - for stdin, tales:small or tales:full',
}

export const dataOptions = {
  documents: oneOf(Object.keys(documentRules) as DocumentMode[], 'what one document is', {
    value: 'rule',
    otherwise: 'guessed',
  }),
  field: text('name', 'which field of records is the text; default guessed'),
  chat: oneOf(
    [...Object.keys(chatForms), 'none'] as ChatChoice[],
    'how records hold conversations, of which only answers are learnt',
    { value: 'form', otherwise: 'guessed' },
  ),
  tokenizer: oneOf(Object.keys(tokenizers) as TokenizerName[], 'how text is cut', {
    otherwise: 'chosen by size',
  }),
  vocab: count('most ids of the tokenizer'),
  weights: weights('parts in which several data are mixed, 3,1; default by their size'),
}

/** What the words of a command name, as the API takes it.
 * @throws UnfogError `usage` when weights do not fit them */
export function dataOf(
  paths: readonly string[],
  weights?: readonly number[],
): TrainOptions['data'] {
  if (weights && weights.length !== paths.length) {
    const many = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
    throw misuse(
      'weights',
      `--weights ${weights.join(',')} has ${many(weights.length, 'weight')} for ${many(paths.length, 'source')} of data: give one for each`,
    )
  }
  if (paths.length === 1 && !weights) return paths[0]
  return paths.map((data, i) => ({ data, weight: weights?.[i] }))
}
