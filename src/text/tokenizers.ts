// The kinds of tokenizer, and how one comes from texts.
import { UnfogError } from '../error/index.ts'
import { alphabet } from './alphabet.ts'
import { bpe } from './bpe.ts'
import { byteLevelTokenizer, growthTokens, specialTokens } from './byte-level.ts'
import { bytes } from './bytes.ts'
import { chars } from './chars.ts'
import { roleTokens } from './conversation.ts'
import type { TokenizerKind } from './kind.ts'
import { checkLabels, labelTokens } from './labels.ts'
import { countPieces } from './pieces.ts'
import type { Tokenizer, TokenizerOptions } from './tokenizer.ts'
import { words } from './words.ts'

export const tokenizers = { chars, bytes, words, bpe } satisfies Record<string, TokenizerKind>

export type TokenizerName = keyof typeof tokenizers

/** Learns a tokenizer from texts, each read once. The order and the cutting of the texts do not matter as long as
 * no word is cut.
 * @throws UnfogError `usage` for an unknown kind, a vocabulary too small or labels that cannot be written */
export async function trainTokenizer(
  name: TokenizerName,
  texts: AsyncIterable<string> | Iterable<string>,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  if (!Object.hasOwn(tokenizers, name)) {
    throw new UnfogError(
      'usage',
      `there is no tokenizer ${JSON.stringify(name)}: use ${Object.keys(tokenizers).join(', ')}`,
      { param: 'tokenizer' },
    )
  }
  const kind: TokenizerKind = tokenizers[name]
  const { vocabSize = kind.vocabSize, labels = [], roles = false, growth = false } = options
  checkLabels(labels)
  const taken =
    specialTokens.length +
    labelTokens(labels).length +
    (growth ? growthTokens.length : 0) +
    (roles ? roleTokens.length : 0)
  const least = alphabet.length + taken
  if (!Number.isInteger(vocabSize) || vocabSize < least || vocabSize > 2 ** 20) {
    throw new UnfogError(
      'usage',
      `a vocabulary of ${vocabSize} is not possible: 256 bytes and ${taken} special tokens need at least ${least}, and 1048576 is the most`,
      { param: 'vocabSize' },
    )
  }
  const counts = kind.pattern ? await countPieces(texts, kind.pattern) : new Map()
  return byteLevelTokenizer(name, kind, kind.learn(counts, vocabSize - taken), labels, {
    roles,
    growth,
  })
}
