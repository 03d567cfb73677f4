// How many columns a character takes, and how a text may be shown safely.

const nothing = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u

/** Columns of one code point: 0 for combining marks, 2 for East Asian wide characters and emoji. */
export function columnsOf(character: string): number {
  if (character < '\u0300') return 1
  return nothing.test(character) ? 0 : wide.test(character) ? 2 : 1
}

/** A text whose control characters cannot move the cursor or worse: they show as their pictures (␛). Line breaks and
 * tabs stay. */
export const harmless = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]/gu, (c) =>
    c < ' ' ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : '␦',
  )
