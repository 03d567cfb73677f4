// A frame's tokens as pieces of text, so that who shows a frame needs no tokenizer. The pieces joined are the text.
// Where a character is spread over several tokens (bytes), it stands whole in the first piece; the others are empty.
import type { Words } from './canvas.ts'
import { type Frame, states } from './frame.ts'

/** most tokens that are looked at for the rest of a character: no UTF-8 character has more than four bytes */
const longestCharacter = 4

/** @returns one entry a position: its text, or null where there is fog */
export function piecesOf(
  { tokens, state }: Pick<Frame, 'tokens' | 'state'>,
  { decode, encode }: Words,
): (string | null)[] {
  const pieces: (string | null)[] = Array(tokens.length).fill(null)
  for (let at = 0; at < tokens.length; ) {
    if (state[at] === states.fog) {
      at++
      continue
    }
    const end = wholeCharacters(at)
    pieces[at] = decode(tokens.subarray(at, end))
    pieces.fill('', at + 1, end)
    at = end
  }
  return pieces

  /** The end of the fewest tokens from `from` on that decode to whole characters; of one token if none do. */
  function wholeCharacters(from: number): number {
    const most = Math.min(from + longestCharacter, tokens.length)
    for (let end = from + 1; end <= most && state[end - 1] !== states.fog; end++) {
      if (isWhole(tokens.subarray(from, end))) return end
    }
    return from + 1
  }

  /** Whether tokens are characters from end to end. U+FFFD stands for broken bytes, unless it was written as such. */
  function isWhole(some: Int32Array): boolean {
    const text = decode(some)
    return !text.includes('\ufffd') || `${encode(text)}` === `${some}`
  }
}
