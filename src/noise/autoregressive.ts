// Left to right, as a noise process: blocks of one word, each all fog at any time above 0 (arXiv 2503.09573,
// block length 1). A causal network hides from a row everything but the words to its left, so one forward over the
// clean text holds the predictions at all L moments, and the price is -log p(text) itself, not a bound.
import { crossEntropy } from '../graph/index.ts'
import { only } from './masked.ts'
import type { WordNoise } from './noise.ts'
import { expectStep, expectTime } from './schedule.ts'
import { scoreEntropy } from './score-entropy.ts'

export const autoregressive: WordNoise = {
  name: 'autoregressive',
  about: 'one word after the other, each from the words before it',
  source: 'Arriola et al., arXiv 2503.09573, block length 1',
  causal: true,
  settles: true,
  hides: true,

  corrupt(clean, t) {
    expectTime(t)
    return clean.slice()
  },

  rows: (noisy) => Int32Array.from(noisy, (_, position) => position),

  forward(token, s, t, { vocabSize, maskId }) {
    expectStep(s, t)
    return only(t > s && t > 0 ? maskId : token, vocabSize)
  },

  prior: ({ vocabSize, maskId }) => only(maskId, vocabSize),

  posterior(noisy, prediction, s, t, { vocabSize, maskId }) {
    expectStep(s, t)
    return noisy === maskId && s === 0 ? prediction.slice() : only(noisy, vocabSize)
  },

  bound: ({ logits, targets }) => crossEntropy(logits, targets),
  loss: ({ logits, targets }) => crossEntropy(logits, targets),
  scoreEntropy,

  look: (clean) => ({
    noisy: clean,
    rows: Int32Array.from(clean.keys()),
    time: 1,
    worth: 1,
  }),

  cost: ({ logits, targets }) => crossEntropy(logits, targets),
}
