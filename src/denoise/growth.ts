// Canvases that grow and shrink (DreamOn, hkunlp.github.io/blog/2025/dreamon): a mask may become two masks, or nothing. A
// text is then written in passes. In a pass every mask is answered once, in whatever order the policy likes, by a word or
// by one of these; the answer stands in its place until the pass is over, and the canvas keeps its length. What has become
// two masks is the fog of the next pass, and a pass that leaves none ends the text. The network always sees the canvas as
// it will be. So policies know nothing of growth, and each is exact where it was.
import type { Growth } from './denoiser.ts'
import { states } from './frame.ts'

/** The canvas as a pass leaves it. */
export interface Grown {
  tokens: Int32Array
  state: Uint8Array
  /** [L before] where each position stands now; of two masks the first; -1 where it is gone */
  places: Int32Array
  /** [L now] where each position stood before; -1 for a mask that is new */
  origins: Int32Array
}

/** @param most tokens; what would split beyond them, from left to right, stays one mask */
export function grown(
  tokens: Int32Array,
  state: Uint8Array,
  ids: Pick<Growth, 'expand' | 'delete'>,
  maskId: number,
  most: number,
): Grown {
  const standing = standingIn(tokens, state, ids)
  let room = most - (tokens.length - standing.deletes)
  const next = { tokens: [] as number[], state: [] as number[], origins: [] as number[] }
  const put = (token: number, one: number, origin: number) => {
    next.tokens.push(token)
    next.state.push(one)
    next.origins.push(origin)
  }
  const places = tokens.map((token, at) => {
    const place = next.tokens.length
    if (state[at] === states.given || (token !== ids.expand && token !== ids.delete)) {
      put(token, state[at], at)
      return place
    }
    if (token === ids.delete) return -1
    put(maskId, states.fog, -1)
    if (room-- > 0) put(maskId, states.fog, -1)
    return place
  })
  return {
    tokens: Int32Array.from(next.tokens),
    state: Uint8Array.from(next.state),
    places,
    origins: Int32Array.from(next.origins),
  }
}

/** Answers of this pass that change the length. */
export function standingIn(
  tokens: Int32Array,
  state: Uint8Array,
  ids: Pick<Growth, 'expand' | 'delete'>,
): { expands: number; deletes: number } {
  const count = (id: number) =>
    tokens.reduce((sum, one, at) => sum + Number(one === id && state[at] !== states.given), 0)
  return { expands: count(ids.expand), deletes: count(ids.delete) }
}

/** keys of one step are this far from those of the next; no canvas is as long */
const span = 2 ** 24

/** What positions that came to be with a step are called. @param step 0 for those of the first canvas */
export const keyOf = (step: number, position: number): number => step * span + position

/** The step with which the pass of a canvas began: that of its youngest positions. */
export const passOf = (keys: readonly number[]): number =>
  Math.floor(keys.reduce((most, key) => Math.max(most, key), 0) / span)

/** The state as the policy sees it: what earlier passes wrote is given, and an answer that changes the length settled. */
export function stateInPass(
  tokens: Int32Array,
  state: Uint8Array,
  keys: readonly number[],
  ids: Pick<Growth, 'expand' | 'delete'>,
): Uint8Array {
  const pass = passOf(keys)
  return state.map((one, at) => {
    if (keys[at] < keyOf(pass, 0)) return states.given
    const answered = tokens[at] === ids.expand || tokens[at] === ids.delete
    return one === states.fog && answered ? states.settled : one
  })
}
