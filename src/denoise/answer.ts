// The network's answer for one position, as a policy sees it. The token is drawn when somebody looks: a policy that
// ranks positions by certainty draws only what it writes, and counter-based random numbers make the difference
// invisible.
import { probabilityOf } from './certainty.ts'
import type { Prediction } from './policy.ts'
import { type Candidate, mostProbable } from './sample.ts'
import type { Known } from './summaries.ts'

export class Answer implements Prediction {
  readonly position: number
  readonly #known: Known
  readonly #banned: Uint8Array
  readonly #draw: (stay: number) => number
  readonly earlier: Prediction['earlier']
  #token: number | undefined
  #logits: Float32Array | undefined

  /** @param banned [V], 1 where the id must not be written
   * @param draw a token, or with probability `stay` the mask
   * @param earlier see `Prediction.earlier` */
  constructor(
    position: number,
    known: Known,
    banned: Uint8Array,
    draw: (stay: number) => number,
    earlier: Prediction['earlier'],
  ) {
    this.position = position
    this.#known = known
    this.#banned = banned
    this.#draw = draw
    this.earlier = earlier
  }

  get logits(): Float32Array {
    this.#logits ??= this.#known.logits()
    return this.#logits
  }

  get top(): number {
    return this.#known.row.top
  }

  get entropy(): number {
    return this.#known.row.entropy
  }

  get best(): number {
    return this.#known.row.best
  }

  tokenOrMask(stay: number): number {
    return this.#draw(stay)
  }

  get token(): number {
    this.#token ??= this.#draw(0)
    return this.#token
  }

  get confidence(): number {
    return this.probability(this.token)
  }

  get certainty(): number {
    const { row, banned } = this.#known
    if (banned === undefined) return probabilityOf(this.token, this.logits)
    // the others share 1/top among them, as the surest one counts it
    const all = 1 / row.top + banned
    return Math.exp(this.logits[this.token] - this.logits[row.best]) / all
  }

  mostProbable(count: number): Candidate[] {
    return mostProbable(this.logits, this.#banned, count, this.#known.row)
  }

  /** Of any token, at temperature 1. */
  probability(token: number): number {
    return Math.exp(this.logits[token] - this.#known.row.logSumExp)
  }
}
