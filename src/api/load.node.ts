// Models by name or folder.
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BatchLimits } from '../denoise/index.ts'
import { type DeviceName, deviceOf } from '../runtime/devices.node.ts'
import type { Device } from '../runtime/index.ts'
import { folderStore } from '../store/folder.node.ts'
import { Model } from './model.ts'
import { openModel } from './open-model.ts'

/** where the package keeps its models, seen from src/api and from dist/api */
const bundled = fileURLToPath(new URL('../../models', import.meta.url))

/** The models that come with the package. */
export function models(): { name: string; folder: string }[] {
  if (!existsSync(bundled)) return []
  return readdirSync(bundled, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && existsSync(resolve(bundled, entry.name, 'config.json')),
    )
    .map(({ name }) => ({ name, folder: resolve(bundled, name) }))
}

/** The folder of a bundled model, or the path itself. A folder of that name in the working directory comes second. */
export const modelFolder = (nameOrFolder: string): string =>
  models().find(({ name }) => name === nameOrFolder)?.folder ?? nameOrFolder

export interface LoadOptions {
  /** a row of the table of devices, or one of your own; cpu when absent */
  device?: Device | DeviceName
  /** processor threads; all of them when absent */
  threads?: number
  /** how much may be written at the same time, and how many texts may wait */
  batch?: Partial<BatchLimits>
}

/** Loads a model: a bundled name (`tales`, `tales-ar`) or a folder. A finished run is a model folder, and so is one
 * that the makers of LLaDA, Dream or MDLM released (docs/open-models.md).
 * @throws UnfogError `not_found` when there is none, `bad_model` when it is broken, `unsupported` when the device cannot
 * run here */
export async function loadModel(
  nameOrFolder: string,
  options: LoadOptions = {},
): Promise<LoadedModel> {
  const device = await deviceOf(options.device, options)
  const sources = await openModel(folderStore(modelFolder(nameOrFolder)), device)
  return new LoadedModel({ ...sources, batch: options.batch })
}

/** A model in Node: it can be saved into a folder of the disk. */
export class LoadedModel extends Model {
  save(folder: string): Promise<void> {
    return this.saveTo(folderStore(folder))
  }
}
