// A card of NVIDIA's, through onnxruntime-node. The provider is not part of the package: its install script fetches it.
import { deviceKind } from './device.ts'
import { nativeDevice, runsHere } from './native.node.ts'

export const cuda = deviceKind(
  {
    summary: 'an NVIDIA card, by CUDA 12 (Linux)',
    absent: async () =>
      (await runsHere('cuda'))
        ? undefined
        : 'device cuda lacks its provider or CUDA 12 with cuDNN 9: install these and run ONNXRUNTIME_NODE_INSTALL_CUDA=v12 npm rebuild onnxruntime-node, or use --device cpu',
  },
  (options) => nativeDevice({ name: 'cuda', batchInvariant: 'none' }, options),
)
