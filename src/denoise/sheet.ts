// What stands at every position of a text, and what was last said of it: arrays of one length, which change together.
import type { Answer } from './answer.ts'
import type { Canvas } from './canvas.ts'
import type { Denoiser } from './denoiser.ts'
import { type Frame, fogSign, states } from './frame.ts'
import { type Grown, keyOf, passOf } from './growth.ts'
import type { Plan } from './plan.ts'
import type { Candidate } from './sample.ts'

export class Sheet {
  tokens: Int32Array
  state: Uint8Array
  confidence: Float32Array
  entropy: Float32Array
  /** where the plan asks for some */
  candidates: (readonly Candidate[])[] | undefined
  /** see `Frame.keys`; of a canvas that grows */
  keys: number[] | undefined
  /** nats of a position that nobody has asked about */
  readonly #ignorance: number

  /** @param from a canvas, or a frame to go on from */
  constructor(
    from: Canvas | Frame,
    { vocabSize, growth }: Pick<Denoiser, 'vocabSize' | 'growth'>,
    plan: Pick<Plan, 'candidates'>,
  ) {
    const known: Partial<Frame> = 'step' in from ? from : {}
    const unasked = (given: number, fog: number) =>
      Float32Array.from(from.state, (state) => (state === states.given ? given : fog))
    this.#ignorance = Math.log(vocabSize)
    this.tokens = from.tokens.slice()
    this.state = from.state.slice()
    this.confidence = known.confidence?.slice() ?? unasked(1, 0)
    this.entropy = known.entropy?.slice() ?? unasked(0, this.#ignorance)
    if (plan.candidates > 0)
      this.candidates = known.candidates?.slice() ?? Array.from(from.tokens, () => [])
    if (growth)
      this.keys =
        known.keys?.slice() ?? Array.from(from.tokens, (_, position) => keyOf(0, position))
  }

  get length(): number {
    return this.tokens.length
  }

  /** the step with which its pass began, 0 where it does not grow */
  get pass(): number {
    return this.keys ? passOf(this.keys) : 0
  }

  /** What the network says of a position as it stands.
   * @param count of candidates */
  judge(position: number, answer: Answer, count: number): void {
    const fog = this.state[position] === states.fog
    this.confidence[position] = fog ? answer.top : answer.probability(this.tokens[position])
    this.entropy[position] = answer.entropy
    if (this.candidates) this.candidates[position] = answer.mostProbable(count)
  }

  /** @param answer that led to it, where it is a word
   * @returns is it another than before? */
  write(position: number, token: number, state: number, answer: Answer | undefined): boolean {
    const changes = this.tokens[position] !== token || this.state[position] !== state
    this.tokens[position] = token
    this.state[position] = state
    if (answer) {
      this.confidence[position] = answer.probability(token)
      this.entropy[position] = answer.entropy
    }
    return changes
  }

  /** Another canvas, in which what was there has moved. @param step with which it comes */
  become({ tokens, state, origins }: Grown, step: number): void {
    const moved = <T>(known: ArrayLike<T>, fresh: (position: number) => T): T[] =>
      Array.from(origins, (origin, position) => (origin < 0 ? fresh(position) : known[origin]))
    this.tokens = tokens
    this.state = state
    this.confidence = Float32Array.from(moved(this.confidence, () => 0))
    this.entropy = Float32Array.from(moved(this.entropy, () => this.#ignorance))
    this.candidates = this.candidates && moved(this.candidates, () => [])
    this.keys = this.keys && moved(this.keys, (position) => keyOf(step, position))
  }

  /** Drops what lies behind a length. */
  cut(length: number): void {
    this.tokens = this.tokens.slice(0, length)
    this.state = this.state.slice(0, length)
    this.confidence = this.confidence.slice(0, length)
    this.entropy = this.entropy.slice(0, length)
    this.candidates = this.candidates?.slice(0, length)
  }

  copy(): Pick<Frame, 'tokens' | 'state' | 'confidence' | 'entropy' | 'candidates' | 'keys'> {
    return {
      tokens: this.tokens.slice(),
      state: this.state.slice(),
      confidence: this.confidence.slice(),
      entropy: this.entropy.slice(),
      ...(this.candidates && { candidates: this.candidates.slice() }),
      ...(this.keys && { keys: this.keys.slice() }),
    }
  }

  /** Runs of known tokens as words, a sign for each token in the fog.
   * @param end where the text ends, -1 for nowhere  @param decode token ids to text */
  text(end: number, decode: (ids: ArrayLike<number>) => string): string {
    const length = end < 0 ? this.length : end
    let text = ''
    let from = 0
    for (let i = 0; i <= length; i++) {
      const fog = i < length && this.state[i] === states.fog
      if (i < length && !fog) continue
      if (i > from) text += decode(this.tokens.subarray(from, i))
      if (fog) text += fogSign
      from = i + 1
    }
    return text
  }
}
