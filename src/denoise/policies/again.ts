// What policies share that look at a finished text once more, and put some of it back into the fog.
import { states } from '../frame.ts'
import type { PolicyState } from '../policy.ts'

/** All positions that were not given. */
export const writable = ({ state }: PolicyState): number[] =>
  [...state.keys()].filter((position) => state[position] !== states.given)

/** The state as `confidence` is shown it: in the first writing, of so many steps, as it is; then one word a step, wherever
 * it lies. */
export function writingIn(steps: number, state: PolicyState): PolicyState {
  if (state.step < steps) return { ...state, steps }
  const { blockLength: _, ...settings } = state.settings
  return { ...state, step: 0, steps: state.start, settings }
}

/** How much more surprising a word is than its place is uncertain, in nats: -log p - entropy. A free choice among forty
 * words is no surprise, a wrong one where one word was sure is. */
export const doubtOf = ({ confidence, entropy }: PolicyState, position: number): number =>
  -Math.log(confidence[position]) - entropy[position]
