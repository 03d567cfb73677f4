// The tensors of a model folder, whether they lie in one file or in shards. With shards an index says which tensor lies
// in which file, and nothing but those files is opened: folders of released models also hold other formats' copies.
import { UnfogError } from '../error/index.ts'
import { readText, type Store } from '../store/index.ts'
import { openSafetensors, type SafetensorsFile } from './safetensors.ts'
import { damaged, type Extent, quoted } from './safetensors-header.ts'

export const weightsFile = 'model.safetensors'
export const indexFile = 'model.safetensors.index.json'

/** Tensors by name: read and checked when asked for. */
export type Weights = Pick<SafetensorsFile, 'extents' | 'tensor'>

/** @returns undefined where there is neither a file nor an index
 * @throws UnfogError `bad_model` for a damaged index or shard */
export async function openWeights(store: Store): Promise<Weights | undefined> {
  if (await store.stat(weightsFile)) return openSafetensors(store, weightsFile)
  if (await store.stat(indexFile)) return openShards(store)
  return undefined
}

async function openShards(store: Store): Promise<Weights> {
  const where = `${store.name}/${indexFile}`
  const fileOf = readIndex(await readText(store, indexFile), where)
  const files = new Map<string, SafetensorsFile>()
  const extents = new Map<string, Extent>()
  for (const file of new Set(fileOf.values())) {
    if (!(await store.stat(file))) {
      const message = `${store.name} lacks ${quoted(file)}, which its ${indexFile} names: copy it again`
      throw new UnfogError('bad_model', message, { param: file })
    }
    files.set(file, await openSafetensors(store, file))
  }
  for (const [name, file] of fileOf) {
    const extent = files.get(file)?.extents.get(name)
    if (!extent)
      throw damaged(where, `places tensor ${quoted(name)} in ${quoted(file)}, which lacks it`)
    extents.set(name, extent)
  }
  return {
    extents,
    tensor: (name) => files.get(fileOf.get(name) ?? '')!.tensor(name),
  }
}

/** tensor → file. Files are names in the same folder: a path would lead out of it. */
function readIndex(text: string, where: string): Map<string, string> {
  let index: unknown
  try {
    index = JSON.parse(text)
  } catch (cause) {
    throw damaged(where, 'is not valid JSON', cause)
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw damaged(where, 'has no weight_map')
  }
  const entries = Object.entries(map)
  for (const [name, file] of entries) {
    if (typeof file !== 'string' || !/^[\w][\w.-]{0,200}\.safetensors$/.test(file)) {
      throw damaged(
        where,
        `places tensor ${quoted(name)} in ${quoted(String(file))}, which is no file name`,
      )
    }
  }
  return new Map(entries as [string, string][])
}
