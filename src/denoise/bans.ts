// Ids that are not to be written.
import type { Denoiser } from './denoiser.ts'

export interface Bans {
  readonly ids: readonly number[]
  /** [vocabSize] 1 for each of them */
  readonly flags: Uint8Array
}

/** @param more ids, beside those that a network never writes */
export function bansOf(
  { banned, maskId, vocabSize }: Pick<Denoiser, 'banned' | 'maskId' | 'vocabSize'>,
  more: readonly number[],
): Bans {
  // a model may predict the mask itself; a loop that believed it would never end
  const ids = [...Array.from(banned), maskId, ...more]
  const flags = new Uint8Array(vocabSize)
  for (const id of ids) flags[id] = 1
  return { ids, flags }
}
