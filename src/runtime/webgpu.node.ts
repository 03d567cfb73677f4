// A graphics card, through the WebGPU that onnxruntime-node brings: Vulkan on Linux, Direct3D on Windows, Metal on a
// Mac. Batches change the last bits of a row here: see docs/devices.md for what is promised.
import { deviceKind } from './device.ts'
import { nativeDevice, runsHere } from './native.node.ts'
import { webgpuTraits } from './webgpu-kernels.ts'

export const webgpu = deviceKind(
  {
    summary: 'a graphics card, by WebGPU',
    absent: async () =>
      (await runsHere('webgpu'))
        ? undefined
        : 'device webgpu finds no graphics card with a driver for Vulkan, Direct3D or Metal: install the driver (on Linux libvulkan1 as well), or use --device cpu',
  },
  (options) => nativeDevice({ name: 'webgpu', ...webgpuTraits }, options),
)
