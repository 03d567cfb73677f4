// Labels: what is said about a text before it begins (style, length, who). Each label is one slot with one token
// per value and one for "not said". The tokens are written `<|name=value|>` in tokenizer.json.
import { UnfogError } from '../error/index.ts'
import type { Label, LabelValues, Tokenizer } from './tokenizer.ts'

const unsaid = '?'
const written = /^<\|([a-z][a-z0-9-]*)=([^|\n]+)\|>$/

/** The tokens of the labels in the order of their ids: values, then "not said", label after label. */
export function labelTokens(labels: readonly LabelValues[]): string[] {
  return labels.flatMap(({ name, values }) =>
    [...values, unsaid].map((value) => `<|${name}=${value}|>`),
  )
}

/** The labels that such tokens stand for, the first token having id `first`; undefined when they are not the
 * tokens of any labels. */
export function readLabelTokens(tokens: readonly string[], first: number): Label[] | undefined {
  const labels: Label[] = []
  let values: string[] = []
  for (const [index, token] of tokens.entries()) {
    const [, name, value] = written.exec(token) ?? []
    if (name === undefined) return undefined
    if (value !== unsaid) {
      values.push(value)
      continue
    }
    const start = first + index - values.length
    labels.push({
      name,
      values,
      ids: Int32Array.from(values, (_, i) => start + i),
      unknown: first + index,
    })
    values = []
  }
  const same = labelTokens(labels)
  const agree = same.length === tokens.length && same.every((token, i) => token === tokens[i])
  return agree && new Set(same).size === same.length ? labels : undefined
}

/** @throws UnfogError `usage` for names or values that cannot be written as tokens */
export function checkLabels(labels: readonly LabelValues[]): void {
  const names = labels.map(({ name }) => name)
  for (const [index, { name, values }] of labels.entries()) {
    const shown = JSON.stringify(name)
    if (!/^[a-z][a-z0-9-]*$/.test(name) || names.indexOf(name) !== index || values.length === 0) {
      throw new UnfogError(
        'usage',
        `label ${shown} cannot be used: a name is lower case, stands once, and has a list of values`,
        { param: name },
      )
    }
    const wrong = values.find(
      (value, i) => value === unsaid || !/^[^|\n]+$/.test(value) || values.indexOf(value) !== i,
    )
    if (wrong === undefined) continue
    throw new UnfogError(
      'usage',
      `label ${shown} cannot have the value ${JSON.stringify(wrong)}: values differ, and none is empty, "?" or holds "|" or a line end`,
      { param: name },
    )
  }
}

/** What is said about a text as ids, one per label of the tokenizer; what is not said is "not said".
 * @throws UnfogError `usage` for a name or value the tokenizer does not have */
export function labelIds(
  tokenizer: Pick<Tokenizer, 'labels'>,
  said: Readonly<Record<string, string>> = {},
): Int32Array {
  const known = tokenizer.labels
  for (const name of Object.keys(said)) {
    if (known.some((label) => label.name === name)) continue
    const names = known.map((label) => label.name).join(', ') || 'none'
    throw new UnfogError(
      'usage',
      `there is no label ${JSON.stringify(name)}: this model has ${names}`,
      {
        param: name,
      },
    )
  }
  return Int32Array.from(known, ({ name, values, ids, unknown }) => {
    const value = Object.hasOwn(said, name) ? said[name] : undefined
    if (value === undefined) return unknown
    const index = values.indexOf(value)
    if (index >= 0) return ids[index]
    throw new UnfogError(
      'usage',
      `label ${name} cannot be ${JSON.stringify(value)}: it is one of ${values.join(', ')}`,
      { param: name },
    )
  })
}
