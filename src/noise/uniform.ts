// Uniform diffusion: each position becomes some other word with probability 1 - α_t, on its own, and nothing shows
// which ones did (arXiv 2412.10193 UDLM, 2506.10892 Duo, 2107.03006 D3PM). Any word may be wrong at any time, so a
// model can change its mind.
import { type Mixed, mixed } from './mixed.ts'
import { relaxedForm } from './relaxed.ts'

const swapped = mixed(
  {
    name: 'uniform',
    about: 'words are swapped for others, and nothing shows which',
    source: 'Schiff et al., arXiv 2412.10193',
  },
  { masks: 0, words: 1, power: 1 },
)

export const uniform: Mixed = { ...swapped, relaxed: relaxedForm(swapped) }
