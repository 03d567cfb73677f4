// Colours as a terminal can show them. A colour means certainty and nothing else: fog is grey, a word goes from rose
// (a guess) over amber to green (sure). Medium tones, to be read on black and on white.
import type { Io, Output } from '../io.ts'

export type Rgb = readonly [red: number, green: number, blue: number]

/** How a piece of text is painted. */
export interface Ink {
  colour?: Rgb
  bold?: boolean
  dim?: boolean
}

export interface Palette {
  paint(text: string, ink: Ink): string
}

/** Escape codes, none of which a plain output gets. */
export const plain: Palette = { paint: (text) => text }

/** Is this a place for colours and for repainting? Not a file or a pipe, and nobody said NO_COLOR (no-color.org). */
export const lively = (output: Output, env: Io['env']): boolean =>
  output.isTTY && !env.NO_COLOR && env.TERM !== 'dumb'

export function paletteFor(output: Output, env: Io['env']): Palette {
  if (!lively(output, env)) return plain
  const colour = /^(truecolor|24bit)$/.test(env.COLORTERM ?? '') ? trueColour : cube
  return {
    paint(text, ink) {
      const codes = [ink.bold && '1', ink.dim && '2', ink.colour && colour(ink.colour)]
      const on = codes.filter(Boolean).join(';')
      return on === '' || text === '' ? text : `\x1b[${on}m${text}\x1b[0m`
    },
  }
}

const trueColour = (rgb: Rgb): string => `38;2;${rgb.join(';')}`

/** The nearest of the 6×6×6 colours and 24 greys that every terminal of today has. */
function cube([red, green, blue]: Rgb): string {
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 16) {
    const grey = Math.round(((red + green + blue) / 3 - 8) / 10)
    return `38;5;${232 + Math.min(23, Math.max(0, grey))}`
  }
  const level = (value: number) =>
    value < 48 ? 0 : value < 115 ? 1 : Math.round((value - 55) / 40)
  return `38;5;${16 + 36 * level(red) + 6 * level(green) + level(blue)}`
}

const fogStops: readonly Rgb[] = [
  [108, 108, 118],
  [160, 160, 172],
]
const wordStops: readonly Rgb[] = [
  [205, 92, 130],
  [196, 146, 56],
  [70, 160, 112],
]

/** @param certainty 0 to 1 */
export const fogColour = (certainty: number): Rgb => between(fogStops, certainty)
/** @param certainty 0 to 1: the probability with which the word was written */
export const wordColour = (certainty: number): Rgb => between(wordStops, certainty)

function between(stops: readonly Rgb[], at: number): Rgb {
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1)
  const from = Math.min(Math.floor(place), stops.length - 2)
  const mix = (i: 0 | 1 | 2) =>
    Math.round(stops[from][i] + (stops[from + 1][i] - stops[from][i]) * (place - from))
  return [mix(0), mix(1), mix(2)]
}
