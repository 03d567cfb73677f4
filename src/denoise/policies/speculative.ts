// Speculative decoding (arXiv 2211.17192) with a masked model as drafter: it guesses the next words all at once, and one
// forward of the model that reads from left to right says what it would have written at each of them, and behind the
// last. Guesses stand as far as it agrees; where it does not, its own word stands and the guesses behind are dropped.
// Both draw a position's word by the same random number, which belongs to the position (arXiv 2408.07978: the text does
// not depend on the drafter). So the text is, word for word, the one that `left-to-right` writes by the same seed, at any
// temperature; the better the guesses, the fewer the forwards. (Of 78 tokens of a tale at temperature 0.6, 52 forwards of
// both models; at 1, 57 of 80.)
import { states } from '../frame.ts'
import type { Policy } from '../policy.ts'
import { leftToRight } from './left-to-right.ts'

export const speculative: Policy = {
  ...leftToRight,
  name: 'speculative',
  about: 'a masked model drafts words, the --verifier writes those it agrees to, and its own',
  source: 'Leviathan et al., arXiv 2211.17192; Daliri et al., arXiv 2408.07978',
  takes: ['drafts'],
  guesses: ({ fog, settings: { drafts = 8 } }) => fog.slice(0, drafts),
  drawnAt: (position, { state }) =>
    state.subarray(0, position).filter((one) => one !== states.given).length,
  wants({ fog, guesses, maskId }) {
    const unguessed = fog.findIndex((position) => (guesses?.[position] ?? maskId) === maskId)
    return unguessed < 0 ? fog : fog.slice(0, unguessed + 1)
  },
  choose(predictions, { guesses }) {
    const refused = predictions.findIndex(({ position, token }) => guesses?.[position] !== token)
    return predictions
      .slice(0, refused < 0 ? predictions.length : refused + 1)
      .map(({ position, token }) => ({ position, token }))
  },
}
