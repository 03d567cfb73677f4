// Write, doubt, write again. Once everything is written, every word is hidden in turn and the model is asked what
// it would put there, now that all others stand. A word is doubtful when it is more surprising than the model's own
// uncertainty explains: -log p(word) - entropy; a free choice among forty words is not, a wrong one between two sure
// neighbours is. The most doubtful words go back into the fog with what stands beside them, and are written again,
// most certain first. A text without doubts is finished.
import { mostBlocks } from '../blocks.ts'
import type { Change, Policy, PolicyState } from '../policy.ts'
import { doubtOf, writable, writingIn } from './again.ts'
import { confidence } from './confidence.ts'

/** In how many questions all words are hidden once: few at a time, so that neighbours stand. */
const mostQuestions = 6
/** most rounds of doubt without `steps` */
const defaultRounds = 8
/** nats of excess surprise from which on a word is doubtful */
const doubtful = 1.5
/** share of the words that go back together, and how many stand beside the doubtful one on either side */
const againShare = 0.1
const beside = 1

const againOf = (words: number): number =>
  Math.min(words, Math.max(3, Math.round(againShare * words)))
const questionsOf = (words: number): number => Math.min(words, mostQuestions)
const roundOf = (words: number): number => questionsOf(words) + againOf(words)

/** Where a step lies: in the first writing, in a question, or in a writing again. */
function placeOf({ step, steps, start }: PolicyState) {
  const writing = Math.min(steps, start)
  const rounds = Math.floor((steps - writing) / roundOf(start))
  const since = step - writing
  const round = Math.floor(since / roundOf(start))
  return { writing, rounds, round, within: since - round * roundOf(start) }
}

export const revise: Policy = {
  name: 'revise',
  about: 'surest first; then doubtful words go back into the fog and are written again',
  source: 'Zhao et al., arXiv 2407.21243: an informed corrector',
  causal: false,
  takes: ['steps', 'blockLength', 'orderTemperature'],
  defaults: { temperature: 1 },
  steps: (fog, settings) =>
    Math.max(settings.steps ?? fog + defaultRounds * roundOf(fog), mostBlocks(fog, settings)),
  wants(state) {
    if (state.fog.length > 0) return confidence.wants(writingIn(placeOf(state).writing, state))
    const { within } = placeOf(state)
    const questions = questionsOf(state.start)
    return Int32Array.from(writable(state).filter((_, i) => i % questions === within))
  },
  choose(predictions, state) {
    const { writing, within } = placeOf(state)
    if (state.fog.length > 0) return confidence.choose(predictions, writingIn(writing, state))
    return within === questionsOf(state.start) - 1 ? again(state) : []
  },
  done(state) {
    if (state.fog.length > 0) return false
    const { rounds, round, within } = placeOf(state)
    // nothing went back after the last question: there was no doubt
    return within === questionsOf(state.start) || round + (within > 0 ? 1 : 0) >= rounds
  },
}

/** What goes back: the most doubtful words and what stands beside them. */
function again(view: PolicyState): Change[] {
  const words = writable(view)
  const doubt = words.map((position) => doubtOf(view, position))
  const worst = [...words.keys()]
    .filter((i) => doubt[i] > doubtful)
    .sort((a, b) => doubt[b] - doubt[a] || a - b)
  const back = new Set<number>()
  for (const i of worst) {
    for (let j = i - beside; j <= i + beside; j++) {
      if (words[j] !== undefined && back.size < againOf(view.start)) back.add(words[j])
    }
  }
  return [...back].map((position) => ({ position, token: view.maskId }))
}
