// Texts that come out of the fog while a model learns from them, as they do when it writes: after a step the words that it
// is surest of are lifted, with what truly stands there (Kim et al., arXiv 2602.10314). So it learns about the fog that it
// meets when it writes and not about any fog, of which there is exponentially more. The order costs nothing: learning
// makes the predictions anyway.
// A chain is one batch on its way. Its texts begin at levels of noise that are spread evenly, hidden at random; whichever
// has come out is hidden whole and comes out again, this time in the model's own order alone.
import type { Framing } from '../model/framing.ts'
import { spread } from '../noise/index.ts'
import type { Random } from '../random/index.ts'
import type { Batch } from '../text/index.ts'
import { type Standing, withEnds, writableEnd } from './corrupt.ts'

interface Text {
  readonly clean: Int32Array
  /** as it stands now */
  readonly noisy: Int32Array
  /** what can be hidden: from here to there */
  readonly from: number
  readonly to: number
}

export class Chain {
  readonly batch: Batch
  private readonly texts: readonly Text[]
  private readonly length: number
  private readonly framing: Framing
  private readonly steps: number
  private readonly first: number

  /** @param steps from all fog to none, and as many it is learnt from  @param first of them in the run */
  constructor(batch: Batch, framing: Framing, steps: number, random: Random, first: number) {
    const { tokens, length } = withEnds(batch, framing)
    this.batch = batch
    this.framing = framing
    this.length = length
    this.steps = steps
    this.first = first
    const levels = spread(random.uniform(first, 0, 'time'), batch.rows)
    const to = writableEnd(length, framing)
    this.texts = Array.from(levels, (level, b) => {
      const clean = tokens.subarray(b * length, (b + 1) * length)
      const text = { clean, noisy: clean.slice(), from: batch.given[b], to }
      for (let i = text.from; i < to; i++)
        if (random.uniform(first, b * length + i, 'mask') < level) this.hide(text, i)
      return text
    })
  }

  /** Is a step of the run one of its own? */
  lasts(step: number): boolean {
    return step - this.first < this.steps
  }

  /** A text as it stands. */
  at: Standing = (b) => {
    const { noisy, from, to } = this.texts[b]
    const { mask } = this.framing.tokenizer.special
    const hidden = noisy.reduce((sum, token) => sum + (token === mask ? 1 : 0), 0)
    return { noisy, hidden: hidden / (to - from) }
  }

  /** Lifts what is surest in each text, and hides again what has come out.
   * @param places [R] where in the canvases of the batch the predicted words stand
   * @param doubt [R] the less, the surer */
  advance(places: ArrayLike<number>, doubt: ArrayLike<number>): void {
    const { prefix } = this.framing
    const fog = this.texts.map((): { position: number; doubt: number }[] => [])
    for (let r = 0; r < places.length; r++) {
      const [text, place] = split(places[r], prefix + this.length)
      fog[text].push({ position: place - prefix, doubt: doubt[r] })
    }
    fog.forEach((hidden, b) => {
      const text = this.texts[b]
      const share = Math.ceil((text.to - text.from) / this.steps)
      hidden.sort((one, other) => one.doubt - other.doubt || one.position - other.position)
      for (const { position } of hidden.slice(0, share)) text.noisy[position] = text.clean[position]
      if (hidden.length <= share) for (let i = text.from; i < text.to; i++) this.hide(text, i)
    })
  }

  private hide({ noisy }: Text, position: number): void {
    noisy[position] = this.framing.tokenizer.special.mask
  }
}

const split = (value: number, by: number): [number, number] => [Math.floor(value / by), value % by]
