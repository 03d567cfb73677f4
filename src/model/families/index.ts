// The table of released architectures: a new one is one file and one row here.
import { a2dLlama, a2dQwen2, a2dQwen3 } from './a2d.ts'
import { dream } from './dream.ts'
import type { Family } from './family.ts'
import { llada } from './llada.ts'
import { mdlm } from './mdlm.ts'

export { ConfigFields } from './config-fields.ts'
export type { Family, Release, Stored } from './family.ts'

export const families = {
  llada,
  dream,
  mdlm,
  'a2d-llama': a2dLlama,
  'a2d-qwen2': a2dQwen2,
  'a2d-qwen3': a2dQwen3,
} satisfies Record<string, Family>

/** The family that a `model_type` belongs to. */
export const familyOf = (modelType: unknown): Family | undefined =>
  Object.values<Family>(families).find(({ modelTypes }) => modelTypes.some((t) => t === modelType))
