// How text lies in a canvas: a begin token, a slot for each label, the text, and where texts have their own length an
// end token. A model that writes from left to right must learn to write it; to one that sees both sides it is given,
// so that every word can tell how far the end is (measured: 0.71 → 0.66 nats a token on small tales). With a shifted
// head (autoregressive models, and those that began as one) the row before a position predicts it.
import { UnfogError } from '../error/index.ts'
import type { Expansion } from '../noise/index.ts'
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
  /** the token that ends a text of no given length, if the model may write one */
  readonly eosId?: number
  /** a released model shows its own rows, unshifted and with the logits of banned ids, as the code it came with does */
  readonly raw: boolean
  /** how masks stand for other than one word, where the model chooses how long a text is */
  readonly expansion?: Expansion
  /** ids that are never predicted */
  readonly banned: readonly number[]
  /** all other ids, ascending: what can stand in a text */
  readonly words: Int32Array
  /** tokens of a block, where texts are written in blocks: an end token then fills its block, so that no length of a
   * last block tells where the text ends */
  readonly block?: number
  /** tokens that a canvas has room for behind the prefix */
  readonly room: number
}

/** @param causal does the network see only to the left? A model's warm start does, whatever it becomes later. */
export function framing(config: ModelConfig, tokenizer: Tokenizer, causal: boolean): Framing {
  const { exactLength, special } = config.text
  const { blocks, context } = config.architecture
  const written = exactLength && (causal || blocks !== undefined)
  const expansion = causal ? undefined : expansionOf(config, tokenizer)
  const growth = Object.values(tokenizer.growth ?? {})
  const banned = [
    ...(config.noise.predictsMask ? [] : tokenizer.banned),
    ...(expansion ? [] : growth),
    ...halfKnownIds(config),
    // never inside a text, unless stopping must be learnt
    ...(exactLength && !written ? [tokenizer.special.eos] : []),
  ]
  const noWord = new Set([...banned, ...growth])
  return {
    tokenizer,
    prefix: prefixLength(config, tokenizer),
    shift: config.shift ? 1 : 0,
    block: blocks?.length,
    room: context - prefixLength(config, tokenizer),
    end: !exactLength ? 'none' : written ? 'written' : 'given',
    eosId: written ? tokenizer.special.eos : special?.eos,
    raw: special !== undefined,
    expansion,
    banned,
    words: Int32Array.from({ length: tokenizer.size }, (_, id) => id).filter(
      (id) => !noWord.has(id),
    ),
  }
}

/** Ids of what is half known of words, where they vanish piece by piece. */
const halfKnownIds = ({ noise: { pieces }, architecture: { vocabSize } }: ModelConfig): number[] =>
  pieces ? Array.from({ length: vocabSize - pieces.of }, (_, i) => pieces.of + i) : []

function expansionOf(config: ModelConfig, tokenizer: Tokenizer): Expansion | undefined {
  const { expands } = config.noise
  if (expands === undefined) return undefined
  if (!tokenizer.growth) {
    throw new UnfogError(
      'bad_model',
      'config.json has noise.expands, but tokenizer.json has no tokens <|expand|> and <|delete|>: the files are of two models',
    )
  }
  return { share: expands, most: longestText(config, tokenizer), ...tokenizer.growth }
}

/** Tokens of a text of so many with the end token that its writer has to write. */
export function endedLength(
  length: number,
  { end, block = 1, room }: Pick<Framing, 'end' | 'block' | 'room'>,
): number {
  if (end === 'none') return length
  return Math.max(length + 1, Math.min(room, Math.ceil((length + 1) / block) * block))
}

/** A text as the model writes it, with what ends it. */
export function ended(text: Int32Array, frame: Framing): Int32Array {
  const whole = new Int32Array(endedLength(text.length, frame)).fill(frame.tokenizer.special.eos)
  whole.set(text)
  return whole
}

/** A released model is given its text as it is. */
const prefixLength = ({ text }: ModelConfig, { labels }: Tokenizer): number =>
  text.special ? 0 : 1 + labels.length

/** Writes what stands before the text. @param labels an id per slot; "not said" without */
export function writePrefix(
  { tokenizer, prefix }: Framing,
  canvas: Int32Array,
  labels?: ArrayLike<number>,
): void {
  if (prefix === 0) return
  canvas[0] = tokenizer.special.bos
  tokenizer.labels.forEach(({ unknown }, slot) => {
    canvas[1 + slot] = labels?.[slot] ?? unknown
  })
}

/** Tokens of text on the longest canvas. Room for an end token is kept where texts have their own length, so that a
 * model and its autoregressive twin can be of one shape. */
export const longestText = (config: ModelConfig, tokenizer: Tokenizer): number =>
  config.architecture.context - prefixLength(config, tokenizer) - (config.text.exactLength ? 1 : 0)
