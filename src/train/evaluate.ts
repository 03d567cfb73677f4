// The loss on held-out text while training: a fixed set of texts, corrupted in the same fixed way every time, so that
// the curve moves only when the model does. One look at each text: an upper bound of -log p on average; of an
// autoregressive model -log p itself.
import type { ModelConfig } from '../model/config.ts'
import { framing, longestText } from '../model/framing.ts'
import { lookingAt } from '../model/looks.ts'
import type { Network } from '../model/network.ts'
import type { PricedQuery } from '../model/query.ts'
import { type Look, scattered } from '../noise/index.ts'
import { seeded, stream } from '../random/index.ts'
import type { Dataset, Tokenizer } from '../text/index.ts'

export interface HeldOutLoss {
  /** nats, mean over tokens of text */
  natsPerToken: number
  /** nats, mean over code points, what the length of an exact-length text costs included */
  natsPerChar: number
  /** nats, mean over texts, its length's price included */
  natsPerText: number
  /** is it -log p itself? */
  exact: boolean
  /** nats, mean over masked tokens, by the share of a text that is masked: equal parts of (0, 1]; null where no text
   * fell. Absent where words that are not masked cost something too */
  byMasked?: (number | null)[]
}

/** parts of (0, 1] by which masked words are told apart */
const parts = 10

interface Sample extends PricedQuery, Pick<Look, 'worth' | 'weights' | 'nats' | 'masked'> {
  labels: Int32Array
  /** tokens that are written */
  length: number
  characters: number
}

/** A text, and what is only read before it. */
interface HeldOutText {
  before: Int32Array
  text: Int32Array
}

/** The texts that the curve is measured on. @param tokens about how many */
function heldOutTexts(
  config: ModelConfig,
  tokenizer: Tokenizer,
  dataset: Dataset,
  tokens: number,
): HeldOutText[] {
  const length = longestText(config, tokenizer)
  const batches = dataset.heldOut.evaluation({ tokensPerBatch: 2 * length, length })
  // spread over everything held out, because texts come ordered by length
  const stride = Math.max(1, Math.floor(dataset.heldOut.tokens / tokens))
  const texts: HeldOutText[] = []
  for (let step = 0; step < batches.steps; step += stride) {
    const batch = batches.batch(step)
    for (let row = 0; row < batch.rows; row++) {
      const whole = batch.tokens.slice(row * batch.length, (row + 1) * batch.length)
      const given = batch.given[row]
      texts.push({ before: whole.subarray(0, given), text: whole.subarray(given) })
    }
  }
  return texts
}

/** What the shortest held-out answer answers; undefined where texts stand alone. */
export function heldOutQuestion({ heldOut }: Dataset): Int32Array | undefined {
  const { steps, batch } = heldOut.evaluation({ tokensPerBatch: 1, length: 1 })
  for (let step = 0; step < steps; step++) {
    const { given, tokens } = batch(step)
    if (given[0] > 0) return tokens.slice(0, given[0])
  }
  return undefined
}

/** @returns a function that measures a network on the same texts every time */
export function heldOutMeter(
  config: ModelConfig,
  tokenizer: Tokenizer,
  dataset: Dataset,
  { tokens, seed }: { tokens: number; seed: number },
): (network: Network) => Promise<HeldOutLoss> {
  const texts = heldOutTexts(config, tokenizer, dataset, tokens)
  const unsaid = Int32Array.from(tokenizer.labels, (label) => label.unknown)
  const random = seeded(seed)
  return async (network) => {
    const { words } = framing(config, tokenizer, network.causal)
    const world = { maskId: tokenizer.special.mask, words }
    const look = lookingAt(network, config, undefined, world)
    const samples: Sample[] = texts.map(({ before, text }, i) => {
      const characters = text.reduce((sum, id) => sum + tokenizer.characters[id], 0)
      const common = { labels: unsaid, before, length: text.length, characters }
      const clean = network.ended(text)
      const next = stream(random, 'mask', i)
      const { noisy, ...seen } = look(clean, scattered(0.5, i), next, before.length)
      return { ...common, targets: seen.rows.map((row) => clean[row]), ...seen, tokens: noisy }
    })
    let nats = 0
    let tokens = 0
    let characters = 0
    let lengths = 0
    const byMasked = Array.from({ length: parts }, () => ({ nats: 0, tokens: 0 }))
    for (let from = 0; from < samples.length; from += 16) {
      const part = samples.slice(from, from + 16)
      for (const [i, losses] of (await network.losses(part)).entries()) {
        const { length, rows, worth, weights, masked, nats: known = 0 } = part[i]
        const summed = losses.reduce((sum, loss) => sum + loss, 0)
        nats +=
          known +
          worth * (weights ? losses.reduce((sum, loss, r) => sum + weights[r] * loss, 0) : summed)
        if (masked !== undefined && !network.exact) {
          const share = byMasked[Math.min(parts, Math.ceil(masked * parts)) - 1]
          share.nats += summed
          share.tokens += rows.length
        }
        tokens += length
        characters += part[i].characters
        if (network.eosId === undefined && config.text.exactLength && !network.growth)
          lengths -= dataset.train.lengths?.logProb(length) ?? 0
      }
    }
    return {
      natsPerToken: nats / tokens,
      natsPerChar: (nats + lengths) / characters,
      natsPerText: (nats + lengths) / samples.length,
      exact: network.exact,
      ...(byMasked.some(({ tokens }) => tokens > 0)
        ? { byMasked: byMasked.map(({ nats, tokens }) => (tokens > 0 ? nats / tokens : null)) }
        : {}),
    }
  }
}
