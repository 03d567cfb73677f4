// Canvases that share forwards. They join and leave between steps, and each is bitwise the text it would be alone. A
// step moves the canvases that came first, as many as fit: nobody is overtaken, so nobody starves, and memory is
// bounded by what moves at once. Readers set the pace: a canvas whose reader has not come back for its next frame is
// not computed, and keeps nobody waiting longer than a turn of the event loop.
import { UnfogError } from '../error/index.ts'
import type { Denoiser } from './denoiser.ts'
import type { Draft } from './draft.ts'

export interface BatchLimits {
  /** most canvases that move in one step */
  readonly canvases: number
  /** most tokens that move in one step, what stands before a canvas and guidance's second question included; a canvas
   * that is larger by itself moves alone */
  readonly tokens: number
  /** most canvases that may wait for others to end; who comes then is refused */
  readonly waiting: number
}

/** Drafts that one reader reads together. */
export interface Member {
  /** Waits for a step that moves some of these drafts, none of which may be done.
   * @param stopped is one of them not wanted any more? Then it waits no longer, though none may have moved
   * @returns those that moved
   * @throws what the network or a policy threw; drafts of others go on */
  step(drafts: readonly Draft[], stopped: () => boolean): Promise<ReadonlySet<Draft>>
  /** Nothing is remembered of it afterwards. */
  leave(): void
}

interface Question {
  readonly drafts: readonly Draft[]
  stopped(): boolean
  resolve(moved: ReadonlySet<Draft>): void
  reject(error: unknown): void
}

interface Reader {
  readonly drafts: readonly Draft[]
  asking?: Question
  /** it was waited for in vain, and is not waited for again before it asks */
  away: boolean
}

const boundless: BatchLimits = {
  canvases: Number.POSITIVE_INFINITY,
  tokens: Number.POSITIVE_INFINITY,
  waiting: Number.POSITIVE_INFINITY,
}

export class Batcher {
  readonly denoiser: Denoiser
  readonly #limits: BatchLimits
  /** in the order in which they came */
  readonly #readers = new Set<Reader>()
  #running = false
  #gathering: ReturnType<typeof setTimeout> | undefined

  /** @param limits none where not given */
  constructor(denoiser: Denoiser, limits: Partial<BatchLimits> = {}) {
    this.denoiser = denoiser
    this.#limits = { ...boundless, ...limits }
  }

  /** Unfinished canvases: those that fit into a step, and those that wait for them to end. */
  get load(): { busy: number; waiting: number } {
    return this.#loadOf([...this.#readers].flatMap(unfinished))
  }

  /** @throws UnfogError `overloaded` when more would wait than may */
  join(drafts: readonly Draft[]): Member {
    const before = [...this.#readers].flatMap(unfinished)
    const { busy, waiting } = this.#loadOf([...before, ...drafts.filter(({ done }) => !done)])
    if (waiting > this.#limits.waiting) {
      throw new UnfogError(
        'overloaded',
        `${busy} texts are being written and ${this.#limits.waiting} more may wait: try again in a few seconds`,
      )
    }
    const reader: Reader = { drafts, away: false }
    this.#readers.add(reader)
    return {
      step: (asked, stopped) =>
        new Promise((resolve, reject) => {
          reader.asking = { drafts: asked, stopped, resolve, reject }
          reader.away = false
          this.#next()
        }),
      leave: () => {
        this.#readers.delete(reader)
        this.#next()
      },
    }
  }

  /** Begins a step, unless one is under way, nobody asks, or somebody may be about to. */
  #next(): void {
    if (this.#running) return
    const readers = [...this.#readers]
    for (const reader of readers) {
      if (reader.asking?.stopped()) answer(reader, (question) => question.resolve(new Set()))
    }
    if (!readers.some(({ asking }) => asking)) return
    if (readers.every(({ asking, away }) => asking || away)) void this.#run()
    else this.#gather()
  }

  /** One turn of the event loop for readers to come back from the last step's frames. */
  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      for (const reader of this.#readers) reader.away = !reader.asking
      this.#next()
    })
  }

  async #run(): Promise<void> {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#running = true
    const asking = [...this.#readers].flatMap((reader) => reader.asking?.drafts ?? [])
    const turn = asking.slice(0, fitting(asking, this.#limits))
    const failures = await advance(this.denoiser, turn)
    this.#running = false
    const moving = new Set(turn)
    for (const reader of this.#readers) {
      const moved = new Set(reader.asking?.drafts.filter((draft) => moving.has(draft)))
      const failed = [...moved].find((draft) => failures.has(draft))
      if (failed) answer(reader, (question) => question.reject(failures.get(failed)))
      else if (moved.size > 0) answer(reader, (question) => question.resolve(moved))
    }
    this.#next()
  }

  #loadOf(drafts: readonly Draft[]): { busy: number; waiting: number } {
    const busy = fitting(drafts, this.#limits)
    return { busy, waiting: drafts.length - busy }
  }
}

const unfinished = ({ drafts }: Reader): Draft[] => drafts.filter(({ done }) => !done)

/** How many of the first drafts fit into one step. No later one is taken in place of one that does not fit, or a long
 * canvas would wait for ever. */
function fitting(drafts: readonly Draft[], { canvases, tokens }: BatchLimits): number {
  let sum = 0
  const beyond = drafts.findIndex((draft, i) => {
    sum += draft.size
    return i > 0 && (i >= canvases || sum > tokens)
  })
  return beyond < 0 ? drafts.length : beyond
}

function answer(reader: Reader, give: (question: Question) => void): void {
  const question = reader.asking
  reader.asking = undefined
  if (question) give(question)
}

/** One step of every draft. What fails in one does not touch the others; where the network fails, all have.
 * @returns what was thrown, by draft */
async function advance(
  denoiser: Denoiser,
  drafts: readonly Draft[],
): Promise<ReadonlyMap<Draft, unknown>> {
  const failures = new Map<Draft, unknown>()
  const attempt = <T>(draft: Draft, work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      failures.set(draft, error)
      return undefined
    }
  }
  const asks = drafts.map((draft) => attempt(draft, () => draft.ask()) ?? [])
  const asked = asks.flat()
  if (asked.length === 0) return failures
  try {
    const logits = await denoiser.logits(asked)
    let at = 0
    for (const [i, draft] of drafts.entries()) {
      const answers = logits.slice(at, at + asks[i].length)
      at += asks[i].length
      if (!failures.has(draft)) attempt(draft, () => draft.take(answers))
    }
  } catch (error) {
    for (const draft of drafts) if (!failures.has(draft)) failures.set(draft, error)
  }
  return failures
}
