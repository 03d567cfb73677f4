// A frame is one look at a text on its way from fog to crisp, and the only thing that leaves the loop: streams,
// pages, animations, log-probabilities and tests all read frames. A frame and its plan are enough to go on from it.

import type { Candidate } from './sample.ts'

/** What a position of the canvas is: given by the caller, still in the fog, or written by the model. */
export const states = { given: 0, fog: 1, settled: 2 } as const

/** How a position in the fog looks in a frame's `text`. */
export const fogSign = '░'

export interface Frame {
  /** steps done; 0 is the canvas before the first. A step that changed nothing has no frame */
  step: number
  /** the most steps there will be, where that is known */
  steps?: number
  /** forwards of the network spent on this text so far */
  forwards: number
  /** [L] token ids, the mask where there is fog; fog that is to become two masks has the id that says so */
  tokens: Int32Array
  /** [L] a value of `states` */
  state: Uint8Array
  /** [L] probability the model gave, at temperature 1: settled, to the token that stands there, when it was last asked;
   * fog, to its best guess when last asked (0 before); given, 1 */
  confidence: Float32Array
  /** [L] nats, of the same prediction: given, 0; fog that was never asked, log of the vocabulary's size */
  entropy: Float32Array
  /** [L] of the same prediction, where the plan asks for `candidates`: the most probable tokens, the surest first; none
   * where nobody has asked */
  candidates?: (readonly Candidate[])[]
  /** [L] where a canvas grows and shrinks: a number for each position that it keeps in all frames, wherever it stands. A
   * mask that becomes two makes two new ones */
  keys?: number[]
  /** [L × D] under noise on embeddings: the vectors of which `tokens` are the likeliest words, the slopes of their last
   * step, and what was predicted there, for a network that is shown that */
  vectors?: Float32Array
  slopes?: Float32Array
  recalled?: Float32Array
  /** positions that this step changed, ascending */
  changed: number[]
  /** the canvas as words, `fogSign` for each token in the fog, up to the end of the text */
  text: string
  seed: number
  /** set on the last frame */
  done?: 'complete' | 'abort'
}

/** A frame as JSON: the same names, plain arrays. */
export type FrameJSON = {
  [K in keyof Frame]: NonNullable<Frame[K]> extends Int32Array | Uint8Array | Float32Array
    ? number[]
    : Frame[K]
}

export function frameToJSON({ vectors, slopes, recalled, ...frame }: Frame): FrameJSON {
  return {
    ...frame,
    tokens: [...frame.tokens],
    state: [...frame.state],
    confidence: [...frame.confidence],
    entropy: [...frame.entropy],
    ...(vectors && { vectors: [...vectors] }),
    ...(slopes && { slopes: [...slopes] }),
    ...(recalled && { recalled: [...recalled] }),
  }
}

/** The inverse of frameToJSON, bit-exact. */
export function frameFromJSON({ vectors, slopes, recalled, ...json }: FrameJSON): Frame {
  return {
    ...json,
    tokens: Int32Array.from(json.tokens),
    state: Uint8Array.from(json.state),
    confidence: Float32Array.from(json.confidence),
    entropy: Float32Array.from(json.entropy),
    ...(vectors && { vectors: Float32Array.from(vectors) }),
    ...(slopes && { slopes: Float32Array.from(slopes) }),
    ...(recalled && { recalled: Float32Array.from(recalled) }),
  }
}
