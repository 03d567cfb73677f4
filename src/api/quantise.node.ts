// From one model folder to another, smaller one.
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UnfogError } from '../error/index.ts'
import { deviceOf } from '../runtime/devices.node.ts'
import { folderStore } from '../store/folder.node.ts'
import { systemClock } from '../store/index.ts'
import { type LoadOptions, modelFolder } from './load.node.ts'
import { Model } from './model.ts'
import { openFloats } from './open-model.ts'
import {
  type Comparison,
  compare,
  type QuantiseOptions,
  quantised,
  textsFor,
  weightBytes,
} from './quantise.ts'

export interface QuantiseFolderOptions extends QuantiseOptions, LoadOptions {
  /** folder of the new model */
  out: string
  /** what the two are compared on; fresh tales, or texts of the model's own, when absent */
  texts?: readonly string[]
  /** tales that each writes for the pass rate; default 200 */
  tales?: number
}

export interface QuantiseReport extends Comparison {
  /** of the weights in memory */
  memoryBytes: { before: number; after: number }
  /** of model.safetensors */
  fileBytes: { before: number; after: number }
}

/** texts to compare on where none are given */
const comparedTexts = 64

/** Writes a quantised copy of a model and reports what it costs.
 * @throws UnfogError `usage` when `out` holds a model, `unsupported` for a model that is quantised; as `loadModel` */
export async function quantize(
  nameOrFolder: string,
  { out, texts, tales = 200, ...options }: QuantiseFolderOptions,
): Promise<QuantiseReport> {
  await expectNew(out)
  const device = await deviceOf(options.device, options)
  const source = modelFolder(nameOrFolder)
  const floats = await openFloats(folderStore(source), device)
  const bytes = quantised(floats, options)
  const [before, after] = [new Model(floats), new Model(bytes)]
  try {
    await after.saveTo(folderStore(out))
    const compared = await compare(before, after, {
      texts: texts ?? (await textsFor(before, comparedTexts)),
      tales,
      now: systemClock.now,
    })
    return {
      ...compared,
      memoryBytes: { before: weightBytes(floats), after: weightBytes(bytes) },
      fileBytes: { before: await fileBytes(source), after: await fileBytes(out) },
    }
  } finally {
    await before.dispose()
    await after.dispose()
  }
}

/** Of all weights in a folder: a released model may have shards. */
async function fileBytes(folder: string): Promise<number> {
  const store = folderStore(folder)
  const files = (await store.list('')).filter((path) => path.endsWith('.safetensors'))
  const sizes = await Promise.all(files.map((path) => store.stat(path)))
  return sizes.reduce((sum, info) => sum + (info?.size ?? 0), 0)
}

async function expectNew(out: string): Promise<void> {
  const there = await stat(resolve(out, 'config.json')).catch(() => undefined)
  if (!there) return
  throw new UnfogError('usage', `${out} holds a model already: give another --out`, {
    param: 'out',
  })
}
