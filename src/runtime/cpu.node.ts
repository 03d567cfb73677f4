// The processor, through onnxruntime-node.
import { deviceKind } from './device.ts'
import { nativeDevice } from './native.node.ts'

export const cpu = deviceKind(
  { summary: 'the processor', absent: async () => undefined },
  (options) => nativeDevice({ name: 'cpu' }, options),
)
