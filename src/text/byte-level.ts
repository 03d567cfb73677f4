// The one tokenizer behind all kinds: a byte-level BPE model in the sense of the Hugging Face libraries. Merging is
// @huggingface/tokenizers' work; here pieces are cut, remembered (texts repeat their words, and a remembered piece
// costs one look-up), and ids turned back into bytes. A test holds both against the library on whole texts.
import * as library from '@huggingface/tokenizers'
import { UnfogError } from '../error/index.ts'
import { byteCharacter, toAlphabet, tokenBytes } from './alphabet.ts'
import { roles as roleNames, roleTokens } from './conversation.ts'
import type { TokenizerKind, Vocabulary } from './kind.ts'
import { labelTokens, readLabelTokens } from './labels.ts'
import { longestPiece, ownCopy, refuseLoneSurrogate } from './pieces.ts'
import type { LabelValues, Tokenizer, TokenizerOptions } from './tokenizer.ts'

// the library's own type files cannot be resolved under nodenext (its imports have no endings)
const { BPE } = library as unknown as {
  BPE: new (model: object) => { encode(pieces: string[]): string[] }
}

/** Special tokens in the order of their ids, which follow the vocabulary's. */
export const specialTokens = ['<|mask|>', '<|bos|>', '<|eos|>', '<|pad|>'] as const

/** What a mask may become beside a word (DreamOn, hkunlp.github.io/blog/2025/dreamon): two masks, or nothing. */
export const growthTokens = ['<|expand|>', '<|delete|>'] as const

const rememberedPieces = 30_000

export function byteLevelTokenizer(
  name: string,
  kind: TokenizerKind,
  vocabulary: Vocabulary,
  labelValues: readonly LabelValues[] = [],
  {
    roles: withRoles = false,
    growth: withGrowth = false,
  }: Pick<TokenizerOptions, 'roles' | 'growth'> = {},
): Tokenizer {
  const textSize = vocabulary.tokens.length
  const written = [...specialTokens, ...labelTokens(labelValues)]
  const added = [...written, ...(withGrowth ? growthTokens : []), ...(withRoles ? roleTokens : [])]
  const idOf = (token: string) => textSize + added.indexOf(token)
  const size = textSize + added.length
  const special = { mask: textSize, bos: textSize + 1, eos: textSize + 2, pad: textSize + 3 }
  const labelOffset = textSize + specialTokens.length
  const labels = readLabelTokens(written.slice(specialTokens.length), labelOffset)!
  const roleIds = roleNames.map((role, i) => [role, idOf(roleTokens[i])])
  const growth = withGrowth
    ? { expand: idOf(growthTokens[0]), delete: idOf(growthTokens[1]) }
    : undefined
  const banned = Int32Array.from([
    special.mask,
    special.bos,
    special.pad,
    ...Array.from({ length: size - labelOffset }, (_, i) => labelOffset + i).filter(
      (id) => id !== growth?.expand && id !== growth?.delete,
    ),
  ])
  const encodePieces = pieceEncoder(kind, vocabulary)
  const { starts, bytes, characters } = byteTable(vocabulary.tokens, size)

  return {
    kind: name,
    size,
    special,
    labels,
    growth,
    roles: withRoles ? (Object.fromEntries(roleIds) as Tokenizer['roles']) : undefined,
    banned,
    characters,
    encode(text) {
      refuseLoneSurrogate(text)
      return encodePieces(text)
    },
    decode(ids) {
      let length = 0
      for (let i = 0; i < ids.length; i++) {
        const id = checkedId(ids[i], size)
        length += starts[id + 1] - starts[id]
      }
      const text = new Uint8Array(length)
      for (let i = 0, at = 0; i < ids.length; i++) {
        for (let from = starts[ids[i]]; from < starts[ids[i] + 1]; from++) text[at++] = bytes[from]
      }
      return utf8.decode(text)
    },
    token(id) {
      if (checkedId(id, size) >= textSize) return added[id - textSize]
      const own = bytes.subarray(starts[id], starts[id + 1])
      const text = utf8.decode(own)
      if (!text.includes('\ufffd')) return text
      return Array.from(
        own,
        (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      ).join('')
    },
    toJSON: () => tokenizerFile(kind, vocabulary, added),
  }
}

// a byte order mark inside a text is text
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function checkedId(id: number, size: number): number {
  if (id >= 0 && id < size && Number.isInteger(id)) return id
  throw new UnfogError('bad_input', `token id ${id} is outside this tokenizer's 0 to ${size - 1}`)
}

/** Text to ids, piece by piece. */
function pieceEncoder(
  kind: TokenizerKind,
  { tokens, merges }: Vocabulary,
): (text: string) => Int32Array {
  const idOf = new Map(tokens.map((token, id) => [token, id]))
  if (!kind.pattern) {
    const byteId = Int32Array.from(byteCharacter, (character) => idOf.get(character)!)
    const encoder = new TextEncoder()
    return (text) => Int32Array.from(encoder.encode(text), (byte) => byteId[byte])
  }
  const { regex } = kind.pattern
  const model = new BPE(bpeModel(kind, { tokens, merges }))
  const remembered = new Map<string, readonly number[]>()
  const encodePiece = (piece: string): readonly number[] => {
    const ids = model.encode([toAlphabet(piece)]).map((token) => idOf.get(token)!)
    if (piece.length > longestPiece) return ids
    if (remembered.size >= rememberedPieces) remembered.clear()
    remembered.set(ownCopy(piece), ids)
    return ids
  }
  return (text) => {
    const all: number[] = []
    for (const piece of text.match(regex) ?? []) {
      const ids = remembered.get(piece) ?? encodePiece(piece)
      for (let i = 0; i < ids.length; i++) all.push(ids[i])
    }
    return new Int32Array(all)
  }
}

/** The bytes of all tokens, one after another, and how many code points begin in each. */
function byteTable(tokens: readonly string[], size: number) {
  const starts = new Int32Array(size + 1)
  const characters = new Int32Array(size)
  for (const [id, token] of tokens.entries()) starts[id + 1] = starts[id] + token.length
  starts.fill(starts[tokens.length], tokens.length)
  const bytes = new Uint8Array(starts[size])
  for (const [id, token] of tokens.entries()) {
    const own = tokenBytes(token)!
    bytes.set(own, starts[id])
    for (const byte of own) if ((byte & 0xc0) !== 0x80) characters[id]++
  }
  return { starts, bytes, characters }
}

/** The `model` of tokenizer.json. Merges are strings with a space: every version of the libraries reads those. */
function bpeModel(kind: TokenizerKind, { tokens, merges }: Vocabulary): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: kind.wholePieces,
    // fromEntries, because "__proto__" is a word like any other
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merges.map(([left, right]) => `${left} ${right}`),
  }
}

/** The `pre_tokenizer` of tokenizer.json: cut by the pattern, then write bytes in the alphabet. */
export function preTokenizer(kind: TokenizerKind): object {
  const bytesOnly = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  }
  if (!kind.pattern) return bytesOnly
  const split = {
    type: 'Split',
    pattern: { Regex: kind.pattern.file },
    behavior: 'Isolated',
    invert: false,
  }
  return { type: 'Sequence', pretokenizers: [split, bytesOnly] }
}

function tokenizerFile(
  kind: TokenizerKind,
  vocabulary: Vocabulary,
  added: readonly string[],
): object {
  const flags = {
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((content, i) => ({
      id: vocabulary.tokens.length + i,
      content,
      ...flags,
    })),
    normalizer: null,
    pre_tokenizer: preTokenizer(kind),
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: bpeModel(kind, vocabulary),
  }
}
