// How training data are named and read: the same for every command that takes them.
import {
  type ChatChoice,
  chatForms,
  type DocumentMode,
  documentRules,
  type TokenizerName,
  tokenizers,
} from '../text/index.ts'
import { count, oneOf, text } from './option.ts'

export const dataArgument = {
  name: 'data',
  about:
    'a file or folder of text (.txt, .md, .jsonl, .csv, .tsv, .parquet, also .gz or .zst), - for stdin, tales:small or tales:full',
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
}
