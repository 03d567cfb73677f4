// Bytes as printable characters: the alphabet of byte-level tokenizers (GPT-2, Radford et al. 2019). A vocabulary
// file is text, so each byte needs a visible character; bytes that have none take one from U+0100 on. Ids of the
// 256 bytes follow the order of those characters, as in the Hugging Face trainer, whose ties depend on it.

const shown = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

const codes: number[] = []
for (let byte = 0, next = 256; byte < 256; byte++) codes.push(shown(byte) ? byte : next++)

/** The character of each byte. */
export const byteCharacter: readonly string[] = codes.map((code) => String.fromCharCode(code))

const characterByte: ReadonlyMap<string, number> = new Map(
  byteCharacter.map((character, byte) => [character, byte]),
)

/** The 256 one-byte tokens in the order of their ids. */
export const alphabet: readonly string[] = [...byteCharacter].sort((a, b) => (a < b ? -1 : 1))

const encoder = new TextEncoder()

/** Text in the alphabet: one character per UTF-8 byte. */
export function toAlphabet(text: string): string {
  let written = ''
  for (const byte of encoder.encode(text)) written += byteCharacter[byte]
  return written
}

/** The bytes of a token written in the alphabet; undefined when a character is not of the alphabet. */
export function tokenBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = characterByte.get(token[i])
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}
