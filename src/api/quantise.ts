// A model in fewer bits, and what that does to it: both are asked the same things, side by side.

import { UnfogError } from '../error/index.ts'
import type { QuantisedForm } from '../graph/index.ts'
import { chosen, largeMatrix, quantiseWeights, type Scope } from '../model/quantise.ts'
import { modelShapes } from '../model/shapes.ts'
import { memberSeed, seeded } from '../random/index.ts'
import { check, tell } from '../tales/index.ts'
import type { Model, ModelSources } from './model.ts'

export interface QuantiseOptions {
  /** int8 for speed, int4 for memory; default int8 */
  dtype?: QuantisedForm
  /** which matrices: large (those that gain speed) or all; default large */
  which?: Scope
}

type Floats = ModelSources & { weights: ReadonlyMap<string, Float32Array> }

/** The parts of the same model with quantised matrices.
 * @throws UnfogError `usage` where no matrix is large enough for `which` */
export function quantised(
  model: Floats,
  { dtype = 'int8', which = 'large' }: QuantiseOptions = {},
): ModelSources {
  const { config, weights, card } = model
  const shapes = modelShapes(config)
  if (chosen(shapes, which).length === 0) {
    const message = `no matrix of this model has ${largeMatrix} numbers or more, so --which ${which} changes nothing: use --which all`
    throw new UnfogError('usage', message, { param: 'which' })
  }
  const floats = config.weights.dtype as 'bf16' | 'f32'
  const section = `## Quantised\n\nMatrices (${which}) are stored as ${dtype}, everything else as ${floats}. Other figures on this page are of the model before.`
  return {
    ...model,
    config: { ...config, weights: { dtype, floats } },
    weights: quantiseWeights(weights, shapes, dtype, which),
    card: card && `${card.trimEnd()}\n\n${section}\n`,
  }
}

/** Bytes of the weights in memory. */
export const weightBytes = ({ weights }: Pick<ModelSources, 'weights'>): number =>
  [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)

export interface Comparison {
  /** predictions that were compared */
  rows: number
  /** root mean square of the difference of logits, as a share of the logits' own deviation in their row */
  logitError: number
  /** share of rows whose likeliest token is the same */
  argmaxAgreement: number
  /** of a forward over `speedRows` positions or a few more, the fastest of several */
  milliseconds: { before: number; after: number }
  /** share of tales that the checker accepts, of `tales` written with the same seeds */
  passRate?: { before: number; after: number; tales: number }
}

/** Positions in the forward that is timed. */
export const speedRows = 256
const timedRuns = 8
/** Below this a logit is a ban, not a prediction. */
const ban = -1e8

/** Texts to compare on where none are given: fresh tales, or what the model itself writes. */
export async function textsFor(model: Model, count: number): Promise<string[]> {
  const { world } = model.config.text
  const seeds = Array.from({ length: count }, (_, i) => memberSeed(2 ** 46, i))
  if (world) return seeds.map((seed) => tell(world, seed).text)
  const written = await model.complete(seeds.map((seed) => ({ seed })))
  return written.map(({ text }) => text)
}

/** Asks both for what stands under every second word on average (a causal model: for every next token), times them, and
 * lets a model of tales tell some.
 * @param tales how many to write for the pass rate; 0 for none */
export async function compare(
  before: Model,
  after: Model,
  { texts, tales, now }: { texts: readonly string[]; tales: number; now: () => number },
): Promise<Comparison> {
  const canvases = texts.flatMap((text, i) => canvasOf(before, text, i) ?? [])
  const [sums, longest] = [{ rows: 0, same: 0, error: 0, size: 0 }, canvases[0]?.ids ?? []]
  for (const { ids, rows } of canvases) {
    const [a, b] = [await before.logits({ ids: [ids] }), await after.logits({ ids: [ids] })]
    for (const row of rows) {
      const [from, to] = [row * a.dims[2], (row + 1) * a.dims[2]]
      addRow(sums, a.data.subarray(from, to), b.data.subarray(from, to))
    }
  }
  const { world } = before.config.text
  return {
    rows: sums.rows,
    logitError: Math.sqrt(sums.error / sums.size),
    argmaxAgreement: sums.same / sums.rows,
    milliseconds: await timed(before, after, longest, now),
    ...(world && tales > 0
      ? {
          passRate: {
            before: await passRate(before, world, tales),
            after: await passRate(after, world, tales),
            tales,
          },
        }
      : {}),
  }
}

/** A text with half of its tokens masked, and the rows that predict those; undefined for one without any. */
function canvasOf({ tokenizer, config, context }: Model, text: string, index: number) {
  const ids = tokenizer.encode(text).slice(0, context)
  const causal = config.architecture.attention === 'causal'
  // of a released model with a shifted head the raw row before a position predicts it
  const shift = config.text.special && config.shift ? 1 : 0
  const random = seeded(index)
  const rows: number[] = []
  for (let i = 0; i < ids.length; i++) {
    const masked = !causal && random.uniform(0, i, 'data') < 0.5
    if (masked) ids[i] = tokenizer.special.mask
    if (causal || masked) rows.push(Math.max(0, i - shift))
  }
  return rows.length > 0 ? { ids, rows } : undefined
}

function addRow(
  sums: { rows: number; same: number; error: number; size: number },
  a: Float32Array,
  b: Float32Array,
): void {
  const kept = Array.from(a.keys()).filter((id) => a[id] > ban)
  const mean = kept.reduce((sum, id) => sum + a[id], 0) / kept.length
  let [bestA, bestB] = [kept[0], kept[0]]
  for (const id of kept) {
    sums.error += (a[id] - b[id]) ** 2
    sums.size += (a[id] - mean) ** 2
    if (a[id] > a[bestA]) bestA = id
    if (b[id] > b[bestB]) bestB = id
  }
  sums.rows++
  if (bestA === bestB) sums.same++
}

/** The fastest of several forwards each, in turns, so that a busy moment meets both. */
async function timed(
  before: Model,
  after: Model,
  canvas: ArrayLike<number>,
  now: () => number,
): Promise<{ before: number; after: number }> {
  const copies = Math.ceil(speedRows / Math.max(1, canvas.length))
  const ids = new Array<ArrayLike<number>>(copies).fill(canvas)
  const best = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY }
  for (let i = 0; i < timedRuns; i++) {
    for (const [name, model] of [
      ['before', before],
      ['after', after],
    ] as const) {
      const start = now()
      await model.logits({ ids })
      best[name] = Math.min(best[name], now() - start)
    }
  }
  return best
}

/** tales written together */
const batch = 32

async function passRate(
  model: Model,
  world: NonNullable<Model['config']['text']['world']>,
  tales: number,
): Promise<number> {
  let passed = 0
  for (let from = 0; from < tales; from += batch) {
    const size = Math.min(batch, tales - from)
    const seeds = Array.from({ length: size }, (_, i) => ({ seed: memberSeed(1, from + i) }))
    for (const { text } of await model.complete(seeds)) if (check(world, text).ok) passed++
  }
  return passed / tales
}
