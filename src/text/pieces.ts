// How text is cut into pieces before anything is looked up, and how often each piece occurs. The pattern is GPT-2's:
// words with the space in front of them, numbers, runs of other signs, white space.
// It stands in tokenizer.json in Oniguruma's spelling; \s means Unicode White_Space there, which is not what \s
// means in JavaScript (U+0085 and U+FEFF differ), so the spelling here is explicit.
import { UnfogError } from '../error/index.ts'

/** A pattern in the two spellings. */
export interface Pattern {
  /** as tokenizer.json says it */
  readonly file: string
  /** as JavaScript says it, with the flags g and u */
  readonly regex: RegExp
}

export const wordPattern: Pattern = {
  file: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  regex:
    /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
}

export const characterPattern: Pattern = { file: '[\\s\\S]', regex: /[\s\S]/gu }

/** No UTF-8 can hold half of a surrogate pair.
 * @throws UnfogError `bad_input` that says where it is */
export function refuseLoneSurrogate(text: string): void {
  const at = text.search(/\p{Surrogate}/u)
  if (at < 0) return
  const code = text.charCodeAt(at).toString(16).toUpperCase()
  throw new UnfogError(
    'bad_input',
    `the text holds half of a surrogate pair (U+${code}) at position ${at}, which is no character: remove it`,
  )
}

/** V8 keeps a whole text alive for each slice of it that is kept; this makes a copy of its own. */
export function ownCopy(piece: string): string {
  const units = new Array<number>(piece.length)
  for (let i = 0; i < piece.length; i++) units[i] = piece.charCodeAt(i)
  return String.fromCharCode(...units)
}

/** longest piece that is counted, in UTF-16 units; longer runs are data rather than words */
export const longestPiece = 256

/** Counts pieces. Above `most` different ones the rarest so far are forgotten, so that memory stays bounded however
 * long the text is. */
export async function countPieces(
  texts: AsyncIterable<string> | Iterable<string>,
  pattern: Pattern,
  most = 100_000,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const text of texts) {
    refuseLoneSurrogate(text)
    for (const piece of text.match(pattern.regex) ?? []) {
      if (piece.length > longestPiece) continue
      const count = counts.get(piece)
      if (count !== undefined) counts.set(piece, count + 1)
      else counts.set(ownCopy(piece), 1)
    }
    if (counts.size > most) forgetRarest(counts, most / 2)
  }
  return counts
}

function forgetRarest(counts: Map<string, number>, keep: number): void {
  for (let rare = 1; counts.size > keep; rare++) {
    for (const [piece, count] of counts) if (count <= rare) counts.delete(piece)
  }
}

/** Where a text can be cut so that the parts have the pieces of the whole: the last place where white space follows
 * something else. Without one, the last whole code point. */
export function lastCut(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    if (isSpace(text.charCodeAt(i)) && !isSpace(text.charCodeAt(i - 1))) return i
  }
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length
}

const isSpace = (code: number): boolean =>
  code <= 0x20
    ? code === 0x20 || (code >= 9 && code <= 13)
    : code >= 0x80 && /\p{White_Space}/u.test(String.fromCharCode(code))
