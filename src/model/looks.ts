// How texts are looked at when it is measured what they cost: as their noise says, in blocks where there are some. Texts of
// a model that chooses lengths are looked at under forests, and what their lengths cost is part of a look.
import { blocksOf, type Look, lookInBlocks, startNats, underForests } from '../noise/index.ts'
import { lengthHistogram } from '../text/index.ts'
import type { ModelConfig } from './config.ts'
import type { Network } from './network.ts'

/** @param clean the text as the model writes it  @param before tokens that are only read before it
 * @param u see `Noise.look` */
export type Looking = (clean: Int32Array, u: number, next: () => number, before?: number) => Look

/** @param undone the noise, or looks of its own that it is to have
 * @param world the mask, and what can stand in a text */
export function lookingAt(
  network: Network,
  { text: { lengths } }: Pick<ModelConfig, 'text'>,
  undone = network.process.noise as Parameters<typeof lookInBlocks>[0],
  world = { maskId: network.maskId, words: network.process.words },
): Looking {
  const { growth, context, block } = network
  if (growth && lengths) {
    const counts = Object.entries(lengths.counts).map(([n, count]) => [Number(n), count] as const)
    const { logProb } = lengthHistogram(counts, context)
    const { look } = underForests(growth, startNats(growth.forests, logProb, context))
    return (clean, u, next) => look(clean, u, next, world)
  }
  return (clean, u, next, before) =>
    lookInBlocks(undone, clean, blocksOf(clean.length, block, before), u, next, world)
}
