// Write, then go back: most certain first until the fog is gone, then one run of neighbouring words after another
// returns into the fog and is written again, most certain first, now that everything else stands.
// Drawing some words anew from what the others leave possible is blocked Gibbs sampling, a corrector in the sense of
// arXiv 2205.14987: where the model's conditionals agree it changes nothing about which texts come out how often, and
// where they do not, texts drift towards what the model itself believes. Runs, because the words of a phrase can only
// change together: measured on tales, runs mend twice as many as single words do.

import { states } from '../frame.ts'
import type { Change, Policy, PolicyState } from '../policy.ts'
import { confidence } from './confidence.ts'

/** share of the words that a run holds, and how many runs there are without `steps` */
const runShare = 0.15
const defaultRuns = 8

const runLength = (words: number): number => Math.max(1, Math.round(runShare * words))

export const revise: Policy = {
  name: 'revise',
  about: 'surest first, then runs of words go back into the fog and are written again',
  source: 'Campbell et al., arXiv 2205.14987: a corrector, here blocked Gibbs sampling',
  causal: false,
  takes: ['steps', 'orderTemperature'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => settings.steps ?? fog + defaultRuns * runLength(fog),
  wants: ({ fog }) => fog,
  choose(predictions, state) {
    const writing = Math.min(state.steps, state.start)
    const first = state.step < writing
    const written = confidence.choose(
      predictions,
      // after the first writing, one word a step
      first ? { ...state, steps: writing } : { ...state, step: 0, steps: state.start },
    )
    if (written.length < state.fog.length) return written
    const again = nextRun(state)
    const back = new Set(again.map(({ position }) => position))
    return [...written.filter(({ position }) => !back.has(position)), ...again]
  },
}

/** The run that goes back once everything is written; empty when there are no steps left to write it again. */
function nextRun({ step, steps, start, state, tokens, fog, random }: PolicyState): Change[] {
  const length = Math.min(runLength(start), steps - step - 1)
  const words = [...state.keys()].filter((position) => state[position] !== states.given)
  if (length >= words.length) return []
  const run = Math.floor((step + 1) / runLength(start))
  const from = Math.floor(words.length * turned(random.uniform(0, 0, 'position'), run))
  const maskId = tokens[fog[0]]
  return Array.from({ length }, (_, i) => ({
    position: words[(from + i) % words.length],
    token: maskId,
  }))
}

/** Where the n-th run begins, as a share of the text: steps of the golden section leave no word out for long. */
const turned = (u: number, n: number): number => (u + n * ((Math.sqrt(5) - 1) / 2)) % 1
