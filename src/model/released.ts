// A folder as its makers released it: their config.json, their names for tensors, one file or shards. It is opened as
// if unfog had written it: the family says what the config means and where every parameter lies, and a parameter is
// put together when it is asked for, so that loading takes little more memory than what it loads.
import { UnfogError } from '../error/index.ts'
import { parameterShapes } from '../nn/index.ts'
import { readText, type Store } from '../store/index.ts'
import { knownNames, type ModelConfig, parseConfig } from './config.ts'
import {
  ConfigFields,
  type Family,
  families,
  familyOf,
  type Release,
  type Stored,
} from './families/index.ts'
import type { ModelFolder } from './folder.ts'
import { quoted } from './safetensors-header.ts'
import { indexFile, openWeights, type Weights, weightsFile } from './weights.ts'

/** @param json the parsed config.json
 * @throws UnfogError `bad_model` for a model of no known family, or one whose files do not fit together */
export async function readReleasedFolder(
  store: Store,
  json: Readonly<Record<string, unknown>>,
): Promise<ModelFolder> {
  const where = `${store.name}/config.json`
  const family = familyOf(json.model_type)
  if (!family) throw unknownFamily(json.model_type, where)
  const release = family.read(new ConfigFields(json, where))
  const weights = await openWeights(store)
  if (!weights) {
    const message = `${store.name} holds neither ${weightsFile} nor ${indexFile}: copy the weights into it`
    throw new UnfogError('bad_model', message, { param: weightsFile })
  }
  const config = parseConfig(configOf(family, release, weights, store), where, knownNames)
  const tensors = release.tensors()
  checkStored(tensors, release.ignored, weights, store.name)
  const shapes = parameterShapes(config.architecture)
  return {
    config,
    tokenizerJson: await tokenizerOf(store),
    names: Object.keys(tensors),
    tensor: (name) => assemble(tensors[name], shapes[name], weights),
  }
}

function unknownFamily(modelType: unknown, where: string): UnfogError {
  const known = Object.values<Family>(families).flatMap(({ modelTypes }) => modelTypes)
  return new UnfogError(
    'bad_model',
    `${where}: model_type is ${JSON.stringify(modelType)?.slice(0, 60) ?? 'missing'}, but the families known here are ${known.join(', ')}`,
    { param: 'model_type' },
  )
}

function configOf(
  { name }: Family,
  { architecture, shift, predictsMask, special }: Release,
  { extents }: Weights,
  store: Store,
): ModelConfig {
  const halves = [...extents.values()].every(({ dtype }) => dtype === 'BF16')
  return {
    unfog: 1,
    name: store.name.split(/[\\/]/).filter(Boolean).at(-1) ?? name,
    architecture,
    shift,
    noise: { process: 'masked', schedule: 'linear', predictsMask },
    text: { documents: 'file', exactLength: false, labels: [], special: said(special) },
    weights: { dtype: halves ? 'bf16' : 'f32' },
    training: { family: name },
  }
}

/** Without the ids that nobody named. */
const said = (special: Release['special']): Release['special'] =>
  JSON.parse(JSON.stringify(special))

/** The content of tokenizer.json; undefined in a folder without one. */
async function tokenizerOf(store: Store): Promise<object | undefined> {
  if (!(await store.stat('tokenizer.json'))) return undefined
  const where = `${store.name}/tokenizer.json`
  try {
    const json: unknown = JSON.parse(await readText(store, 'tokenizer.json'))
    if (typeof json === 'object' && json !== null) return json
  } catch (cause) {
    throw new UnfogError('bad_tokenizer', `${where} is not valid JSON: get an undamaged copy`, {
      cause,
    })
  }
  throw new UnfogError('bad_tokenizer', `${where} is not a JSON object: get an undamaged copy`)
}

/** Does the file hold what the config calls for, and nothing that would be left out? */
function checkStored(
  tensors: Readonly<Record<string, Stored>>,
  ignored: readonly string[],
  { extents }: Weights,
  where: string,
): void {
  const wrong = (problem: string) =>
    new UnfogError('bad_model', `${where} ${problem}`, { param: where })
  const expected = new Map(
    Object.values(tensors).flatMap(({ pieces }) => pieces.map(({ name, shape }) => [name, shape])),
  )
  for (const [name, shape] of expected) {
    const extent = extents.get(name)
    if (!extent) throw wrong(`lacks the tensor ${quoted(name)}, which its config.json calls for`)
    if (String(extent.shape) !== String(shape)) {
      throw wrong(
        `holds tensor ${quoted(name)} in the shape [${extent.shape}], but its config.json calls for [${shape}]`,
      )
    }
    if (!['F32', 'BF16', 'F16'].includes(extent.dtype)) {
      throw wrong(
        `holds tensor ${quoted(name)} as ${extent.dtype}, but weights are F32, BF16 or F16`,
      )
    }
  }
  for (const name of extents.keys()) {
    if (expected.has(name) || ignored.includes(name)) continue
    throw wrong(`holds the tensor ${quoted(name)}, which its config.json does not call for`)
  }
}

/** A parameter in our form from its pieces in theirs. */
async function assemble(
  { pieces, transposed }: Stored,
  shape: readonly number[],
  weights: Weights,
): Promise<Float32Array> {
  if (pieces.length === 1 && !transposed) {
    return (await weights.tensor(pieces[0].name)).data as Float32Array
  }
  const whole = new Float32Array(shape.reduce((product, size) => product * size, 1))
  const columns = shape[shape.length - 1]
  let column = 0
  for (const { name, shape: piece } of pieces) {
    const data = (await weights.tensor(name)).data as Float32Array
    if (transposed) transposeInto(whole, data, column, columns, piece[0], piece[1])
    else whole.set(data, column)
    column += piece[0]
  }
  return whole
}

/** Side of the squares in which a matrix is turned, so that both sides stay in the cache. */
const square = 64

/** Writes [rows, inner] turned as columns `column` and on of [inner, columns]. */
function transposeInto(
  whole: Float32Array,
  data: Float32Array,
  column: number,
  columns: number,
  rows: number,
  inner: number,
): void {
  for (let r0 = 0; r0 < rows; r0 += square) {
    const r1 = Math.min(rows, r0 + square)
    for (let i0 = 0; i0 < inner; i0 += square) {
      const i1 = Math.min(inner, i0 + square)
      for (let r = r0; r < r1; r++) {
        for (let i = i0; i < i1; i++) whole[i * columns + column + r] = data[r * inner + i]
      }
    }
  }
}
