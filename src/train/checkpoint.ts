// A checkpoint: the flat buffers and where the run stands, in one safetensors file that carries the hash of either. It
// is replaced as a whole; a run killed at any moment goes on from the last one, bit for bit.
import { UnfogError } from '../error/index.ts'
import { openSafetensors, sha256, writeSafetensors } from '../model/safetensors.ts'
import type { Store } from '../store/index.ts'
import { calm, type LossWatch } from './divergence.ts'
import type { Recovery } from './metrics.ts'
import { type Buffers, bufferNames } from './optimiser.ts'

/** Where the best weights of the present phase are from: its best measurement, or its beginning. */
export interface Best {
  step: number
  tokens: number
  /** bytes of metrics.jsonl when they were measured */
  metrics: number
  /** nats per token and per character on held-out text; absent at the beginning of a phase */
  heldOut?: number
  heldOutPerChar?: number
}

export interface Progress {
  /** steps done */
  step: number
  /** tokens of text seen */
  tokens: number
  /** seconds of training, over all resumes */
  seconds: number
  /** bytes of metrics.jsonl at that moment: what a killed run wrote after it is cut off */
  metrics: number
  best: Best
  watch: LossWatch
  /** every time it went back; each halved the learning rate */
  recoveries: readonly Recovery[]
}

/** Before the first step. */
export const beginning: Progress = {
  step: 0,
  tokens: 0,
  seconds: 0,
  metrics: 0,
  best: { step: 0, tokens: 0, metrics: 0 },
  watch: calm(),
  recoveries: [],
}

/** The present weights as the point that a run would go back to. */
export const here = ({ step, tokens, metrics }: Best): Best => ({ step, tokens, metrics })

export const checkpointFile = 'checkpoint.safetensors'

const hashOf = (text: string): Promise<string> => sha256(new TextEncoder().encode(text))

/** @throws UnfogError `disk_full`, `io`; the old checkpoint is then intact */
export async function saveCheckpoint(
  store: Store,
  buffers: Buffers,
  progress: Progress,
): Promise<void> {
  const tensors = bufferNames.map((name) => ({
    name,
    dtype: 'F32' as const,
    shape: [buffers[name].length],
    data: buffers[name],
  }))
  const said = JSON.stringify(progress)
  const metadata = { progress: said, progressHash: await hashOf(said) }
  await store.write(checkpointFile, await writeSafetensors(tensors, metadata))
}

/** Where the checkpoint stands; undefined when there is none.
 * @throws UnfogError `bad_run` when it is damaged */
export async function checkpointProgress(store: Store): Promise<Progress | undefined> {
  if (!(await store.stat(checkpointFile))) return undefined
  return guarded(store, async () => {
    const { metadata } = await openSafetensors(store, checkpointFile)
    const { progress, progressHash } = metadata
    // checkpoints of earlier versions have no such hash
    if (progressHash !== undefined && progressHash !== (await hashOf(progress))) {
      throw new Error('how far it is has changed since it was saved')
    }
    const found = JSON.parse(progress) as Best & Partial<Progress>
    // checkpoints of earlier versions say less
    return { ...beginning, best: here(found), ...found }
  })
}

/** Fills the buffers.
 * @throws UnfogError `bad_run` when the checkpoint is damaged or of another run */
export const loadCheckpoint = (store: Store, buffers: Buffers): Promise<void> =>
  guarded(store, async () => {
    const file = await openSafetensors(store, checkpointFile)
    // checkpoints of earlier versions have no best weights
    const { best } = JSON.parse(file.metadata.progress) as Partial<Progress>
    for (const name of bufferNames) {
      const { data } = await file.tensor(name === 'best' && !best ? 'average' : name)
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
