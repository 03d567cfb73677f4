// The tokenizer of a released model: whatever its tokenizer.json says, read by @huggingface/tokenizers. Its special
// tokens are taken out of what the library sees, so that a text that contains "<|mask|>" is nine letters here too; ids
// of special tokens print as nothing.
import * as library from '@huggingface/tokenizers'
import { UnfogError } from '../error/index.ts'
import { refuseLoneSurrogate } from './pieces.ts'
import type { SpecialIds, Tokenizer } from './tokenizer.ts'

interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] }
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string
}
// the library's own type files cannot be resolved under nodenext (its imports have no endings)
const { Tokenizer: LibraryTokenizer } = library as unknown as {
  Tokenizer: new (json: object, config: object) => Library
}

interface Added {
  id: number
  content: string
}

/** @param json the parsed tokenizer.json; without it every call on text fails in one sentence
 * @param ids those that the model's config names; the others stand in where it names none
 * @param size ids of the model, which may be more than its tokenizer has
 * @throws UnfogError `bad_tokenizer` for a file that the library cannot read or that has ids beyond `size` */
export function releasedTokenizer(
  json: object | undefined,
  ids: Partial<SpecialIds> & Pick<SpecialIds, 'mask'>,
  size: number,
): Tokenizer {
  const special = completed(ids)
  const shared = { kind: 'released', size, special, labels: [], banned: Int32Array.of(ids.mask) }
  if (!json) return { ...shared, ...wordless, characters: new Int32Array(size) }
  const file = json as { added_tokens?: unknown; model?: { vocab?: unknown } }
  const added = specialTokens(file.added_tokens, Object.values(ids))
  const silent = new Map(added.map(({ id, content }) => [id, content]))
  for (const id of Object.values(ids)) if (!silent.has(id)) silent.set(id, `<|${id}|>`)
  const words = open(json, added, size)
  const decode = (list: ArrayLike<number>): string => {
    const spoken = Array.from(list).filter((id) => !silent.has(checked(id, size)) && words.has(id))
    if (spoken.length === 0) return ''
    return words.library.decode(spoken, { clean_up_tokenization_spaces: false })
  }
  let characters: Int32Array | undefined
  return {
    ...shared,
    get characters() {
      characters ??= Int32Array.from({ length: size }, (_, id) => [...decode([id])].length)
      return characters
    },
    encode(text) {
      refuseLoneSurrogate(text)
      const found = words.library.encode(text, { add_special_tokens: false }).ids
      const unknown = found.some((id) => id === undefined || !words.has(id))
      if (unknown) throw bad('it has no token for a part of the text')
      return Int32Array.from(found as number[])
    },
    decode,
    token: (id) => silent.get(id) ?? (decode([id]) || `<${checked(id, size)}>`),
    toJSON: () => json,
  }
}

const bad = (what: string, cause?: unknown): UnfogError =>
  new UnfogError('bad_tokenizer', `tokenizer.json cannot be used: ${what}`, {
    param: 'tokenizer.json',
    cause,
  })

function fails(): never {
  throw new UnfogError(
    'bad_tokenizer',
    'this model came without tokenizer.json and knows token ids alone: put the tokenizer.json of its release into its folder',
    { param: 'tokenizer.json' },
  )
}

const wordless = {
  encode: fails,
  decode: fails,
  token: (id: number) => `<${id}>`,
  toJSON: fails,
}

/** Where a config names no end, nothing ends a text, and the mask, which is never written, stands in. */
function completed({ mask, bos, eos, pad }: Partial<SpecialIds> & { mask: number }): SpecialIds {
  return { mask, bos: bos ?? eos ?? mask, eos: eos ?? mask, pad: pad ?? eos ?? mask }
}

function checked(id: number, size: number): number {
  if (Number.isInteger(id) && id >= 0 && id < size) return id
  throw new UnfogError('bad_input', `token id ${id} is outside this tokenizer's 0 to ${size - 1}`)
}

/** The added tokens that are no text: those called special, and those that the config names. */
function specialTokens(added: unknown, named: readonly (number | undefined)[]): Added[] {
  if (!Array.isArray(added)) throw bad('its added_tokens are not a list')
  return (added as unknown[]).flatMap((entry) => {
    const { id, content, special } = (entry ?? {}) as Record<string, unknown>
    if (!Number.isSafeInteger(id) || typeof content !== 'string' || content === '') {
      throw bad(`the added token ${JSON.stringify(entry)?.slice(0, 60)} has no id or no content`)
    }
    return special || named.includes(id as number) ? [{ id: id as number, content }] : []
  })
}

/** The library's tokenizer without the special tokens, and the ids that it has. */
function open(json: object, special: readonly Added[], size: number) {
  const contents = new Set(special.map(({ content }) => content))
  const { added_tokens, model, ...rest } = json as {
    added_tokens: Added[]
    model: { vocab?: unknown } | null
  }
  const vocab = model?.vocab
  if (typeof vocab !== 'object' || vocab === null) throw bad('it has no vocabulary')
  const spoken = added_tokens.filter(({ content }) => !contents.has(content))
  const listed: [string, number][] = Array.isArray(vocab)
    ? vocab.map((entry, id) => [String(entry?.[0]), id])
    : Object.entries(vocab as Record<string, number>).filter(([token]) => !contents.has(token))
  const known = new Set([...listed.map(([, id]) => id), ...spoken.map(({ id }) => id)])
  for (const id of known) {
    if (Number.isSafeInteger(id) && id >= 0 && id < size) continue
    throw bad(`it has the token id ${JSON.stringify(id)}, and the model has ids 0 to ${size - 1}`)
  }
  const read = {
    ...rest,
    added_tokens: spoken,
    model: { ...model, vocab: Array.isArray(vocab) ? vocab : Object.fromEntries(listed) },
  }
  try {
    return { library: new LibraryTokenizer(read, {}), has: (id: number) => known.has(id) }
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message.split('\n')[0] : String(cause), cause)
  }
}
