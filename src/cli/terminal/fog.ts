// What fog looks like. A token in the fog is a blot about as wide as a word, thin (░) while the model has no idea and
// denser (▒ ▓) as its best guess gains probability. Its grain stirs a little from frame to frame.
import type { Tokenizer } from '../../text/index.ts'

const grains = ['░', '▒', '▓']

/** Widths of words, as they follow each other in English. */
const widths = [3, 5, 2, 4, 6, 3, 4, 2, 5, 3, 7, 4]

export interface FogShape {
  /** columns of the blot at a position */
  width(position: number): number
  /** does a space stand before it? */
  spaced: boolean
}

/** Where tokens are words or pieces of them, blots are words with spaces between; where they are letters, letters. */
export function fogShape({ characters }: Pick<Tokenizer, 'characters'>): FogShape {
  return characters.some((count) => count > 1)
    ? { width: (position) => widths[position % widths.length], spaced: true }
    : { width: () => 1, spaced: false }
}

/** @param certainty 0 to 1  @param tick changes from frame to frame */
export function blot(shape: FogShape, position: number, certainty: number, tick: number): string {
  let drawn = ''
  for (let column = 0; column < shape.width(position); column++) {
    const stir = noise(position * 31 + column, tick) - 0.5
    const level = Math.floor(certainty * grains.length + 0.9 * stir)
    drawn += grains[Math.min(grains.length - 1, Math.max(0, level))]
  }
  return drawn
}

/** A word that is only the nearest to where its vector stands: the less sure, the more of its letters are fog. */
export function blurred(text: string, position: number, certainty: number, tick: number): string {
  const letters = Array.from(text, (letter, i) =>
    /\s/.test(letter) || noise(position * 31 + i, tick) < certainty
      ? letter
      : grains[Math.min(grains.length - 1, Math.floor(certainty * grains.length))],
  )
  return letters.join('')
}

/** A number in [0, 1) that looks random and is always the same: decoration, so no seed has a say in it. */
function noise(place: number, tick: number): number {
  const mixed = Math.imul(place ^ Math.imul(tick + 1, 0x9e3779b1), 0x85ebca6b)
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
}
