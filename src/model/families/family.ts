// What a released architecture differs in: how its config.json reads, and under which names its file holds the
// parameters of our Transformer. Everything else (shards, number types, checks, the network) is shared.
import type { TransformerConfig } from '../../nn/index.ts'
import type { SpecialText } from '../config.ts'
import type { ConfigFields } from './config-fields.ts'

/** One of our parameters as a released file holds it: pieces that lie side by side along our last axis. */
export interface Stored {
  readonly pieces: readonly { readonly name: string; readonly shape: readonly number[] }[]
  /** are the pieces [out, in], as PyTorch's linear layers are, while ours are [in, out]? */
  readonly transposed: boolean
}

export interface Release {
  readonly architecture: TransformerConfig
  /** does row i - 1 predict position i? */
  readonly shift: boolean
  /** may the network give probability to the mask, and does its loss count that share? SUBS (arXiv 2406.07524) else */
  readonly predictsMask: boolean
  readonly special: SpecialText
  /** Every parameter of the architecture, by our name. Asked once its sizes are known to be within bounds. */
  tensors(): Readonly<Record<string, Stored>>
  /** tensors that may lie in the file and hold nothing learnt */
  readonly ignored: readonly string[]
}

export interface Family {
  /** as people call it */
  readonly name: string
  readonly source: string
  /** what `model_type` in config.json may be */
  readonly modelTypes: readonly string[]
  /** @throws UnfogError `bad_model` for a config that our Transformer cannot be */
  read(config: ConfigFields): Release
}

/** A parameter that lies in the file as it is here. */
export const same = (name: string, ...shape: number[]): Stored => ({
  pieces: [{ name, shape }],
  transposed: false,
})

/** The weight of a linear layer, or of several side by side, each with its outputs. */
export const weight = (
  from: number,
  ...layers: readonly (readonly [string, number])[]
): Stored => ({
  pieces: layers.map(([name, to]) => ({ name: `${name}.weight`, shape: [to, from] })),
  transposed: true,
})

/** The bias of the same. */
export const bias = (...layers: readonly (readonly [string, number])[]): Stored => ({
  pieces: layers.map(([name, to]) => ({ name: `${name}.bias`, shape: [to] })),
  transposed: false,
})

/** Parameters of all blocks. */
export function blocks(
  { layers }: TransformerConfig,
  parametersOf: (block: number) => Record<string, Stored>,
): Record<string, Stored> {
  const all: Record<string, Stored> = {}
  for (let block = 0; block < layers; block++) {
    for (const [name, stored] of Object.entries(parametersOf(block)))
      all[`block.${block}.${name}`] = stored
  }
  return all
}
