// From a model folder, wherever it lies, to the parts of a model.
import { openModelFolder } from '../model/open.ts'
import type { Device } from '../runtime/index.ts'
import { readText, type Store, systemClock } from '../store/index.ts'
import { loadTokenizer, releasedTokenizer } from '../text/index.ts'
import type { ModelSources } from './model.ts'

/** Opens a model folder and loads its weights.
 * @throws UnfogError `not_found`, `bad_model` */
export async function openModel(store: Store, device: Device): Promise<ModelSources> {
  const folder = await openModelFolder(store)
  const weights = new Map<string, Float32Array>()
  for (const name of folder.names) weights.set(name, await folder.tensor(name))
  const card = (await store.stat('README.md')) ? await readText(store, 'README.md') : undefined
  const { config, tokenizerJson } = folder
  const { special } = config.text
  return {
    device,
    config,
    tokenizer: special
      ? releasedTokenizer(tokenizerJson, special, config.architecture.vocabSize)
      : loadTokenizer(tokenizerJson),
    weights,
    card,
    now: systemClock.now,
  }
}
