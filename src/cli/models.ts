// The models that a command writes by: loaded for it, and let go of afterwards.
import type { LoadedModel } from '../index.ts'
import type { DeviceName } from '../runtime/devices.node.ts'

export interface ModelFlags {
  model?: string
  verifier?: string
  device?: DeviceName
  threads?: number
}

/** @param use is given the model, and what is to verify its drafts, where that is named */
export async function withModels<T>(
  { model: name = 'tales', verifier, device, threads }: ModelFlags,
  use: (model: LoadedModel, verifier?: LoadedModel) => Promise<T>,
): Promise<T> {
  const { loadModel } = await import('../index.ts')
  const model = await loadModel(name, { device, threads })
  try {
    if (verifier === undefined) return await use(model)
    const second = await loadModel(verifier, { device, threads })
    try {
      return await use(model, second)
    } finally {
      await second.dispose()
    }
  } finally {
    await model.dispose()
  }
}
