// Write, read it through, write again what does not fit. Once everything is written the text is read from left to right,
// in one forward of the same weights under a causal mask (`asReader`), which says how likely each word is after those
// before it. Where two parts of a text were written apart and do not meet, each word fits its neighbours, and asking for
// one word at a time finds nothing wrong (`revise` does); to a reader the first word of the second part is a surprise.
// Doubtful words go back into the fog with what stands beside them, and are written again, most certain first, and with
// the most certain all that leave no choice: nothing is lost by it, since everything is read. But a gap
// that is too short or too long has no right filling. So now and then all goes back from the first doubt on, since what
// stands before it was read without one; and now and then everything does, since it may have led there (without that, a
// fifth of the tales of the bundled model never came clean). A text in which nothing is doubtful is finished.
import type { Change, Policy, PolicyState, Prediction } from '../policy.ts'
import { doubtOf, writable, writingIn } from './again.ts'
import { confidence } from './confidence.ts'

/** certainty from which on a word is written with the surest one, without `threshold` */
const noChoice = 0.95
/** nats of excess surprise from which on a word is doubtful */
const doubtful = 3
/** how many words on either side of a doubtful one go back with it */
const beside = 2
/** chance that everything goes back; that else all behind the first doubt does, and not what is near each */
const anew = 1 / 4
const onward = 1 / 3
/** steps without `steps`, as so many writings of the whole text */
const mostWritings = 12

/** Steps over which the first writing is divided, where they are fewer than words; else each writes one at least. */
const firstWriting = ({ steps, start }: PolicyState): number => (steps < start ? steps : 0)

export const proofread: Policy = {
  name: 'proofread',
  about: 'surest first; then it reads from left to right, and writes again what does not fit',
  source: 'as arXiv 2407.21243 corrects by a second look; docs/notes/002-learning-tales.md',
  causal: false,
  takes: ['threshold', 'steps', 'orderTemperature'],
  defaults: { temperature: 1 },
  steps: (fog, settings) => settings.steps ?? mostWritings * fog,
  reads: ({ fog }) => fog.length === 0,
  wants: (state) => (state.fog.length > 0 ? state.fog : Int32Array.from(writable(state))),
  choose: (predictions, state) =>
    state.fog.length > 0 ? written(predictions, state) : again(state),
  done: ({ fog, step, steps }, quiet) => fog.length === 0 && (quiet || step >= steps),
}

/** This step's share, and all that leave no choice. */
function written(predictions: readonly Prediction[], state: PolicyState): Change[] {
  const { threshold = noChoice } = state.settings
  const share = confidence.choose(predictions, writingIn(firstWriting(state), state))
  const chosen = new Set(share.map(({ position }) => position))
  const sure = predictions.filter(({ position, top }) => top >= threshold && !chosen.has(position))
  return [...share, ...sure.map(({ position, token }) => ({ position, token }))]
}

/** What goes back, so that it can be written in the steps that are left; nothing ends the text. */
function again(state: PolicyState): Change[] {
  const { step, steps, random, maskId } = state
  const words = writable(state)
  const doubts = [...words.keys()].filter((i) => doubtOf(state, words[i]) > doubtful)
  if (doubts.length === 0) return []
  const near = nearby(doubts, words.length)
  const happens = (chance: number, which: number) =>
    random.uniform(step, which, 'position') < chance
  const back = happens(anew, 0)
    ? words
    : happens(onward, 1)
      ? words.slice(near[0])
      : near.map((i) => words[i])
  return back.slice(0, steps - step - 1).map((position) => ({ position, token: maskId }))
}

/** The doubtful ones of so many words with those beside them. */
const nearby = (doubts: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) =>
    doubts.some((doubt) => Math.abs(doubt - i) <= beside),
  )
