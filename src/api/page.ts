// unfog in a page: models are fetched, training data are texts in memory, a run is kept in whatever store it is given.
import type { BatchLimits } from '../denoise/index.ts'
import { type DeviceName, devices } from '../runtime/devices.ts'
import { type Device, openDevice } from '../runtime/index.ts'
import type { WebOptions } from '../runtime/web.ts'
import { fetchStore, memoryStore, type Store } from '../store/index.ts'
import { textData } from '../train/data.ts'
import type { RunOptions } from '../train/plan.ts'
import { run, type TrainEvent } from '../train/run.ts'
import { Model } from './model.ts'
import { openFloats, openModel } from './open-model.ts'

export interface PageOptions extends WebOptions {
  /** a row of the table of devices, or one of your own; wasm when absent */
  device?: Device | DeviceName
  /** how much may be written at the same time, and how many texts may wait */
  batch?: Partial<BatchLimits>
}

const deviceOf = async ({ device = 'wasm', batch: _, ...options }: PageOptions): Promise<Device> =>
  typeof device === 'string' ? openDevice(devices, device, options) : device

const storeOf = (place: string | Store): Store =>
  typeof place === 'string' ? fetchStore(place) : place

/** Loads a model.
 * @param place address of a model folder, or a store that holds one, as a finished run's does
 * @throws UnfogError `not_found`, `bad_model`, `io`, `unsupported` */
export const loadModel = async (place: string | Store, options: PageOptions = {}): Promise<Model> =>
  new Model({
    ...(await openModel(storeOf(place), await deviceOf(options))),
    batch: options.batch,
  })

export interface TrainOptions
  extends Omit<PageOptions, 'batch'>,
    Omit<RunOptions, 'recipe' | 'from'> {
  /** texts, one document each */
  data: readonly string[]
  /** where the run is kept: it goes on from what is there, and becomes a model folder; memory when absent */
  out?: Store
  /** a model to start from: the address of its folder, or a store */
  from?: string | Store
  /** parts of the recipe to change */
  config?: RunOptions['recipe']
  signal?: AbortSignal
  /** seconds between reports, checkpoints */
  every?: { report?: number; checkpoint?: number }
}

/** Trains a model in this page, or goes on with a run. Iterate to let it work; stop it by its signal.
 * @throws UnfogError `usage`, `bad_input`, `bad_run`, `diverged`, `unsupported` */
export async function* train({
  data,
  out = memoryStore(),
  from,
  config,
  signal,
  every,
  device,
  threads,
  assets,
  ...asked
}: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const chosen = await deviceOf({ device, threads, assets })
  yield* run({
    data: textData('texts', data),
    out,
    device: chosen,
    options: config ? { ...asked, recipe: config } : asked,
    start: from === undefined ? undefined : await openFloats(storeOf(from), chosen),
    signal,
    every,
  })
}
