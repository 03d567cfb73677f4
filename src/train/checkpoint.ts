// A checkpoint: the flat buffers and where the run stands, in one safetensors file that carries the hash of every
// tensor. It is replaced as a whole; a run killed at any moment goes on from the last one, bit for bit.
import { UnfogError } from '../error/index.ts'
import { openSafetensors, writeSafetensors } from '../model/safetensors.ts'
import type { Store } from '../store/index.ts'
import { type Moments, momentNames } from './adamw.ts'

export interface Progress {
  /** steps done */
  step: number
  /** tokens of text seen */
  tokens: number
  /** seconds of training, over all resumes */
  seconds: number
  /** bytes of metrics.jsonl at that moment: what a killed run wrote after it is cut off */
  metrics: number
}

export const checkpointFile = 'checkpoint.safetensors'

export interface Buffers extends Moments {
  parameters: Float32Array
}

const names = ['parameters', ...momentNames] as const

/** @throws UnfogError `disk_full`, `io`; the old checkpoint is then intact */
export async function saveCheckpoint(
  store: Store,
  buffers: Buffers,
  progress: Progress,
): Promise<void> {
  const tensors = names.map((name) => ({
    name,
    dtype: 'F32' as const,
    shape: [buffers[name].length],
    data: buffers[name],
  }))
  await store.write(
    checkpointFile,
    await writeSafetensors(tensors, { progress: JSON.stringify(progress) }),
  )
}

/** Where the checkpoint stands; undefined when there is none.
 * @throws UnfogError `bad_run` when it is damaged */
export async function checkpointProgress(store: Store): Promise<Progress | undefined> {
  if (!(await store.stat(checkpointFile))) return undefined
  return guarded(store, async () => {
    const { metadata } = await openSafetensors(store, checkpointFile)
    return JSON.parse(metadata.progress) as Progress
  })
}

/** Fills the buffers.
 * @throws UnfogError `bad_run` when the checkpoint is damaged or of another run */
export const loadCheckpoint = (store: Store, buffers: Buffers): Promise<void> =>
  guarded(store, async () => {
    const file = await openSafetensors(store, checkpointFile)
    for (const name of names) {
      const { data } = await file.tensor(name)
      if (data.length !== buffers[name].length) throw new Error(`${name} has another size`)
      buffers[name].set(data as Float32Array)
    }
  })

async function guarded<T>(store: Store, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new UnfogError(
      'bad_run',
      `the checkpoint of ${store.name} is damaged (${(cause as Error).message}): remove ${checkpointFile} to start this run again`,
      { param: store.name, cause },
    )
  }
}
