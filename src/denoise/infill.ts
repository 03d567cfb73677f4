// The notation of texts with gaps: 'Lily lost her [2] in the [1].' has a gap of two tokens and one of one token, and [*] is
// a gap of any number of tokens, which only a model can fill that chooses lengths. `\[` is a bracket. Spaces beside a gap
// belong to it: nobody can see whether a missing word brings its own space.
import { UnfogError } from '../error/index.ts'

/** A stretch of an infill text, in order. */
export type InfillPart = { text: string; spaceBefore: boolean } | { gap: number | typeof anyGap }

/** a gap of unknown length */
export const anyGap = '*'

const parts = /\[([^[\]]*)\]|\\\[|\[/g

/** Text without the spaces beside gaps; `spaceBefore` says that there were some between a gap and this text.
 * @throws UnfogError `usage` for an unclosed bracket or a gap that is neither * nor a whole number of at least 1 */
export function parseInfill(infill: string): InfillPart[] {
  const found: InfillPart[] = []
  let text = ''
  let end = 0
  const endText = (beforeGap: boolean) => {
    const afterGap = found.length > 0
    const trimmed = trimSpaces(text, afterGap, beforeGap)
    if (trimmed !== '') found.push({ text: trimmed, spaceBefore: afterGap && text.startsWith(' ') })
    text = ''
  }
  for (const match of infill.matchAll(parts)) {
    text += infill.slice(end, match.index)
    end = match.index + match[0].length
    if (match[0] === '\\[') {
      text += '['
    } else {
      const gap = gapLength(match[0], match[1])
      endText(true)
      found.push({ gap })
    }
  }
  text += infill.slice(end)
  endText(false)
  return found
}

function gapLength(written: string, inside: string | undefined): number | typeof anyGap {
  const fail = (message: string) => new UnfogError('usage', message, { param: 'infill' })
  if (inside === undefined) {
    throw fail(
      '--infill has a bracket that is not closed: write a gap as [2], a plain bracket as \\[',
    )
  }
  if (inside === anyGap) return anyGap
  const length = Number(inside)
  if (!/^\d+$/.test(inside) || !Number.isSafeInteger(length)) {
    throw fail(
      `--infill has ${written}, which is no number of tokens: write a gap as [2], a plain bracket as \\[`,
    )
  }
  if (length === 0) throw fail(`--infill has ${written}, a gap of no tokens: the least is [1]`)
  return length
}

function trimSpaces(text: string, atStart: boolean, atEnd: boolean): string {
  let from = 0
  let to = text.length
  if (atStart) while (from < to && text[from] === ' ') from++
  if (atEnd) while (to > from && text[to - 1] === ' ') to--
  return text.slice(from, to)
}
