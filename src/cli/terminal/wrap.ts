// Inked text in lines of at most so many columns, broken at spaces where there are some.
import type { Output } from '../io.ts'
import { type Ink, type Palette, plain } from './colour.ts'
import { columnsOf, harmless } from './width.ts'

export interface Piece {
  text: string
  ink: Ink
}

/** A sentence for an output: broken between words where a terminal would break within one.
 * @param indent in front of every line */
export function sentence(text: string, output: Output, indent = ''): string {
  const width = output.isTTY ? Math.max(20, output.columns - indent.length) : Infinity
  const lines = wrap([{ text: output.isTTY ? harmless(text) : text, ink: {} }], width, plain)
  return lines.map((line) => `${indent}${line}\n`).join('')
}

interface Glyph {
  character: string
  columns: number
  ink: Ink
}

/** @param width columns, at least 2 */
export function wrap(pieces: readonly Piece[], width: number, palette: Palette): string[] {
  return breakLines(glyphsOf(pieces), width).map((line) => inked(line, palette))
}

function* glyphsOf(pieces: readonly Piece[]): Generator<Glyph> {
  for (const { text, ink } of pieces) {
    for (const character of text.replaceAll('\t', '  ')) {
      yield { character, columns: columnsOf(character), ink }
    }
  }
}

function breakLines(glyphs: Iterable<Glyph>, width: number): Glyph[][] {
  const lines: Glyph[][] = []
  let line: Glyph[] = []
  let columns = 0
  const end = (rest: Glyph[]) => {
    lines.push(line)
    line = rest
    columns = rest.reduce((sum, glyph) => sum + glyph.columns, 0)
  }
  for (const glyph of glyphs) {
    if (glyph.character === '\n') {
      end([])
      continue
    }
    if (columns + glyph.columns > width) {
      if (glyph.character === ' ') {
        end([])
        continue
      }
      const space = line.findLastIndex(({ character }) => character === ' ')
      const rest = space < 0 ? [] : line.slice(space + 1)
      if (space >= 0) line = line.slice(0, space)
      end(rest)
    }
    line.push(glyph)
    columns += glyph.columns
  }
  end([])
  return lines
}

/** Runs of one ink are painted together. */
function inked(line: readonly Glyph[], palette: Palette): string {
  let painted = ''
  let run = ''
  line.forEach(({ character, ink }, i) => {
    run += character
    if (line[i + 1]?.ink !== ink) {
      painted += palette.paint(run, ink)
      run = ''
    }
  })
  return painted
}
