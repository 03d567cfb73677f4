// How text lies in a canvas: a begin token, a slot for each label, the text, and where texts have their own length an
// end token. A model that writes from left to right must learn to write it; to one that sees both sides it is given,
// so that every word can tell how far the end is (measured: 0.71 → 0.66 nats a token on small tales). With a shifted
// head (autoregressive models, and those that began as one) the row before a position predicts it.
import type { Tokenizer } from '../text/index.ts'
import type { ModelConfig } from './config.ts'

export interface Framing {
  readonly tokenizer: Tokenizer
  /** positions before the text */
  readonly prefix: number
  /** how many rows before its position a prediction stands: 0 or 1 */
  readonly shift: number
  /** the end token behind a text: none, written by the model, or given to it */
  readonly end: 'none' | 'written' | 'given'
  /** ids that are never predicted */
  readonly banned: readonly number[]
  /** all other ids, ascending: what can stand in a text */
  readonly words: Int32Array
}

/** @param causal does the network see only to the left? A model's warm start does, whatever it becomes later. */
export function framing(config: ModelConfig, tokenizer: Tokenizer, causal: boolean): Framing {
  const { exactLength } = config.text
  // an end token is never inside a text, unless stopping must be learnt
  const never = exactLength && !causal ? [tokenizer.special.eos] : []
  const banned = [...tokenizer.banned, ...never]
  const isBanned = new Set(banned)
  return {
    tokenizer,
    prefix: 1 + tokenizer.labels.length,
    shift: config.shift ? 1 : 0,
    end: !exactLength ? 'none' : causal ? 'written' : 'given',
    banned,
    words: Int32Array.from({ length: tokenizer.size }, (_, id) => id).filter(
      (id) => !isBanned.has(id),
    ),
  }
}

/** Writes what stands before the text. @param labels an id per slot; "not said" without */
export function writePrefix(
  { tokenizer }: Framing,
  canvas: Int32Array,
  labels?: ArrayLike<number>,
): void {
  canvas[0] = tokenizer.special.bos
  tokenizer.labels.forEach(({ unknown }, slot) => {
    canvas[1 + slot] = labels?.[slot] ?? unknown
  })
}

/** Tokens of text on the longest canvas. Room for an end token is kept where texts have their own length, so that a
 * model and its autoregressive twin can be of one shape. */
export const longestText = ({ architecture, text }: ModelConfig, tokenizer: Tokenizer): number =>
  architecture.context - 1 - tokenizer.labels.length - (text.exactLength ? 1 : 0)
