// Shrunk worlds, small enough to know everything: every tellable tale is listed, the probabilities sum to one, and
// every one-word edit of a tale is either another tellable tale or rejected by the checker.
import { expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { checkerOf } from './check/index.ts'
import { drawn, everyOutcome } from './choose.ts'
import { type Event, type Facts, plotNames, type Story, type Style } from './events.ts'
import type { Telling } from './forms.ts'
import { simulate } from './simulate.ts'
import { nothingTold, sayEvent, type Told } from './tell.ts'
import { countTokens, tellWith } from './teller.ts'
import { longestTale, stylesOf, type World, type WorldName, worlds } from './worlds.ts'

/** A world with one word in every list, and few of everything. */
function shrink(name: WorldName, change: Partial<World>): World {
  const world: World = worlds[name]
  const one = <T>(record: Readonly<Record<string, readonly T[]>>) =>
    Object.fromEntries(Object.entries(record).map(([key, items]) => [key, items.slice(0, 1)]))
  return {
    ...world,
    lists: one(world.lists),
    rhymes: Object.fromEntries(
      Object.entries(world.rhymes)
        .slice(0, 2)
        .map(([sound, tails]) => [sound, tails.slice(0, 3)]),
    ),
    weathers: { sun: ['sunny'], rain: ['rainy'] },
    boys: ['Ben', 'Tom'],
    girls: [],
    men: [],
    women: [],
    company: [['same', 1]],
    things: ['kite', 'umbrella'],
    looks: ['red', 'old'],
    outdoors: { garden: 'in', hill: 'on' },
    indoors: { inn: 'at', barn: 'in' },
    ...change,
  }
}

/** The same world with the n-th form of everything said. */
function oneForm(world: World, n: number): World {
  const nth = (forms: readonly string[] = []) => (forms.length > 0 ? [forms[n % forms.length]] : [])
  const only = (record: Telling['forms']) =>
    Object.fromEntries(Object.entries(record).map(([key, texts]) => [key, nth(texts)]))
  const tellings = Object.entries(world.tellings).map(([style, { forms, causes, weathers }]) => [
    style,
    { forms: only(forms), causes: only(causes), weathers: only(weathers) },
  ])
  return { ...world, tellings: Object.fromEntries(tellings) }
}

/** The same world told in some of its styles. */
function toldIn(world: World, styles: readonly Style[]): World {
  return {
    ...world,
    tellings: Object.fromEntries(styles.map((style) => [style, world.tellings[style]])),
  }
}

/** All tales of a world: text → probability, and how many ways lead to some text twice. */
function everyTale(world: World): { tales: Map<string, number>; twice: string[] } {
  const tales = new Map<string, number>()
  const twice: string[] = []
  for (const { value, nats } of everyOutcome((choose) => tellWith(world, choose).text)) {
    if (tales.has(value)) twice.push(value)
    tales.set(value, (tales.get(value) ?? 0) + Math.exp(-nats))
  }
  return { tales, twice }
}

/** Can the teller tell this text? Exact: every simulated tale is tried, sentence by sentence. */
function tellableIn(world: World): (text: string) => boolean {
  const simulated = new Map<string, Story[]>()
  for (const { value } of everyOutcome((choose) => simulate(world, choose))) {
    const key = signature(value)
    simulated.set(key, [...(simulated.get(key) ?? []), value])
  }
  const said = new Map<string, { text: string; told: Told }[]>()
  const waysToSay = (facts: Facts, event: Event, before: Told) => {
    const { known, memory, ends } = before
    const key = JSON.stringify([
      facts.a,
      facts.b,
      facts.things,
      event,
      facts.style,
      ends,
      [...known],
      memory.subject,
      [...memory.people],
      [...memory.things],
    ])
    let ways = said.get(key)
    if (!ways) {
      ways = []
      for (const { value } of everyOutcome((choose) =>
        sayEvent(world, facts, event, choose, before),
      )) {
        ways.push(value)
      }
      said.set(key, ways)
    }
    return ways
  }
  return (text) => {
    if (countTokens(text) > longestTale) return false
    const sentences = text
      .split('. ')
      .map((piece, i, all) => (i < all.length - 1 ? `${piece}.` : piece))
    const candidates = [...simulated].filter(([key]) => key.startsWith(`${sentences.length} `))
    for (const facts of candidates.flatMap(([, all]) => all)) {
      if (!namesOf(facts).every((name) => text.includes(name))) continue
      for (const style of stylesOf(world)) {
        let states: Told[] = [nothingTold]
        for (let i = 0; i < sentences.length && states.length > 0; i++) {
          states = states.flatMap((before) =>
            waysToSay({ ...facts, style }, facts.events[i], before)
              .filter((way) => way.text === sentences[i])
              .map((way) => way.told),
          )
        }
        if (states.length > 0) return true
      }
    }
    return false
  }
}

/** Whatever a tale of these facts must mention. */
const namesOf = ({ a, b, things, events }: Story): string[] => [
  a.name,
  b.name,
  ...things.flatMap(({ look, noun }) => [look, noun]),
  ...events.flatMap(({ kind, place }) => (place && kind === 'open' ? [place] : [])),
]

const signature = (facts: Story) => `${facts.events.length} ${facts.plot}`

const capital = (word: string): string => word[0].toUpperCase() + word.slice(1)

/** Every text that differs from this one by one word or mark replaced, or one left out. Where a capital stands, others
 * are tried with and without; elsewhere as tales have them, and the word itself with one. */
function* edits(text: string, vocabulary: readonly string[]): Generator<string> {
  const words = [...text.matchAll(/[A-Za-z]+|[.,!?"]/g)]
  const capitals = [...new Set([...vocabulary, ...vocabulary.map(capital)])]
  for (const { 0: word, index } of words) {
    const [before, after] = [text.slice(0, index), text.slice(index + word.length)]
    const others = /^[A-Z]/.test(word) ? capitals : vocabulary
    for (const other of others) if (other !== word) yield before + other + after
    for (const other of [word.toLowerCase(), capital(word)])
      if (other !== word && !others.includes(other)) yield before + other + after
    yield (before + after).replace(/ {2}/, ' ').trim()
  }
}

/** Words and marks of tales, and a few that no tale has. */
function vocabularyOf(texts: Iterable<string>): string[] {
  const found = new Set<string>(['table', 'x', ',', '.', '!', '?', '"'])
  for (const text of texts) for (const word of text.match(/[A-Za-z]+/g) ?? []) found.add(word)
  return [...found]
}

/** Accepted edits that the teller cannot tell. */
function wronglyAccepted(
  world: World,
  size: WorldName,
  texts: readonly string[],
  also: readonly string[] = [],
): { tried: number; accepted: number; wrong: string[] } {
  const check = checkerOf(world, size)
  const tellable = tellableIn(world)
  const known = new Map<string, boolean>(texts.map((text) => [text, true]))
  const vocabulary = vocabularyOf([...texts, ...also])
  const wrong: string[] = []
  let tried = 0
  let accepted = 0
  for (const text of texts) {
    for (const edited of edits(text, vocabulary)) {
      tried++
      if (!check(edited).ok) continue
      accepted++
      let can = known.get(edited)
      if (can === undefined) {
        can = tellable(edited)
        known.set(edited, can)
      }
      if (!can) wrong.push(edited)
    }
  }
  return { tried, accepted, wrong }
}

const pairs: Record<string, Partial<World>> = {
  'two boys': {},
  'a boy and a girl': { boys: ['Ben'], girls: ['Ida'], company: [['opposite', 1]] },
}
const tiny: Partial<World> = {
  things: ['kite'],
  looks: ['red'],
  weathers: { sun: ['sunny'] },
  indoors: {},
}
const terse = { it: 0, look: 0, scenery: 0, see: 0, pastime: 0, lead: 0, adverb: 0, friends: 0 }
/** Styles whose tales are all listed. Verse has too many for that, because of its tails: some are drawn. */
const tongues: Style[][] = [['plain', 'dialogue'], ['news']]
const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((sum, x) => sum + x, 0)

for (const [n, [name, change]] of Object.entries(pairs).entries()) {
  test(`small, ${name}: probabilities sum to one, one text has one derivation, all pass`, () => {
    const world = shrink('small', { ...tiny, ...change })
    const check = checkerOf(world, 'small')
    const { tales, twice } = everyTale(world)
    expect(twice).toEqual([])
    expect(sumOf(tales.values())).toBeCloseTo(1, 9)
    expect([...tales.keys()].filter((text) => !check(text).ok)).toEqual([])
    expect(tales.size).toBeGreaterThan(10_000)
  })

  test(`small, ${name}: every one-word edit of every tale is told or rejected`, () => {
    const world = shrink('small', { ...tiny, ...change })
    const { tales } = everyTale(oneForm({ ...world, slots: { ...world.slots, ...terse } }, n))
    expect(tales.size).toBeGreaterThan(50)
    const { tried, accepted, wrong } = wronglyAccepted(world, 'small', [...tales.keys()])
    expect(wrong).toEqual([])
    expect(accepted).toBeGreaterThan(0)
    expect(tried).toBeGreaterThan(100 * tales.size)
  })
}

for (const plot of plotNames) {
  test(`full, ${plot}: probabilities sum to one, one text has one derivation, edits are told or rejected`, () => {
    for (const [n, change] of [...Object.values(pairs), ...Object.values(pairs)].entries()) {
      const world = shrink('full', {
        plots: [[plot, 1]],
        looks: ['red'],
        weathers: { sun: ['sunny'] },
        outdoors: { garden: 'in', hill: 'on' },
        indoors: { inn: 'at' },
        ...change,
        things: plot === 'trade' ? ['kite', 'umbrella'] : ['kite'],
      })
      const check = checkerOf(world, 'full')
      const some: string[] = []
      for (const styles of tongues) {
        const { tales, twice } = everyTale(
          oneForm(toldIn({ ...world, slots: { ...world.slots, ...terse } }, styles), n),
        )
        expect(twice).toEqual([])
        expect(sumOf(tales.values())).toBeCloseTo(1, 9)
        const texts = [...tales.keys()]
        expect(texts.filter((text) => !check(text).ok)).toEqual([])
        some.push(n % 2 === 0 ? texts[n] : texts[texts.length - 1 - n])
      }
      const next = stream(seeded(n), 'world')
      some.push(tellWith(toldIn(world, ['rhyme']), drawn(next)).text)
      const also = [world.lists, world.rhymes].flatMap((lists) => Object.values(lists).flat())
      const { wrong } = wronglyAccepted(world, 'full', some, also)
      expect(wrong).toEqual([])
    }
  })
}

for (const plot of plotNames) {
  test(`full, ${plot}: a sentence of another tale in place of one's own is told or rejected`, () => {
    const world = shrink('full', {
      plots: [[plot, 1]],
      things: plot === 'trade' ? ['kite', 'umbrella'] : ['kite'],
    })
    const next = stream(seeded(11), 'world')
    const tales = Array.from({ length: 80 }, () => tellWith(world, drawn(next)))
    const check = checkerOf(world, 'full')
    const tellable = tellableIn(world)
    let accepted = 0
    const wrong: string[] = []
    for (const { sentences } of tales.slice(0, 8)) {
      for (let i = 0; i < sentences.length; i++) {
        for (const other of tales) {
          for (const sentence of other.sentences.slice(Math.max(0, i - 2), i + 3)) {
            const text = sentences.map((own, j) => (j === i ? sentence : own)).join(' ')
            if (!check(text).ok) continue
            accepted++
            if (!tellable(text)) wrong.push(text)
          }
        }
      }
    }
    expect(wrong).toEqual([])
    expect(accepted).toBeGreaterThan(50)
  })
}
