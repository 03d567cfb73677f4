// Hybrid diffusion (GIDD, arXiv 2503.04482, its γ = 1): most lost words become the mask, some become other words. All
// is fog at t = 1, as in masked diffusion; on the way a model learns that a word it sees may be wrong.
import { type Mixed, mixed } from './mixed.ts'

/** @param replaced the share of other words where half of the schedule's survival is gone, in (0, 1) */
export const hybridOf = (replaced: number): Mixed =>
  mixed(
    {
      name: 'hybrid',
      about: `words vanish into the fog, and at most ${Number((100 * replaced).toPrecision(4))} % of a text are swapped for others`,
      source: 'von Rütte et al., arXiv 2503.04482',
    },
    { masks: 1, words: (2 * replaced) / (1 - replaced), power: 1 / 2 },
  )

export const hybrid: Mixed = { ...hybridOf(0.1), replacing: hybridOf }
