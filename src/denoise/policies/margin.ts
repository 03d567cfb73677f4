// Top probability margin: a position is the surer the further its best word is ahead of the second. Where two words are
// about as probable one of them is a guess, however probable it is: in puzzles the largest probability misleads and the
// margin does not (Sudoku: 18.5 % solved by the one, 89.5 % by the other). Gumbel noise on the order, 0.5 in the paper's
// puzzles, is --order-temperature.
import type { Policy } from '../policy.ts'
import { confidence, surestFirst } from './confidence.ts'

const { causal, takes, defaults, steps, wants } = confidence

export const margin: Policy = {
  name: 'margin',
  about: 'where the best word is furthest ahead of the second first',
  source: 'Kim et al., arXiv 2502.06768',
  causal,
  takes,
  defaults,
  steps,
  wants,
  choose: surestFirst((prediction) => {
    const [best, second] = prediction.mostProbable(2)
    return best.probability - (second?.probability ?? 0)
  }),
}
