// A model is a folder: config.json, model.safetensors, tokenizer.json, README.md. Weights are written first and
// config.json last; it names the fingerprint of its weights, so whatever an interrupted save leaves behind is either
// the old model, the new one, or refused. Reading checks every tensor's name and shape before any is loaded.
import { UnfogError } from '../error/index.ts'
import type { QuantisedForm } from '../graph/index.ts'
import { readText, type Store, writeText } from '../store/index.ts'
import { huggingFaceConfig } from '../text/index.ts'
import { type KnownNames, knownNames, type ModelConfig, parseConfig } from './config.ts'
import type { DtypeName } from './dtype.ts'
import { formOf, packings, storedShapes, type WeightData } from './quantise.ts'
import { openSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.ts'
import { weightsFile } from './weights.ts'

/** Tensor names and shapes, as a network of some architecture needs them. */
export type Shapes = Readonly<Record<string, readonly number[]>>

export interface Weight {
  readonly name: string
  readonly shape: readonly number[]
  /** row-major; bytes where it is quantised, followed by `name.scale` */
  readonly data: WeightData
}

export interface ModelParts {
  /** `weights.fingerprint` is filled in. */
  readonly config: ModelConfig
  /** content of tokenizer.json */
  readonly tokenizer: object
  readonly tensors: readonly Weight[]
  /** content of README.md */
  readonly card: string
  /** folder inside the store; its root without */
  readonly prefix?: string
}

export interface ModelFolder {
  readonly config: ModelConfig
  /** content of tokenizer.json; a released model may come without */
  readonly tokenizerJson?: object
  /** names in an order that is fast to read */
  readonly names: readonly string[]
  /** Reads one tensor, floats in float32 whatever they are stored as. @throws UnfogError `bad_model`, `not_found` */
  tensor(name: string): Promise<WeightData>
}

const configFile = 'config.json'
const tokenizerFile = 'tokenizer.json'
/** keeps Hugging Face's decoders from moving spaces; unfog itself does not read it */
const decodingFile = 'tokenizer_config.json'
const cardFile = 'README.md'

const floats = { bf16: 'BF16', f32: 'F32' } satisfies Record<string, DtypeName>

/** Which form a config allows its matrices to be stored in, besides floats. */
const quantisedForm = ({ weights: { dtype } }: ModelConfig): QuantisedForm | undefined =>
  dtype in packings ? (dtype as QuantisedForm) : undefined

/** Scales are factors of many weights: they are not rounded once more. */
function storedAs({ weights: { dtype, floats: rest = 'f32' } }: ModelConfig, weight: Weight) {
  const form = formOf(weight.data)
  if (form) return packings[form].dtype
  if (dtype === 'bf16' || dtype === 'f32') return floats[dtype]
  return weight.name.endsWith('.scale') ? 'F32' : floats[rest]
}

/** Saves a model. Equal parts give equal bytes.
 * @throws UnfogError `bad_model` when the parts would not load again; `disk_full`, `io` */
export async function writeModelFolder(store: Store, parts: ModelParts): Promise<void> {
  const { config, tokenizer, tensors, card, prefix } = parts
  const path = within(prefix)
  parseConfig(JSON.parse(JSON.stringify(config)), configFile)
  const named = tensors.map((tensor) => ({ ...tensor, dtype: storedAs(config, tensor) }))
  await store.write(path(weightsFile), await writeSafetensors(named, { format: 'pt' }))
  await writeText(store, path(tokenizerFile), json(tokenizer))
  await writeText(store, path(decodingFile), json(huggingFaceConfig()))
  await writeText(store, path(cardFile), card)
  const { fingerprint } = await openSafetensors(store, path(weightsFile))
  const tied = { ...config, weights: { ...config.weights, fingerprint } }
  await writeText(store, path(configFile), json(tied))
}

/** Opens a model: reads everything but the tensors, which are read when asked for.
 * @param expected the tensors that a config calls for
 * @throws UnfogError `not_found` where there is no model; `bad_model` for a broken one */
export async function readModelFolder(
  store: Store,
  expected: (config: ModelConfig) => Shapes,
  { prefix = '', known = knownNames }: { prefix?: string; known?: KnownNames } = {},
): Promise<ModelFolder> {
  const path = within(prefix)
  const where = prefix === '' ? store.name : `${store.name}/${prefix}`
  await checkPresence(store, path, where)
  const configJson = await readJson(store, path(configFile))
  const config = parseConfig(configJson, `${where}/${configFile}`, known)
  const tokenizerJson = await readJson(store, path(tokenizerFile))
  if (typeof tokenizerJson !== 'object' || tokenizerJson === null) {
    throw broken(`${where}/${tokenizerFile}`, 'is not a JSON object: get an undamaged copy')
  }
  const weights = await openSafetensors(store, path(weightsFile))
  checkTogether(config, weights, where)
  checkTensors(weights, expected(config), quantisedForm(config), `${where}/${weightsFile}`)
  return {
    config,
    tokenizerJson,
    names: [...weights.extents.keys()],
    tensor: async (name) => (await weights.tensor(name)).data as WeightData,
  }
}

const within =
  (prefix = '') =>
  (file: string) =>
    prefix === '' ? file : `${prefix}/${file}`

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`

const broken = (where: string, problem: string, cause?: unknown) =>
  new UnfogError('bad_model', `${where} ${problem}`, { param: where, cause })

async function checkPresence(
  store: Store,
  path: (file: string) => string,
  where: string,
): Promise<void> {
  const needed = [configFile, weightsFile, tokenizerFile]
  const found = await Promise.all(needed.map((file) => store.stat(path(file))))
  const absent = needed.filter((_, i) => !found[i])
  if (absent.length === 0) return
  if (absent.length < needed.length) {
    const problem = `lacks ${absent.join(' and ')}: the save was interrupted or the copy is incomplete, so save or copy it again`
    throw broken(where, problem)
  }
  // the store knows best why nothing is there: no such folder, a file in its place, no permission
  const reason = await store.read(path(configFile)).catch((error) => error)
  const detail = reason instanceof UnfogError && reason.code !== 'not_found' ? reason.message : ''
  throw new UnfogError(
    'not_found',
    `${where} is not a model folder${detail && ` (${detail})`}: name one that holds ${needed.join(', ')}, or make one with unfog train`,
    { param: where, cause: reason },
  )
}

async function readJson(store: Store, path: string): Promise<unknown> {
  const text = await readText(store, path)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw broken(`${store.name}/${path}`, 'is not valid JSON: get an undamaged copy', cause)
  }
}

/** A foreign weights file has no hashes, and a config made for it need not name a fingerprint. */
function checkTogether({ weights }: ModelConfig, file: SafetensorsFile, where: string): void {
  if (!file.hashed && weights.fingerprint === undefined) return
  if (file.fingerprint === weights.fingerprint) return
  const problem = `holds a ${configFile} and a ${weightsFile} that were not saved together: the save was interrupted or a file was exchanged, so save or copy it again`
  throw broken(where, problem)
}

function checkTensors(
  { extents }: SafetensorsFile,
  parameters: Shapes,
  form: QuantisedForm | undefined,
  where: string,
): void {
  const bytes = form && packings[form].dtype
  const packed = (name: string) => (bytes && extents.get(name)?.dtype === bytes ? form : undefined)
  const expected = storedShapes(parameters, packed)
  const missing = Object.keys(expected).filter((name) => !extents.has(name))
  if (missing.length > 0) {
    throw broken(where, `lacks ${listed(missing)}, which its ${configFile} calls for`)
  }
  const extra = [...extents.keys()].filter((name) => !Object.hasOwn(expected, name))
  if (extra.length > 0) {
    throw broken(where, `holds ${listed(extra)}, which its ${configFile} does not call for`)
  }
  for (const { name, dtype, shape } of extents.values()) {
    const wanted = expected[name]
    if (shape.length !== wanted.length || shape.some((size, i) => size !== wanted[i])) {
      const problem = `holds tensor "${name}" in the shape [${shape}], but its ${configFile} calls for [${wanted}]`
      throw broken(where, problem)
    }
    const matrix = Object.hasOwn(parameters, name) && parameters[name].length === 2
    const known = ['F32', 'BF16', 'F16', ...(matrix && bytes ? [bytes] : [])]
    if (!known.includes(dtype)) {
      const names = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`
      throw broken(where, `holds tensor "${name}" as ${dtype}, but weights are ${names}`)
    }
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => JSON.stringify(name.slice(0, 60)))
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.length === 1 ? 'the tensor' : 'the tensors'} ${shown.join(', ')}${more}`
}
