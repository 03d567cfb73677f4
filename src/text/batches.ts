// What a trainer takes from a dataset. A batch is a pure function of data, seed and step: a run that was killed goes on
// with the batches it would have had.
import type { Encoded } from './encoded.ts'
import type { LengthHistogram } from './lengths.ts'

export interface Batch {
  /** [rows × length] */
  readonly tokens: Int32Array
  /** [rows × slots] label ids; dropping them at random is the trainer's */
  readonly labels: Int32Array
  /** [rows] how many tokens of each row, from its first, are only read */
  readonly given: Int32Array
  readonly rows: number
  readonly length: number
}

export interface Batches {
  /** batches of one pass over the data */
  readonly steps: number
  /** tokens of a batch, on average */
  readonly meanTokens: number
  /** @param step 0, 1, …; the pass is step / steps */
  batch(step: number): Batch
}

export interface BatchOptions {
  /** about how many tokens a batch holds; its rows follow */
  tokensPerBatch: number
  /** tokens of a window; texts on canvases of their own length do not ask */
  length: number
}

/** Training data or held-out data. */
export interface Part {
  readonly documents: number
  readonly tokens: number
  /** code points of what is learnt */
  readonly characters: number
  /** how long its texts are, where each has a canvas of its own length; what is only read is not counted */
  readonly lengths?: LengthHistogram
  /** tokens of the longest such canvas, with what is only read */
  readonly longest?: number
  /** Endless and shuffled by the seed.
   * @param options.longest most tokens of a row: windows are as short, and of texts with canvases of their own only
   * those come that are, or else the shortest */
  training(options: BatchOptions & { seed: number; longest?: number }): Batches
  /** In order, everything exactly once in steps 0 … steps-1. */
  evaluation(options: BatchOptions): Batches
}

/** A way to cut data into batches: a row of `forms`. */
export interface Form {
  /** one sentence for people */
  describe(encoded: Encoded, context: number): string
  /** Divides data into a part to learn from and a part held out.
   * @param context longest canvas, labels not counted
   * @throws UnfogError `bad_input` when there is too little of it */
  split(
    encoded: Encoded,
    options: { seed: number; context: number },
  ): { train: Part; heldOut: Part }
  /** All data as one part. */
  whole(encoded: Encoded, context: number): Part
}
