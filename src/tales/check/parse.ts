// From a sentence to its readings. The grammar's patterns are merged into one tree, so that what they share is read
// once; a walk through the tree finds every way to read a sentence. Patterns are finite and sentences short, so there
// is no text on which this is slow.
import type { Row } from './grammar.ts'
import type { Lexicon } from './lexicon.ts'

/** A person as the sentence puts it. `both` is a pair of names, "they" or "the friends". */
export type Mention =
  | { form: 'name'; name: string }
  | { form: 'pair'; names: [string, string] }
  | { form: 'pronoun'; word: string }
  | { form: 'friends' }

export interface ThingMention {
  form: 'new' | 'the' | 'it'
  look?: string
  noun?: string
  /** "her" in "her kite" */
  possessive?: string
}

/** What one reading of a sentence says. */
export interface Reading {
  row: Row
  subject?: Mention
  other?: Mention
  things: ThingMention[]
  place?: string
  from?: string
  mood?: string
  day?: string
  /** pronouns that stand for the subject of their own sentence, and "was" or "were" */
  agreeing: { word: string; as: string }[]
}

interface Caught {
  slot: string
  value: unknown
  before?: Caught
}
type Read = (
  words: readonly string[],
  at: number,
) => { end: number; caught?: Omit<Caught, 'before'> }[]

interface Node {
  words: Map<string, Node>
  classes: Map<string, { read: Read; node: Node }>
  rows: Row[]
}

/** A reader of sentences for one grammar and lexicon.
 * @returns all readings, or the index of the word at which no pattern goes on */
export function reader(
  grammar: readonly Row[],
  lexicon: Lexicon,
): (words: string[]) => Reading[] | number {
  const root = treeOf(grammar, lexicon)
  return (words) => {
    const found: Reading[] = []
    let furthest = 0
    const walk = (node: Node, at: number, caught?: Caught) => {
      if (at > furthest) furthest = at
      if (at === words.length) {
        for (const row of node.rows) found.push(readingOf(row, caught))
        return
      }
      const literal = node.words.get(words[at])
      if (literal) walk(literal, at + 1, caught)
      for (const { read, node: next } of node.classes.values()) {
        for (const { end, caught: more } of read(words, at)) {
          walk(next, end, more ? { ...more, before: caught } : caught)
        }
      }
    }
    walk(root, 0)
    return found.length > 0 ? found : furthest
  }
}

function readingOf(row: Row, caught: Caught | undefined): Reading {
  const reading: Reading = { row, things: [], agreeing: [] }
  for (let item = caught; item; item = item.before) {
    if (item.slot === 'thing') reading.things.unshift(item.value as ThingMention)
    else if (item.slot === 'agree') {
      reading.agreeing.unshift(item.value as { word: string; as: string })
    } else Object.assign(reading, { [item.slot]: item.value })
  }
  if (row.reversed) reading.things.reverse()
  return reading
}

function treeOf(grammar: readonly Row[], lexicon: Lexicon): Node {
  const root: Node = { words: new Map(), classes: new Map(), rows: [] }
  const classes = classesOf(lexicon)
  for (const row of grammar) {
    for (const front of (row.fronts ?? '-').split('/')) {
      const pattern = front === '-' ? row.pattern : `${front} ${row.pattern}`
      grow(root, pattern.split(' '), row, classes, lexicon)
    }
  }
  return root
}

