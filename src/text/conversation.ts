// A conversation as token ids: each turn is a token that says whose it is, and then its content. No text is ever encoded
// to a role's token, so whatever a content holds, it can neither end its turn nor begin another's. The model writes one
// turn, the answer; what stands before it is only read (arXiv 2502.09992, LLaDA, section 2.3).
import { UnfogError } from '../error/index.ts'
import type { Tokenizer } from './tokenizer.ts'

export const roles = ['system', 'user', 'assistant'] as const

export type Role = (typeof roles)[number]

export interface Turn {
  role: Role
  content: string
}

/** A text that is learnt, and what is only read before it. */
export interface Answer {
  text: string
  /** undefined: the text is no answer and stands alone */
  before?: readonly Turn[]
}

/** As tokenizer.json writes them, in the order of their ids. */
export const roleTokens: readonly string[] = roles.map((role) => `<|${role}|>`)

/** What stands before an answer to `turns`: they, and the token with which the answer begins.
 * @throws UnfogError `internal` when the tokenizer has no roles */
export function idsBefore(tokenizer: Tokenizer, turns: readonly Turn[]): Int32Array {
  const { roles: ids } = tokenizer
  if (!ids) throw new UnfogError('internal', 'this tokenizer has no tokens for roles')
  const said = turns.flatMap(({ role, content }) => [ids[role], ...tokenizer.encode(content)])
  return Int32Array.from([...said, ids.assistant])
}

/** The turns that `idsBefore` wrote, without the answer that begins behind them. */
export function turnsOf(tokenizer: Tokenizer, ids: Int32Array): Turn[] {
  const { roles: known } = tokenizer
  const starts = [...ids.keys()].filter((i) => roles.some((role) => known?.[role] === ids[i]))
  return starts.slice(0, -1).map((start, i) => ({
    role: roles.find((role) => known?.[role] === ids[start])!,
    content: tokenizer.decode(ids.subarray(start + 1, starts[i + 1])),
  }))
}

/** The answers of a conversation, each with all that was said before it; empty ones are none. */
export const answersOf = (turns: readonly Turn[]): Answer[] =>
  turns.flatMap(({ role, content }, i) =>
    role === 'assistant' && content.trim() !== ''
      ? [{ text: content, before: turns.slice(0, i) }]
      : [],
  )

/** Every text of a document that no earlier answer of its conversation has brought. */
export function newTexts({ text, before = [] }: Answer): string[] {
  const seen = before.findLastIndex(({ role }) => role === 'assistant') + 1
  return [...before.slice(seen).map(({ content }) => content), text]
}
