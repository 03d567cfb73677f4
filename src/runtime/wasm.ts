// The processor in a browser: onnxruntime as WebAssembly, with its vectors and, in an isolated page, threads.
import { deviceKind } from './device.ts'
import { type WebOptions, webDevice } from './web.ts'

export const wasm = deviceKind<WebOptions>(
  {
    summary: 'the processor, as WebAssembly',
    absent: async () =>
      typeof WebAssembly === 'undefined'
        ? 'device wasm needs WebAssembly, which this browser lacks: use a newer one'
        : undefined,
  },
  (options) =>
    webDevice(
      {
        name: 'wasm',
        load: () => import('onnxruntime-web/wasm'),
        // sums over keys are grouped by how many there are, padding included
        batchInvariant: 'equal lengths',
      },
      options,
    ),
)
