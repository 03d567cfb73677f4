export type { Batch, Batches, BatchOptions, Form, Part } from './batches.ts'
export { type Corpus, openCorpus } from './corpus.ts'
export {
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
export { loadTokenizer } from './load.ts'
export { releasedTokenizer } from './released.ts'
export type { Label, LabelValues, SpecialIds, Tokenizer, TokenizerOptions } from './tokenizer.ts'
export { type TokenizerName, tokenizers, trainTokenizer } from './tokenizers.ts'
