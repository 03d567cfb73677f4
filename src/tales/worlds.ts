// The worlds: rows of one table. A world is its people, things, places, words, forms and plots, and the chances of
// what a tale can do without. Shrunk worlds in tests are rows too.
import type { Plot, Style } from './events.ts'
import { dialogue, plain, type Telling } from './forms.ts'
import { news } from './news.ts'
import { rhyme } from './rhyme.ts'
import { smallLists, smallPlain } from './small.ts'
import * as words from './words.ts'

/** Words and punctuation marks of the longest tale, and its sentences. */
export const longestTale = 127
export const mostSentences = 12

export interface World {
  name: string
  /** style → how it says things; each is as likely as the others */
  tellings: Readonly<Partial<Record<Style, Telling>>>
  boys: readonly string[]
  girls: readonly string[]
  men: readonly string[]
  women: readonly string[]
  things: readonly string[]
  looks: readonly string[]
  outdoors: Readonly<Record<string, string>>
  indoors: Readonly<Record<string, string>>
  /** weather → its adjectives */
  weathers: Readonly<Record<string, readonly string[]>>
  lists: Readonly<Record<string, readonly string[]>>
  plots: readonly (readonly [Plot, number])[]
  /** shortest and longest length in words that a label names */
  words: readonly [number, number]
  /** who the second person is, beside the first */
  company: readonly (readonly ['same' | 'opposite' | 'grownup', number])[]
  /** what lines of verse end with: sound → tails, their last words all different */
  rhymes: Readonly<Record<string, readonly string[]>>
  /** chances */
  slots: Slots
  preposition(place: string): string
}

export interface Slots {
  /** sentences a tale can do without */
  scenery: number
  weatherScenery: number
  see: number
  pastime: number
  thank: number
  meet: number
  ask: number
  sorry: number
  /** words a sentence can do without */
  lead: number
  adverb: number
  /** names that become pronouns */
  pronoun: number
  it: number
  friends: number
  /** "the red kite" rather than "the kite" */
  look: number
}

type Row = Omit<World, 'preposition'>

/** The styles a world is told in. */
export const stylesOf = (world: World): Style[] => Object.keys(world.tellings) as Style[]

/** A world from its row. */
export function makeWorld(row: Row): World {
  const prepositions = { ...row.outdoors, ...row.indoors }
  return { ...row, preposition: (place) => prepositions[place] }
}

const full = makeWorld({
  name: 'full',
  tellings: { plain, dialogue, news, rhyme },
  boys: words.boys,
  girls: words.girls,
  men: words.men,
  women: words.women,
  things: words.things,
  looks: words.looks,
  outdoors: words.outdoors,
  indoors: words.indoors,
  weathers: words.weathers,
  lists: words.lists,
  plots: [
    ['wish', 3],
    ['visit', 4],
    ['lost', 2],
    ['trade', 4],
    ['quarrel', 4],
    ['storm', 2],
    ['hiding', 3],
    ['outing', 3],
  ],
  words: [41, 100],
  company: [
    ['same', 12],
    ['opposite', 3],
    ['grownup', 5],
  ],
  rhymes: words.rhymes,
  slots: {
    scenery: 0.12,
    weatherScenery: 0.6,
    see: 0.12,
    pastime: 0.2,
    thank: 0.2,
    meet: 0.4,
    ask: 1,
    sorry: 1,
    lead: 0.15,
    adverb: 0.1,
    pronoun: 0.6,
    it: 0.25,
    friends: 0.15,
    look: 0.15,
  },
})

const small = makeWorld({
  ...full,
  name: 'small',
  tellings: { plain: smallPlain },
  boys: words.boys.slice(0, 6),
  girls: words.girls.slice(0, 6),
  men: [],
  women: [],
  things: words.things.slice(0, 12),
  looks: words.looks.slice(0, 6),
  outdoors: { garden: 'in', forest: 'in', lake: 'at', market: 'at', hill: 'on', beach: 'on' },
  indoors: { school: 'at', barn: 'in' },
  weathers: { sun: ['sunny'], rain: ['rainy'], snow: ['snowy'], wind: ['windy'] },
  lists: smallLists,
  plots: [
    ['wish', 1],
    ['visit', 1],
    ['quarrel', 1],
  ],
  words: [31, 60],
  company: [
    ['same', 1],
    ['opposite', 1],
  ],
  rhymes: {},
  slots: {
    scenery: 0.1,
    weatherScenery: 1,
    see: 0,
    pastime: 0,
    thank: 0,
    meet: 0,
    ask: 0,
    sorry: 0,
    lead: 0,
    adverb: 0,
    pronoun: 0.5,
    it: 0.3,
    friends: 0,
    look: 0.4,
  },
})

/** The worlds by name. */
export const worlds = { small, full }
export type WorldName = keyof typeof worlds
