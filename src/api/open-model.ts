// From a model folder, wherever it lies, to the parts of a model.
import { UnfogError } from '../error/index.ts'
import { openModelFolder } from '../model/open.ts'
import type { WeightData } from '../model/quantise.ts'
import type { Device } from '../runtime/index.ts'
import { readText, type Store, systemClock } from '../store/index.ts'
import { loadTokenizer, releasedTokenizer } from '../text/index.ts'
import type { ModelSources } from './model.ts'

/** Opens a model folder and loads its weights.
 * @throws UnfogError `not_found`, `bad_model` */
export async function openModel(store: Store, device: Device): Promise<ModelSources> {
  const folder = await openModelFolder(store)
  const weights = new Map<string, WeightData>()
  for (const name of folder.names) weights.set(name, await folder.tensor(name))
  const card = (await store.stat('README.md')) ? await readText(store, 'README.md') : undefined
  const { config, tokenizerJson } = folder
  const { special } = config.text
  const { vocabSize } = config.architecture
  const tokenizer = special
    ? releasedTokenizer(tokenizerJson, special, vocabSize)
    : loadTokenizer(tokenizerJson)
  const known = config.noise.pieces?.of ?? vocabSize
  if (tokenizer.size !== known) {
    throw new UnfogError(
      'bad_model',
      `${store.name} cannot be loaded: tokenizer.json has ${tokenizer.size} ids, but the network has ${known}; take both from one model`,
      { param: 'model' },
    )
  }
  return {
    device,
    config,
    tokenizer,
    weights,
    card,
    now: systemClock.now,
  }
}

/** A model that learning can go on from, or that can be quantised: its weights are floats.
 * @throws UnfogError `unsupported` for a quantised one; as `openModel` */
export async function openFloats(
  store: Store,
  device: Device,
): Promise<ModelSources & { weights: ReadonlyMap<string, Float32Array> }> {
  const model = await openModel(store, device)
  const { dtype } = model.config.weights
  if (dtype === 'bf16' || dtype === 'f32')
    return { ...model, weights: model.weights as ReadonlyMap<string, Float32Array> }
  throw new UnfogError(
    'unsupported',
    `${store.name} is quantised to ${dtype}, too coarse to learn from or to quantise again: take the model it was made from`,
    { param: 'model' },
  )
}