function grow(
  node: Node,
  pattern: string[],
  row: Row,
  classes: Record<string, Read>,
  lexicon: Lexicon,
): void {
  const [item, ...rest] = pattern
  if (item === undefined) {
    node.rows.push(row)
    return
  }
  if (item.endsWith('?') && item.length > 1) {
    grow(node, rest, row, classes, lexicon)
    grow(node, [item.slice(0, -1), ...rest], row, classes, lexicon)
    return
  }
  if (/^[a-z,!?"]+$/.test(item) || item === 'I') {
    const next = node.words.get(item) ?? { words: new Map(), classes: new Map(), rows: [] }
    node.words.set(item, next)
    grow(next, rest, row, classes, lexicon)
    return
  }
  const read = item.startsWith('%') ? readList(lexicon, item.slice(1)) : classes[item]
  const next = node.classes.get(item) ?? {
    read,
    node: { words: new Map(), classes: new Map(), rows: [] },
  }
  node.classes.set(item, next)
  grow(next.node, rest, row, classes, lexicon)
}

const possessives = new Set(['his', 'her', 'their'])
const own = (word: string, as: string) => ({ slot: 'agree', value: { word, as } })

/** Phrases of a list; a possessive inside a phrase agrees with the subject. */
function readList(lexicon: Lexicon, list: string): Read {
  const phrases = lexicon.lists.get(list) ?? new Map<string, string[][]>()
  return (words, at) => {
    const found: ReturnType<Read> = []
    for (const phrase of phrases.get(words[at]) ?? []) {
      let possessive: string | undefined
      const fits = phrase.every((word, i) => {
        if (word !== 'HIS') return words[at + i] === word
        possessive = words[at + i]
        return possessives.has(possessive)
      })
      if (fits) {
        const end = at + phrase.length
        found.push(possessive ? { end, caught: own(possessive, 'his') } : { end })
      }
    }
    return found
  }
}

/** How each class of the grammar is read. */
function classesOf(lexicon: Lexicon): Record<string, Read> {
  const oneOf = (as: string, ...forms: string[]): Read => {
    const known = new Set(forms)
    return (words, at) =>
      known.has(words[at]) ? [{ end: at + 1, caught: own(words[at], as) }] : []
  }
  const person = (
    words: readonly string[],
    at: number,
  ): { end: number; name: string } | undefined => {
    if (lexicon.names.has(words[at])) return { end: at + 1, name: words[at] }
    if (words[at] === 'the' && lexicon.grownups.has(words[at + 1])) {
      return { end: at + 2, name: `the ${words[at + 1]}` }
    }
    return undefined
  }
  const named: Read = (words, at) => {
    const first = person(words, at)
    if (!first) return []
    const second = words[first.end] === 'and' ? person(words, first.end + 1) : undefined
    const alone = { form: 'name', name: first.name }
    const pair = second && { form: 'pair', names: [first.name, second.name] }
    return [
      { end: first.end, caught: { slot: 'subject', value: alone } },
      ...(second ? [{ end: second.end, caught: { slot: 'subject', value: pair } }] : []),
    ]
  }
  const subject: Read = (words, at) => {
    if (words[at] === 'he' || words[at] === 'she' || words[at] === 'they') {
      return [
        { end: at + 1, caught: { slot: 'subject', value: { form: 'pronoun', word: words[at] } } },
      ]
    }
    if (words[at] === 'the' && words[at + 1] === 'friends') {
      return [{ end: at + 2, caught: { slot: 'subject', value: { form: 'friends' } } }]
    }
    return named(words, at)
  }
  const otherByName: Read = (words, at) => {
    const found = person(words, at)
    const value = found && { form: 'name', name: found.name }
    return found ? [{ end: found.end, caught: { slot: 'other', value } }] : []
  }
  const other: Read = (words, at) =>
    words[at] === 'him' || words[at] === 'her'
      ? [{ end: at + 1, caught: { slot: 'other', value: { form: 'pronoun', word: words[at] } } }]
      : otherByName(words, at)
  const thing =
    (first: ReadonlySet<string>, form: (word: string) => 'new' | 'the'): Read =>
    (words, at) => {
      if (!first.has(words[at])) return []
      const look = lexicon.looks.has(words[at + 1]) ? words[at + 1] : undefined
      const noun = words[at + (look ? 2 : 1)]
      if (!lexicon.things.has(noun)) return []
      const value = { form: form(words[at]), look, noun }
      return [{ end: at + (look ? 3 : 2), caught: { slot: 'thing', value } }]
    }
  const full = thing(new Set(['a', 'the']), (word) => (word === 'a' ? 'new' : 'the'))
  const withHis = thing(possessives, () => 'the')
  const site =
    (slot: string): Read =>
    (words, at) =>
      words[at] === 'the' && lexicon.places.has(words[at + 1])
        ? [{ end: at + 2, caught: { slot, value: words[at + 1] } }]
        : []
  const mapped =
    (slot: string, map: ReadonlyMap<string, string>): Read =>
    (words, at) =>
      map.has(words[at]) ? [{ end: at + 1, caught: { slot, value: map.get(words[at]) } }] : []
  return {
    SUBJ: subject,
    NAMED: named,
    WHO: other,
    NAME: otherByName,
    THE: full,
    THING: (words, at) =>
      words[at] === 'it'
        ? [{ end: at + 1, caught: { slot: 'thing', value: { form: 'it' } } }]
        : full(words, at),
    OWN: (words, at) =>
      withHis(words, at).map(({ end, caught }) => ({
        end,
        caught: {
          slot: 'thing',
          value: { ...(caught?.value as ThingMention), possessive: words[at] },
        },
      })),
    NOUN: (words, at) =>
      lexicon.things.has(words[at])
        ? [{ end: at + 1, caught: { slot: 'thing', value: { form: 'the', noun: words[at] } } }]
        : [],
    SITE: site('place'),
    FROM: site('from'),
    AT: (words, at) =>
      lexicon.places.get(words[at + 2]) === words[at] ? site('place')(words, at + 1) : [],
    SELF: oneOf('self', 'he', 'she', 'they'),
    HIM: oneOf('him', 'him', 'her', 'them'),
    HIS: oneOf('his', 'his', 'her', 'their'),
    HERS: oneOf('hers', 'his', 'hers', 'theirs'),
    WAS: oneOf('was', 'was', 'were'),
    MOOD: mapped('mood', lexicon.moods),
    DAY: mapped('day', lexicon.days),
  }
}
