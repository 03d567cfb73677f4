// The graphics card in a browser, by WebGPU.
import { deviceKind } from './device.ts'
import { type WebOptions, webDevice } from './web.ts'
import { webgpuTraits } from './webgpu-kernels.ts'

interface Gpu {
  requestAdapter(): Promise<object | null>
}

export const webgpu = deviceKind<WebOptions>(
  {
    summary: 'the graphics card, by WebGPU',
    async absent() {
      const { gpu } = navigator as { gpu?: Gpu }
      const adapter = await gpu?.requestAdapter()
      return adapter
        ? undefined
        : 'device webgpu finds no graphics card in this browser: open the page over https or on localhost, or use wasm'
    },
  },
  (options) =>
    webDevice(
      {
        name: 'webgpu',
        load: () => import('onnxruntime-web/webgpu'),
        ...webgpuTraits,
        float64: false,
      },
      options,
    ),
)
