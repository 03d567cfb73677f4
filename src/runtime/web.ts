// Devices of onnxruntime-web: WebAssembly on the processor, and WebGPU beside it.
import type * as ort from 'onnxruntime-common'
import { UnfogError } from '../error/index.ts'
import type { Device, DeviceOptions } from './device.ts'
import { type Runtime, RuntimeSession, type RuntimeTraits } from './onnxruntime.ts'

export interface WebOptions extends DeviceOptions {
  /** Address of a folder with the .wasm and .mjs files of onnxruntime-web's dist. Without, they are looked for beside
   * the script, where bundlers put them. */
  assets?: string
}

/** A build of onnxruntime-web. */
export interface WebRuntime extends Runtime {
  readonly env: ort.Env
}

/** Threads need memory that they share, which a page has only when it is isolated from other origins. */
const mostThreads = (): number =>
  globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1

/** Calls one after the other: onnxruntime-web refuses a second one while it waits for the first. */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(call: () => Promise<T>): Promise<T> => {
    const result = last.then(call, call)
    last = result
    return result
  }
}

export interface WebProvider extends Pick<RuntimeTraits, 'name' | 'decomposed' | 'batchInvariant'> {
  /** the build of onnxruntime-web that has it */
  load(): Promise<WebRuntime>
  /** does it take tensors without entries? */
  empty?: boolean
  /** has the build kernels for float64? */
  float64?: boolean
}

export function webDevice(
  { name, load, decomposed, batchInvariant, empty = true, float64 = true }: WebProvider,
  { threads = mostThreads(), assets }: WebOptions = {},
): Device {
  const traits = { name, batchInvariant, empty, inPlace: false }
  const turn = inTurn()
  const refuse = (what: string, instead: string) =>
    new UnfogError('unsupported', `device ${name} has no ${what} in a browser: ${instead}`)
  return {
    name,
    threads,
    decomposed,
    batchInvariant,
    session: async (graph, { profile } = {}) => {
      if (profile) throw refuse('profile', 'measure in Node')
      if (!float64 && graph.precision === 'float64') throw refuse('float64', 'use wasm')
      const runtime = await load()
      const { wasm } = runtime.env
      // read when the first session is made; later ones share its threads
      wasm.numThreads = threads
      if (assets) wasm.wasmPaths = assets.endsWith('/') ? assets : `${assets}/`
      const session = await turn(() =>
        runtime.InferenceSession.create(graph.bytes, {
          executionProviders: [name],
          graphOptimizationLevel: graph.precision === 'float64' ? 'basic' : 'all',
          logSeverityLevel: 3,
        }),
      )
      const inOrder = {
        run: (...given: Parameters<typeof session.run>) => turn(() => session.run(...given)),
        release: () => turn(() => session.release()),
      }
      return new RuntimeSession(runtime, inOrder as typeof session, graph, traits)
    },
  }
}
