// LLaDA2.1's token editing: every step lifts the fog where the model is surer than one threshold, or else where it is
// surest, and in the same forward puts another word in the place of one that it has written, where it is surer than a
// second threshold of the other. So several words may be written at once, early, and what does not fit is mended when more
// of the text stands. It ends when all is written and a step changes nothing. A word is judged where it stands, as only
// a model can that has learnt from wrong words; one of masked noise has seen none (`revise` hides what it judges).
import { probabilityOf, ranked } from '../certainty.ts'
import { states } from '../frame.ts'
import type { Policy } from '../policy.ts'
import { posterior } from './posterior.ts'

/** most steps beyond one for each word: words that take turns would go on for ever */
const mostEditing = 16

export const editing: Policy = {
  name: 'editing',
  about: 'as many words a step as are sure; a written one is replaced if another is sure',
  source: 'Bie et al., arXiv 2602.08676 (LLaDA2.1); github.com/ZHZisZZ/dllm llada21',
  causal: false,
  redraws: true,
  judges: 'words and fog',
  takes: ['threshold', 'editThreshold'],
  defaults: { temperature: 1 },
  steps: (fog) => fog + mostEditing,
  wants: posterior.wants,
  choose(predictions, { state, tokens, settings: { threshold = 0.9, editThreshold = 0.9 } }) {
    const sure = predictions.map(({ logits, token }) => probabilityOf(token, logits))
    const inFog = (i: number) => state[predictions[i].position] === states.fog
    const all = [...predictions.keys()]
    const fog = all.filter(inFog)
    const lifted = fog.filter((i) => sure[i] > threshold)
    const surest = ranked(
      fog,
      fog.map((i) => sure[i]),
    ).slice(0, 1)
    const edited = all.filter((i) => {
      const { position, token } = predictions[i]
      return !inFog(i) && sure[i] > editThreshold && token !== tokens[position]
    })
    return [...(lifted.length > 0 ? lifted : surest), ...edited].map((i) => {
      const { position, token } = predictions[i]
      return { position, token }
    })
  },
  done: ({ fog, step, steps }, quiet) => fog.length === 0 && (quiet || step >= steps),
}
