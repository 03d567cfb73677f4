// Places at the model: a few texts are written at once, a few more wait, and whoever comes then is told to come back.
// Texts written together share the processor, so more places would only make everybody wait longer.
import { UnfogError } from '../error/index.ts'

/** One text's place, held until `leave`. */
export interface Place {
  /** how many wait in front, itself included; 0 for one whose turn it is */
  readonly ahead: number
  /** resolves when it is its turn; never, if it leaves before */
  readonly turn: Promise<void>
  leave(): void
}

interface Waiting {
  begin(): void
}

export class Places {
  readonly #atOnce: number
  readonly #mayWait: number
  #busy = 0
  readonly #line: Waiting[] = []

  /** @param atOnce texts written at the same time  @param mayWait texts that wait for one of them to end */
  constructor({ atOnce, mayWait }: { atOnce: number; mayWait: number }) {
    this.#atOnce = atOnce
    this.#mayWait = mayWait
  }

  /** texts being written, and texts waiting */
  get taken(): { busy: number; waiting: number } {
    return { busy: this.#busy, waiting: this.#line.length }
  }

  /** @throws UnfogError `overloaded` when all may write or wait that can */
  take(): Place {
    if (this.#busy < this.#atOnce) {
      this.#busy++
      return { ahead: 0, turn: Promise.resolve(), leave: once(() => this.#next()) }
    }
    if (this.#line.length >= this.#mayWait) {
      throw new UnfogError(
        'overloaded',
        `${this.#atOnce} texts are being written and ${this.#mayWait} more are waiting: try again in a few seconds`,
      )
    }
    return this.#wait()
  }

  #wait(): Place {
    const { promise, resolve } = deferred()
    const waiting: Waiting = { begin: resolve }
    this.#line.push(waiting)
    const leave = once(() => {
      const at = this.#line.indexOf(waiting)
      if (at >= 0) this.#line.splice(at, 1)
      else this.#next()
    })
    return { ahead: this.#line.length, turn: promise, leave }
  }

  /** Somebody has finished: the first in line begins in the place that is now free. */
  #next(): void {
    const next = this.#line.shift()
    if (next) next.begin()
    else this.#busy--
  }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (!done) action()
    done = true
  }
}

/** A promise and what resolves it (Node 20 has no Promise.withResolvers). */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
