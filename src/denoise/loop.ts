// The one loop in which text is made: ask the network about the drafts still in the fog, let each draft's policy
// write, show a frame. Streaming, pages, the terminal and tests read these frames; nothing else writes text.
import type { Draw, Random } from '../random/index.ts'
import { Batcher } from './batcher.ts'
import type { Canvas } from './canvas.ts'
import type { Denoiser } from './denoiser.ts'
import { Draft } from './draft.ts'
import type { Frame } from './frame.ts'
import type { Plan } from './plan.ts'

/** One text of a batch. */
export interface Task {
  /** a canvas, or a frame of the same plan to go on from */
  from: Canvas | Frame
  plan: Plan
  /** stops this text alone */
  signal?: AbortSignal
}

export interface LoopOptions {
  /** stops within one step; the last frame then says `abort` */
  signal?: AbortSignal
  /** token ids to text; without it frames have no text */
  decode?: (ids: ArrayLike<number>) => string
  /** the random numbers of a seed; replaced to replay recorded draws */
  random?: (seed: number) => Random
  /** how tokens are drawn from their probabilities; replaced with `random` */
  draw?: Draw
}

/** Writes one text. The first frame shows the canvas as it is, each further one a step that changed it. */
export async function* denoise(
  network: Denoiser | Batcher,
  from: Canvas | Frame,
  plan: Plan,
  options: LoopOptions = {},
): AsyncGenerator<Frame, void, undefined> {
  for await (const { frame } of denoiseBatch(network, [{ from, plan }], options)) yield frame
}

/** Writes several texts, one forward per step for all that are still in the fog. Each has its own canvas, plan and
 * end, and is bitwise the text it would be alone.
 * @param network a batcher shares its forwards with whoever else writes by it
 * @returns frames with the index of their task
 * @throws UnfogError `overloaded` before the first frame, when the batcher takes no more */
export async function* denoiseBatch(
  network: Denoiser | Batcher,
  tasks: readonly Task[],
  { signal, decode = () => '', random, draw }: LoopOptions = {},
): AsyncGenerator<{ task: number; frame: Frame }, void, undefined> {
  const batcher = network instanceof Batcher ? network : new Batcher(network)
  const aborted = (task: number) => signal?.aborted || tasks[task].signal?.aborted
  let active = tasks.map(({ from, plan }, task) => ({
    task,
    draft: new Draft(batcher.denoiser, from, plan, random, draw),
  }))
  const member = batcher.join(active.map(({ draft }) => draft))
  try {
    for (const { task, draft } of active) yield { task, frame: draft.frame(decode) }
    for (;;) {
      active = active.filter(({ draft }) => !draft.done)
      for (const { task, draft } of active) {
        if (!aborted(task)) continue
        draft.abort()
        yield { task, frame: draft.frame(decode) }
      }
      active = active.filter(({ draft }) => !draft.done)
      if (active.length === 0) return
      const moved = await member.step(
        active.map(({ draft }) => draft),
        () => active.some(({ task }) => aborted(task)),
      )
      for (const { task, draft } of active) {
        if (moved.has(draft) && (draft.changed.length > 0 || draft.done))
          yield { task, frame: draft.frame(decode) }
      }
    }
  } finally {
    member.leave()
  }
}
