// The network's answer for one position, as a policy sees it. The token is drawn when somebody looks: a policy that
// ranks positions by certainty draws only what it writes, and counter-based random numbers make the difference
// invisible.
import type { Prediction } from './policy.ts'
import { type Candidate, mostProbable, type Row, readRow } from './sample.ts'

export class Answer implements Prediction {
  readonly position: number
  readonly logits: Float32Array
  readonly #banned: Uint8Array
  readonly #row: Row
  readonly #draw: (row: Row, stay: number) => number
  readonly earlier: Prediction['earlier']
  #token: number | undefined

  /** @param banned [V], 1 where the id must not be written
   * @param draw a token, or with probability `stay` the mask
   * @param earlier see `Prediction.earlier` */
  constructor(
    position: number,
    logits: Float32Array,
    banned: Uint8Array,
    draw: (row: Row, stay: number) => number,
    earlier: Prediction['earlier'],
  ) {
    this.position = position
    this.logits = logits
    this.#banned = banned
    this.#row = readRow(logits, banned)
    this.#draw = draw
    this.earlier = earlier
  }

  get top(): number {
    return this.#row.top
  }

  get entropy(): number {
    return this.#row.entropy
  }

  get best(): number {
    return this.#row.best
  }

  tokenOrMask(stay: number): number {
    return this.#draw(this.#row, stay)
  }

  get token(): number {
    this.#token ??= this.#draw(this.#row, 0)
    return this.#token
  }

  get confidence(): number {
    return this.probability(this.token)
  }

  mostProbable(count: number): Candidate[] {
    return mostProbable(this.logits, this.#banned, count, this.#row)
  }

  /** Of any token, at temperature 1. */
  probability(token: number): number {
    return Math.exp(this.logits[token] - this.#row.logSumExp)
  }
}
