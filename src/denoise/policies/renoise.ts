// DiffusionGemma's loop, for noise that puts wrong words in the place of right ones: at every step all words are drawn
// from one look at the canvas; those that depend little on each other stand, by the rule of `entropy-bound`, and all others
// take fresh noise, also where a word stood before. Nothing is ever settled, so what came wrong early goes again. When
// the words are sure enough on average the most probable one of each is taken, and if they are the same at the next look
// the text is finished. (There the temperature also falls from 0.8 to 0.4, and the network is shown what it thought last.)
import type { Policy } from '../policy.ts'
import { dependingLittle } from './entropy-bound.ts'
import { posterior } from './posterior.ts'

/** nats a word, below which the most probable words are taken */
const sureEnough = 0.005

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const renoise: Policy = {
  name: 'renoise',
  about: 'what depends little on the rest stands, all else takes fresh noise, until all are sure',
  source: 'DiffusionGemma, as transformers 5.23 generates (DiffusionGemmaForBlockDiffusion)',
  causal: false,
  redraws: true,
  judges: 'words',
  takes: ['steps', 'entropyBound'],
  defaults: { temperature: 1 },
  steps: posterior.steps,
  wants: posterior.wants,
  choose(predictions, { step, steps, settings }) {
    const entropies = predictions.map(({ entropy }) => entropy)
    if (step === steps - 1 || mean(entropies) < sureEnough)
      return predictions.map(({ position, best }) => ({ position, token: best }))
    const looks = entropies.map((entropy) => ({ certainty: -entropy, entropy }))
    const standing = new Set(dependingLittle(looks, settings.entropyBound))
    return predictions.map((prediction, i) => {
      const { position, token } = prediction
      return standing.has(i) ? { position, token } : prediction.earlier(1, 1, 'drawn', 1)
    })
  },
  done: (state, quiet) =>
    state.step >= state.steps ||
    (quiet && mean([...posterior.wants(state)].map((i) => state.entropy[i])) < sureEnough),
}
