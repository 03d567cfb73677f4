// The network's answer for one position, as a policy sees it. The token is drawn when somebody looks: a policy that
// ranks positions by certainty draws only what it writes, and counter-based random numbers make the difference
// invisible.
import type { Prediction } from './policy.ts'
import type { Row } from './sample.ts'

export class Answer implements Prediction {
  readonly position: number
  readonly logits: Float32Array
  readonly #row: Row
  readonly #draw: (row: Row, stay: number) => number
  readonly earlier: Prediction['earlier']
  #token: number | undefined

  /** @param draw a token, or with probability `stay` the mask
   * @param earlier see `Prediction.earlier` */
  constructor(
    position: number,
    logits: Float32Array,
    row: Row,
    draw: (row: Row, stay: number) => number,
    earlier: Prediction['earlier'],
  ) {
    this.position = position
    this.logits = logits
    this.#row = row
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

  /** Of any token, at temperature 1. */
  probability(token: number): number {
    return Math.exp(this.logits[token] - this.#row.logSumExp)
  }
}
