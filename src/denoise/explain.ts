// How each word of a text came to stand there, read from the frames of its writing: when it was settled, by which
// forward, how sure the model was, what else was close, and what had stood there before. Nothing is asked again.
import type { Words } from './canvas.ts'
import { type Frame, states } from './frame.ts'
import { piecesOf } from './pieces.ts'
import type { Candidate } from './sample.ts'

/** A change of one position: a word came to stand there, or went back into the fog. */
export interface Moment {
  /** where it stood then: a canvas that grows moves it */
  readonly position: number
  /** the step that changed it, the first is 1 */
  readonly step: number
  /** the forward that paid for it, the first is 1 */
  readonly forward: number
  /** the word as it stood then; null where it went back into the fog */
  readonly text: string | null
  /** probability the model gave to the word, or of one that went back, when it was last asked about it */
  readonly confidence: number
  /** nats, of the same prediction */
  readonly entropy: number
  /** of the same prediction: the most probable words, the surest first, as many as `candidates` asked for */
  readonly candidates: readonly (Candidate & { readonly text: string })[]
}

export interface ExplainedWord {
  readonly position: number
  /** joined they are the text; null where there is still fog */
  readonly text: string | null
  /** was it given by the caller? Then it was never settled */
  readonly given: boolean
  /** what the model thinks of it now: as when it was settled, unless it was asked about since */
  readonly confidence: number
  /** how it came to stand there */
  readonly settled?: Moment
  /** what happened to its position before, in order */
  readonly before: readonly Moment[]
}

/** What a step changed.
 * @param frame one that shows a step; of the canvas before the first there is nothing to tell */
export function momentsOf(frame: Frame, words: Words): Moment[] {
  const { step, forwards: forward, confidence, entropy, candidates, changed } = frame
  const pieces = piecesOf(frame, words)
  return changed.map((position) => ({
    position,
    step,
    forward,
    text: pieces[position],
    confidence: confidence[position],
    entropy: entropy[position],
    candidates: (candidates?.[position] ?? []).map((one) => ({
      ...one,
      text: words.decode([one.token]),
    })),
  }))
}

/** What a position keeps wherever it stands. */
const keyIn = ({ keys }: Frame, position: number): number => keys?.[position] ?? position

/** Explains each word of the last frame.
 * @param frames of one text, in order, from the canvas on */
export function explain(frames: readonly Frame[], words: Words): ExplainedWord[] {
  const last = frames[frames.length - 1]
  if (!last) return []
  const moments = frames.flatMap((frame) =>
    momentsOf(frame, words).map((moment) => ({ key: keyIn(frame, moment.position), moment })),
  )
  return piecesOf(last, words).map((text, position) => {
    const key = keyIn(last, position)
    const own = moments.filter((one) => one.key === key).map(({ moment }) => moment)
    const settled = last.state[position] === states.settled ? own.pop() : undefined
    return {
      position,
      text,
      given: last.state[position] === states.given,
      confidence: last.confidence[position],
      settled,
      before: own,
    }
  })
}
