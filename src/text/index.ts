export type { Batch, Batches, BatchOptions, Form, Part } from './batches.ts'
export { type ChatChoice, type ChatFormName, chatForms } from './chat-forms.ts'
export {
  type Answer,
  answersOf,
  idsBefore,
  type Role,
  roles,
  type Turn,
  turnsOf,
} from './conversation.ts'
export { type Corpus, openCorpus } from './corpus.ts'
export {
  chooseForm,
  type Dataset,
  type DatasetOptions,
  type FormName,
  forms,
  makeDataset,
} from './dataset.ts'
export {
  corpusDocuments,
  type DocumentMode,
  type DocumentPart,
  documentRules,
  partTexts,
  plainFiles,
} from './documents.ts'
export {
  documentLength,
  type Encoded,
  encodeDocuments,
  tokenCounts,
  unigramNats,
} from './encoded.ts'
export { type DocumentGuess, guessCorpusDocuments, guessDocuments } from './guess-documents.ts'
export { huggingFaceConfig } from './hugging-face.ts'
export type { TokenizerKind } from './kind.ts'
export { labelIds } from './labels.ts'
export { type LengthHistogram, lengthHistogram } from './lengths.ts'
export { loadTokenizer, withGrowth, withRoles } from './load.ts'
export { mixDatasets } from './mixture.ts'
export { releasedTokenizer } from './released.ts'
export type { Label, LabelValues, SpecialIds, Tokenizer, TokenizerOptions } from './tokenizer.ts'
export { type TokenizerName, tokenizers, trainTokenizer } from './tokenizers.ts'
