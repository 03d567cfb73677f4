// What scoring needs of a network, and nothing more: the cost of asked rows. Shifted heads, label prefixes, devices and
// precision stay behind it; a table in a test implements it in five lines.
import type { Look } from '../noise/index.ts'

export interface ScoreItem {
  /** what the network sees: the text, `maskId` where there is fog */
  tokens: Int32Array
  /** positions that are asked, ascending */
  rows: Int32Array
  /** [rows.length] the true tokens there */
  targets: Int32Array
  /** [rows.length] what the nats of each count for; 1 without */
  weights?: Float64Array
  /** the noise time of a look */
  time?: number
  /** see `Look.draws` */
  draws?: Float64Array
  /** label ids in front of the text, if the model has labels */
  labels?: Int32Array
}

export interface Scorer {
  /** name of the noise the model was trained on */
  readonly noise: string
  /** block length: 1 for an autoregressive model, the context for full diffusion */
  readonly block: number
  /** true: a row sees only what is to its left, so that one forward gives -log p itself */
  readonly causal: boolean
  /** of the chain that the bound is of (`inSteps`), for each block one; without, of continuous time */
  readonly steps?: number
  /** longest text */
  readonly context: number
  /** a noisy look at a text, see `Noise.look` */
  look(text: Int32Array, u: number, next: () => number): Look
  /** What every asked row costs, in nats, per item; of a model of blocks with the true text before each block. An item's
   * numbers do not depend on its batch. */
  losses(items: readonly ScoreItem[]): Promise<ArrayLike<number>[]>
}

/** Texts short enough for the network. Longer documents are cut into windows of about equal length, without overlap,
 * each paid on its own: no window sees the one before it, which costs a little and favours nobody. */
export interface Window {
  document: number
  tokens: Int32Array
  labels?: Int32Array
}

export function windowsOf(
  documents: readonly { tokens: Int32Array; labels?: Int32Array }[],
  context: number,
): Window[] {
  return documents.flatMap(({ tokens, labels }, document) => {
    const parts = Math.ceil(tokens.length / context)
    return Array.from({ length: parts }, (_, i) => ({
      document,
      labels,
      tokens: tokens.subarray(
        Math.floor((i * tokens.length) / parts),
        Math.floor(((i + 1) * tokens.length) / parts),
      ),
    }))
  })
}
