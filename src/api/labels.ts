// What a caller may ask of a text (style, length in words, who, what), as the label slots of a model. A label that a
// model does not have, or a value it never saw, is refused by name.
import { UnfogError } from '../error/index.ts'
import type { Tokenizer } from '../text/index.ts'

export interface LabelOptions {
  style?: string
  /** a range, '40-60', or a number: about how many words */
  words?: string
  who?: string
  what?: string
}

export const labelNames = ['style', 'words', 'who', 'what'] as const

export interface Range {
  from: number
  to: number
}

/** @throws UnfogError `usage` */
export function wordRange(words: string): Range {
  const [, from, to] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(words.trim()) ?? []
  const range = { from: Number(from), to: Number(to ?? from) }
  if (from === undefined || range.from < 1 || range.to < range.from) {
    throw new UnfogError('usage', `--words ${words} is not a range such as 40-60`, {
      param: 'words',
    })
  }
  return range
}

/** The bucket of lengths that shares most with what is asked; of equal ones the nearest to its middle. */
function bucketFor(asked: Range, values: readonly string[]): string | undefined {
  const overlap = ({ from, to }: Range) => Math.min(to, asked.to) - Math.max(from, asked.from) + 1
  const distance = ({ from, to }: Range) => Math.abs(from + to - asked.from - asked.to)
  const ranked = values
    .map((value) => ({ value, range: wordRange(value) }))
    .filter(({ range }) => overlap(range) > 0)
    .sort((a, b) => overlap(b.range) - overlap(a.range) || distance(a.range) - distance(b.range))
  return ranked[0]?.value
}

/** Label values a model understands, from what a caller asked.
 * @throws UnfogError `usage` naming the label, and the values there are */
export function labelValuesOf(tokenizer: Tokenizer, options: LabelOptions): Record<string, string> {
  const asked: Record<string, string> = {}
  for (const name of labelNames) {
    const value = options[name]
    if (value === undefined) continue
    const label = tokenizer.labels.find((slot) => slot.name === name)
    if (!label) {
      throw new UnfogError('usage', `--${name} ${value}: this model has no label ${name}`, {
        param: name,
      })
    }
    const known = name === 'words' ? bucketFor(wordRange(value), label.values) : value
    if (known === undefined || !label.values.includes(known)) {
      throw new UnfogError(
        'usage',
        `--${name} ${value} is none of ${label.values.slice(0, 30).join(', ')}${label.values.length > 30 ? ', …' : ''}`,
        { param: name },
      )
    }
    asked[name] = known
  }
  return asked
}
