// From a sentence to its readings. The grammar's patterns are merged into one tree, so that what they share is read
// once; a walk through the tree finds every way to read a sentence. Patterns are finite and sentences short, so there
// is no text on which this is slow.

import type { Lexicon } from './lexicon.ts'
import type { Row } from './row.ts'

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
  /** the last word of a line of verse */
  tail?: string
  /** pronouns that stand for the subject of their own sentence, and "was" or "were" */
  agreeing: { word: string; as: string }[]
}

interface Caught {
  slot: string
  value: unknown
  before?: Caught
}
type Found = { end: number; caught?: Omit<Caught, 'before'> }[]
type Read = (words: readonly string[], at: number) => Found

/** Most classes find nothing at most words: no list is made for that. */
const nothing: Found = []

interface Node {
  words: Map<string, Node>
  classes: { item: string; read: Read; node: Node }[]
  rows: Row[]
}
const emptyNode = (): Node => ({ words: new Map(), classes: [], rows: [] })

/** A reader of sentences for one grammar and lexicon.
 * @returns all readings, or the index of the word at which no pattern goes on */
export function reader(
  grammar: readonly Row[],
  lexicon: Lexicon,
): (words: readonly string[]) => Reading[] | number {
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
      for (const { read, node: next } of node.classes) {
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
  const root = emptyNode()
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
    const next = node.words.get(item) ?? emptyNode()
    node.words.set(item, next)
    grow(next, rest, row, classes, lexicon)
    return
  }
  let next = node.classes.find((known) => known.item === item)
  if (!next) {
    const read = item.startsWith('%') ? readList(lexicon, item.slice(1)) : classes[item]
    next = { item, read, node: emptyNode() }
    node.classes.push(next)
  }
  grow(next.node, rest, row, classes, lexicon)
}

const possessives = new Set(['his', 'her', 'their'])
const own = (word: string, as: string) => ({ slot: 'agree', value: { word, as } })

