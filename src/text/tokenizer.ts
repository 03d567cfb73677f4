// Text to token ids and back. Every tokenizer here is byte-level: whatever it has no token for is written byte by
// byte, so decode(encode(x)) = x for any text. Special ids come from nowhere but here: a text that contains
// "<|mask|>" is nine letters, never a mask.

import type { Role } from './conversation.ts'

/** One label a text can carry, as one fixed slot in front of it. */
export interface Label {
  readonly name: string
  readonly values: readonly string[]
  /** id of each value */
  readonly ids: Int32Array
  /** id of "not said" */
  readonly unknown: number
}

export interface SpecialIds {
  /** fog */
  readonly mask: number
  /** begin of text */
  readonly bos: number
  /** end of text */
  readonly eos: number
  /** no text at all */
  readonly pad: number
}

export interface GrowthIds {
  readonly expand: number
  readonly delete: number
}

export interface Tokenizer {
  /** A row of `tokenizers`: chars, bytes, words, bpe. */
  readonly kind: string
  /** ids in all, special ones included; ids are 0 … size-1 */
  readonly size: number
  readonly special: SpecialIds
  /** label tokens `<|style=dialogue|>`, and `<|style=?|>` for "not said" */
  readonly labels: readonly Label[]
  /** ids with which the turns of a conversation begin; undefined where texts are no conversations */
  readonly roles?: Readonly<Record<Role, number>>
  /** what a mask may become beside a word, in models that choose how long a text is: two masks, or nothing */
  readonly growth?: GrowthIds
  /** ids that are never sampled nor printed: mask, bos, pad, labels, roles. (eos is not among them: it ends a text; nor
   * are those of `growth`) */
  readonly banned: Int32Array
  /** [size] code points that begin in each token: sums over any run of ids count its characters exactly */
  readonly characters: Int32Array
  /** Never yields a special id.
   * @throws UnfogError `bad_input` when the text holds half of a surrogate pair */
  encode(text: string): Int32Array
  /** Special ids print as nothing; bytes that are no UTF-8 print as U+FFFD.
   * @throws UnfogError `bad_input` for an id outside 0 … size-1 */
  decode(ids: ArrayLike<number>): string
  /** One token as people read it: `<|mask|>` for a special one, `<0xE2>` for a lone byte. */
  token(id: number): string
  /** The `tokenizer.json` of the Hugging Face libraries. */
  toJSON(): object
}

export interface LabelValues {
  name: string
  values: readonly string[]
}

export interface TokenizerOptions {
  /** most ids, special ones included; each kind has its own default */
  vocabSize?: number
  labels?: readonly LabelValues[]
  /** shall it have tokens for the roles of a conversation? */
  roles?: boolean
  /** and for masks that become two, or nothing? */
  growth?: boolean
}
