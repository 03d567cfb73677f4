// Reads a tokenizer.json. The file may come from anywhere, so everything that is used is checked first; which kind
// it is follows from its own parts, as any other library would read them.
import { UnfogError } from '../error/index.ts'
import { alphabet, tokenBytes } from './alphabet.ts'
import { byteLevelTokenizer, growthTokens, preTokenizer, specialTokens } from './byte-level.ts'
import { roleTokens } from './conversation.ts'
import type { TokenizerKind, Vocabulary } from './kind.ts'
import { readLabelTokens } from './labels.ts'
import type { Label, Tokenizer } from './tokenizer.ts'
import { tokenizers } from './tokenizers.ts'

/** @param json the parsed content of a tokenizer.json
 * @throws UnfogError `bad_tokenizer` that says what is wrong */
export function loadTokenizer(json: unknown): Tokenizer {
  const file = asRecord(json, 'the file')
  const model = asRecord(file.model, 'its model')
  const [name, kind] = kindOf(file, model)
  const tokens = readVocab(model.vocab)
  const merges = readMerges(model.merges, new Set(tokens))
  const { labels, ...more } = readAdded(file.added_tokens, tokens.length)
  return byteLevelTokenizer(name, kind, { tokens, merges }, labels, more)
}

/** The tokenizer with tokens for roles, after all others: the ids there are stay what they are. */
export const withRoles = (tokenizer: Tokenizer): Tokenizer =>
  tokenizer.roles ? tokenizer : withTokens(tokenizer, roleTokens)

/** The tokenizer with tokens for masks that become two, or nothing.
 * @throws UnfogError `usage` for one with tokens for roles, which must be the last */
export function withGrowth(tokenizer: Tokenizer): Tokenizer {
  if (tokenizer.growth) return tokenizer
  if (!tokenizer.roles) return withTokens(tokenizer, growthTokens)
  throw new UnfogError(
    'usage',
    'a model that has learnt conversations cannot learn to choose lengths later: train it with --expand from the beginning',
    { param: 'expand' },
  )
}

function withTokens(tokenizer: Tokenizer, more: readonly string[]): Tokenizer {
  const file = tokenizer.toJSON() as { added_tokens: object[] }
  const [like] = file.added_tokens
  const added = more.map((content, i) => ({ ...like, id: tokenizer.size + i, content }))
  return loadTokenizer({ ...file, added_tokens: [...file.added_tokens, ...added] })
}

function bad(what: string): never {
  throw new UnfogError('bad_tokenizer', `tokenizer.json cannot be used: ${what}`, {
    param: 'tokenizer.json',
  })
}

function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  return bad(`${what} is not an object`)
}

function kindOf(
  file: Record<string, unknown>,
  model: Record<string, unknown>,
): [string, TokenizerKind] {
  if (model.type !== 'BPE') bad(`its model is ${JSON.stringify(model.type)}, not BPE`)
  for (const part of ['normalizer', 'post_processor'] as const) {
    if (file[part] != null) bad(`it has a ${part}, which unfog does not know`)
  }
  const decoder = asRecord(file.decoder, 'its decoder')
  if (decoder.type !== 'ByteLevel') bad('its decoder is not ByteLevel')
  for (const field of ['unk_token', 'continuing_subword_prefix', 'end_of_word_suffix', 'dropout']) {
    if (model[field] != null) bad(`its model has ${field}, which unfog does not know`)
  }
  if (model.byte_fallback === true) bad('its model has byte_fallback, which unfog does not know')
  const cut = canonical(file.pre_tokenizer)
  for (const [name, kind] of Object.entries<TokenizerKind>(tokenizers)) {
    const same = canonical(preTokenizer(kind)) === cut
    if (same && kind.wholePieces === (model.ignore_merges ?? false)) return [name, kind]
  }
  return bad('its pre_tokenizer is none of those unfog writes')
}

/** JSON with sorted keys: two objects are equal when their texts are. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function readVocab(vocab: unknown): string[] {
  const entries = Object.entries(asRecord(vocab, 'its vocabulary'))
  if (entries.length > 2 ** 20)
    bad(`its vocabulary has ${entries.length} tokens; 1048576 is the most`)
  const tokens = new Array<string>(entries.length).fill('')
  for (const [token, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= tokens.length) {
      bad(
        `token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}, and ids must be 0 to ${tokens.length - 1}`,
      )
    }
    if (token === '' || !tokenBytes(token))
      bad(`token ${JSON.stringify(token)} is not written in bytes`)
    if (tokens[id] !== '') bad(`id ${id} is given twice`)
    tokens[id] = token
  }
  const known = new Set(tokens)
  for (const character of alphabet) {
    if (!known.has(character)) bad(`the byte token ${JSON.stringify(character)} is missing`)
  }
  return tokens
}

function readMerges(merges: unknown, known: ReadonlySet<string>): Vocabulary['merges'] {
  if (!Array.isArray(merges)) bad('its merges are not a list')
  return (merges as unknown[]).map((merge): [string, string] => {
    const pair: unknown[] =
      typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : []
    const [left, right] = pair
    if (pair.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      bad(`the merge ${JSON.stringify(merge)} is not a pair of tokens`)
    }
    if (![left, right, `${left}${right}`].every((token) => known.has(token as string))) {
      bad(`the merge ${JSON.stringify(merge)} speaks of tokens that are not in the vocabulary`)
    }
    return [left as string, right as string]
  })
}

/** The special tokens, then the labels', then those of growth and of roles if any, with the ids after the vocabulary's. */
function readAdded(
  added: unknown,
  first: number,
): { labels: Label[]; roles: boolean; growth: boolean } {
  if (!Array.isArray(added)) bad('its added_tokens are not a list')
  const contents = (added as unknown[]).map((entry, i) => {
    const { id, content } = asRecord(entry, 'an added token')
    if (typeof content !== 'string' || id !== first + i) {
      bad(
        `added token ${JSON.stringify(content)} has the id ${JSON.stringify(id)}, not ${first + i}`,
      )
    }
    return content as string
  })
  for (const [i, token] of specialTokens.entries()) {
    if (contents[i] !== token) bad(`special token ${token} is missing`)
  }
  /** Takes tokens from the end, if they stand there. */
  const taken = (tokens: readonly string[]): boolean => {
    const found = tokens.every((token, i) => contents.at(i - tokens.length) === token)
    if (found) contents.length -= tokens.length
    return found
  }
  const roles = taken(roleTokens)
  const growth = taken(growthTokens)
  const labels = readLabelTokens(contents.slice(specialTokens.length), first + specialTokens.length)
  return labels
    ? { labels, roles, growth }
    : bad('its added tokens are not labels as unfog writes them')
}
