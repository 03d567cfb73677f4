// Any model folder: one that unfog wrote, or one as its makers released it. Only config.json tells them apart.
import { readText, type Store } from '../store/index.ts'
import { type ModelFolder, readModelFolder } from './folder.ts'
import { readReleasedFolder } from './released.ts'
import { modelShapes } from './shapes.ts'

/** @throws UnfogError `not_found` where there is no model; `bad_model`, `bad_tokenizer` for a broken one */
export async function openModelFolder(store: Store): Promise<ModelFolder> {
  const released = await releasedConfig(store)
  if (released) return readReleasedFolder(store, released)
  return readModelFolder(store, modelShapes)
}

/** The content of a config.json that speaks of a `model_type`; whatever else is wrong is said by who reads it. */
async function releasedConfig(store: Store): Promise<Record<string, unknown> | undefined> {
  if (!(await store.stat('config.json').catch(() => undefined))) return undefined
  try {
    const json: unknown = JSON.parse(await readText(store, 'config.json'))
    const released = typeof json === 'object' && json !== null && 'model_type' in json
    return released && !('unfog' in json) ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