/** Phrases of a list; a possessive inside a phrase agrees with the subject. */
function readList(lexicon: Lexicon, list: string): Read {
  const phrases = lexicon.lists.get(list) ?? new Map<string, string[][]>()
  return (words, at) => {
    const starting = phrases.get(words[at])
    if (!starting) return nothing
    const found: Found = []
    for (const phrase of starting) {
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

/** The phrases that stand at a word. */
const phrasesAt = (
  phrases: ReadonlyMap<string, string[][]>,
  words: readonly string[],
  at: number,
): string[][] =>
  phrases.get(words[at])?.filter((phrase) => phrase.every((word, i) => words[at + i] === word)) ??
  []

/** One word of a map from words to what they mean. */
const mapped =
  (slot: string, map: ReadonlyMap<string, string>): Read =>
  (words, at) =>
    map.has(words[at]) ? [{ end: at + 1, caught: { slot, value: map.get(words[at]) } }] : nothing

/** One of a few pronouns that must agree with the subject. */
function agreeing(as: string, ...forms: string[]): Read {
  const known = new Set(forms)
  return (words, at) =>
    known.has(words[at]) ? [{ end: at + 1, caught: own(words[at], as) }] : nothing
}

/** "Lily", or "Grandpa". */
function person({ names }: Lexicon, words: readonly string[], at: number) {
  return names.has(words[at]) ? { end: at + 1, name: words[at] } : undefined
}

/** A name, or a pair of names: both readings where there are two. */
function named(lexicon: Lexicon, words: readonly string[], at: number): Found {
  const first = person(lexicon, words, at)
  if (!first) return nothing
  const alone: Mention = { form: 'name', name: first.name }
  const found: Found = [{ end: first.end, caught: { slot: 'subject', value: alone } }]
  const second = words[first.end] === 'and' && person(lexicon, words, first.end + 1)
  if (second) {
    const pair: Mention = { form: 'pair', names: [first.name, second.name] }
    found.push({ end: second.end, caught: { slot: 'subject', value: pair } })
  }
  return found
}

function subject(lexicon: Lexicon, words: readonly string[], at: number): Found {
  const word = words[at]
  if (word === 'he' || word === 'she' || word === 'they') {
    return [{ end: at + 1, caught: { slot: 'subject', value: { form: 'pronoun', word } } }]
  }
  if (word === 'the' && words[at + 1] === 'friends') {
    return [{ end: at + 2, caught: { slot: 'subject', value: { form: 'friends' } } }]
  }
  return named(lexicon, words, at)
}

function otherByName(lexicon: Lexicon, words: readonly string[], at: number): Found {
  const found = person(lexicon, words, at)
  if (!found) return nothing
  return [{ end: found.end, caught: { slot: 'other', value: { form: 'name', name: found.name } } }]
}

function other(lexicon: Lexicon, words: readonly string[], at: number): Found {
  const word = words[at]
  if (word !== 'him' && word !== 'her') return otherByName(lexicon, words, at)
  return [{ end: at + 1, caught: { slot: 'other', value: { form: 'pronoun', word } } }]
}

/** "a red kite", "the kite", "her red kite": one word of `first`, perhaps a look, a noun. */
function thing(
  lexicon: Lexicon,
  first: ReadonlySet<string>,
  words: readonly string[],
  at: number,
): Found {
  const opening = words[at]
  if (!first.has(opening)) return nothing
  const look = lexicon.looks.has(words[at + 1]) ? words[at + 1] : undefined
  const end = at + (look ? 3 : 2)
  const noun = words[end - 1]
  if (!lexicon.things.has(noun)) return nothing
  const value: ThingMention = { form: opening === 'a' ? 'new' : 'the', look, noun }
  if (possessives.has(opening)) value.possessive = opening
  return [{ end, caught: { slot: 'thing', value } }]
}

function site(lexicon: Lexicon, slot: string, words: readonly string[], at: number): Found {
  const place = words[at + 1]
  if (words[at] !== 'the' || !lexicon.places.has(place)) return nothing
  return [{ end: at + 2, caught: { slot, value: place } }]
}

const articles = new Set(['a', 'the'])
const it: ThingMention = { form: 'it' }

/** How each class of the grammar is read. */
function classesOf(lexicon: Lexicon): Record<string, Read> {
  return {
    SUBJ: (words, at) => subject(lexicon, words, at),
    NAMED: (words, at) => named(lexicon, words, at),
    WHO: (words, at) => other(lexicon, words, at),
    NAME: (words, at) => otherByName(lexicon, words, at),
    THE: (words, at) => thing(lexicon, articles, words, at),
    THING: (words, at) =>
      words[at] === 'it'
        ? [{ end: at + 1, caught: { slot: 'thing', value: it } }]
        : thing(lexicon, articles, words, at),
    OWN: (words, at) => thing(lexicon, possessives, words, at),
    NOUN: (words, at) => {
      const noun = words[at]
      if (!lexicon.things.has(noun)) return nothing
      return [{ end: at + 1, caught: { slot: 'thing', value: { form: 'the', noun } } }]
    },
    SITE: (words, at) => site(lexicon, 'place', words, at),
    FROM: (words, at) => site(lexicon, 'from', words, at),
    AT: (words, at) =>
      lexicon.places.get(words[at + 2]) === words[at]
        ? site(lexicon, 'place', words, at + 1)
        : nothing,
    SELF: agreeing('self', 'he', 'she', 'they'),
    HIM: agreeing('him', 'him', 'her', 'them'),
    HIS: agreeing('his', 'his', 'her', 'their'),
    HERS: agreeing('hers', 'his', 'hers', 'theirs'),
    WAS: agreeing('was', 'was', 'were'),
    MOOD: mapped('mood', lexicon.moods),
    DAY: mapped('day', lexicon.days),
    TAIL: (words, at) =>
      phrasesAt(lexicon.tails, words, at).map((phrase) => ({
        end: at + phrase.length,
        caught: { slot: 'tail', value: phrase[phrase.length - 1] },
      })),
  }
}
