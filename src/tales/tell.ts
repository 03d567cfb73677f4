// The telling: events become sentences. A name may become a pronoun only by the rule of the language, which is the
// checker's rule too:
//   he, she, they (subject)   the subject of the sentence before
//   him, her (object)         the other one of the two, if the sentence before spoke of them
//   it                        the one thing the sentence before spoke of
// In the style `rhyme` a sentence is a line of verse, and its tail rhymes by the rule of rhyme.ts.
// Every choice here can be seen in the text, so one text has one derivation and `nats` is exact.
import type { Choose } from './choose.ts'
import type { Event, Facts, Who } from './events.ts'
import type { Telling } from './forms.ts'
import { lastWord, tailsFor } from './rhyme.ts'
import type { World } from './worlds.ts'

/** What the sentence before leaves for pronouns to stand for. */
export interface Memory {
  subject?: Who
  people: Set<'a' | 'b'>
  things: Set<number>
}

/** What the sentences so far leave behind: things known, what pronouns can stand for, and what lines of verse ended
 * with. */
export interface Told {
  known: ReadonlySet<number>
  memory: Memory
  ends: readonly string[]
}
export const nothingTold: Told = {
  known: new Set(),
  memory: { people: new Set(), things: new Set() },
  ends: [],
}

/** The text of what happened, and its sentences: one per event, joined by single spaces. */
export function tellEvents(
  world: World,
  facts: Facts,
  choose: Choose,
): { text: string; sentences: string[] } {
  let told = nothingTold
  const sentences = facts.events.map((event) => {
    const said = sayEvent(world, facts, event, choose, told)
    told = said.told
    return said.text
  })
  return { text: sentences.join(' '), sentences }
}

/** One event as one sentence, and what it leaves for the next. */
export function sayEvent(
  world: World,
  facts: Facts,
  event: Event,
  choose: Choose,
  before: Told,
): { text: string; told: Told } {
  const leaves: Memory = { people: new Set(), things: new Set() }
  const known = new Set(before.known)
  const saying: Saying = {
    world,
    telling: world.tellings[facts.style] as Telling,
    facts,
    event,
    choose,
    known,
    before: before.memory,
    leaves,
    ends: [...before.ends],
  }
  const text = polish(expand(saying, pickForm(saying)))
  return { text, told: { known, memory: leaves, ends: saying.ends } }
}

function pickForm({ world, telling, event, choose }: Saying): string {
  if (event.kind === 'scenery' && choose.chance(world.slots.weatherScenery)) {
    return choose.one(telling.weathers[event.weather as string])
  }
  return choose.one(telling.forms[event.kind === 'end' && !event.holds ? 'endWithout' : event.kind])
}

/** One sentence in the making. */
interface Saying {
  world: World
  telling: Telling
  facts: Facts
  event: Event
  choose: Choose
  /** things met before; grows */
  known: Set<number>
  before: Memory
  leaves: Memory
  /** last words of the lines of verse so far; grows */
  ends: string[]
}

/** Fills the slots {…} and list words <…> of a form, from left to right. */
function expand(saying: Saying, form: string): string {
  const { choose, world } = saying
  return form.replace(/\{([^}]+)\}|<(\??)([^>]+)>/g, (_, slot, optional, list) => {
    if (slot !== undefined) return slots[slot](saying)
    if (optional && !choose.chance(world.slots.adverb)) return ''
    if (list === 'weather') return choose.one(world.weathers[saying.event.weather as string])
    return expand(saying, choose.one(world.lists[list]))
  })
}

const words = {
  he: { male: 'he', female: 'she', both: 'they' },
  him: { male: 'him', female: 'her', both: 'them' },
  his: { male: 'his', female: 'her', both: 'their' },
  hers: { male: 'his', female: 'hers', both: 'theirs' },
  was: { male: 'was', female: 'was', both: 'were' },
} as const

/** The form that agrees with the subject. */
const agreeing =
  (word: keyof typeof words) =>
  ({ event, facts }: Saying): string =>
    words[word][event.who === 'both' ? 'both' : facts[event.who].gender]

/** The slots of forms.ts. */
const slots: Record<string, (saying: Saying) => string> = {
  S: (saying) => subject(saying, true),
  'S!': (saying) => subject(saying, false),
  O: (saying) => other(saying, true),
  'O!': (saying) => other(saying, false),
  s: agreeing('he'),
  him: agreeing('him'),
  his: agreeing('his'),
  hers: agreeing('hers'),
  was: agreeing('was'),
  X: (saying) => thing(saying, saying.event.thing, true),
  'X!': (saying) => thing(saying, saying.event.thing, false),
  'Y!': (saying) => thing(saying, saying.event.other, false),
  T: (saying) => thing(saying, saying.event.thing, false).replace('the ', ''),
  N: ({ leaves, facts, event }) => {
    leaves.things.add(event.thing as number)
    return facts.things[event.thing as number].noun
  },
  P: ({ world, event }) => `${world.preposition(event.place as string)} the ${event.place}`,
  p: ({ event }) => `the ${event.place}`,
  q: ({ event }) => `the ${event.from}`,
  mood: ({ choose, world, event }) => choose.one(world.lists[event.mood as string]),
  cause: (saying) =>
    expand(saying, saying.choose.one(saying.telling.causes[saying.event.cause as string])),
  L: ({ choose, world }) => (choose.chance(world.slots.lead) ? choose.one(world.lists.lead) : ''),
  R: ({ choose, world, event, ends }) => {
    const tail = choose.one(tailsFor(world.rhymes, ends, event.kind === 'end'))
    ends.push(lastWord(tail))
    return tail
  },
}

function subject(saying: Saying, pronoun: boolean): string {
  const { event, before, leaves, facts, choose, world } = saying
  leaves.subject = event.who
  for (const person of event.who === 'both' ? (['a', 'b'] as const) : [event.who]) {
    leaves.people.add(person)
  }
  if (pronoun && before.subject === event.who && choose.chance(world.slots.pronoun)) {
    return agreeing('he')(saying)
  }
  if (event.who !== 'both') return facts[event.who].name
  const names = `${facts.a.name} and ${facts.b.name}`
  return pronoun && choose.chance(world.slots.friends) ? 'the friends' : names
}

function other(saying: Saying, pronoun: boolean): string {
  const { event, before, leaves, facts, choose, world } = saying
  const one = event.who === 'a' ? 'b' : 'a'
  leaves.people.add(one)
  if (pronoun && before.people.has(one) && choose.chance(world.slots.pronoun)) {
    return words.him[facts[one].gender]
  }
  return facts[one].name
}

function thing(saying: Saying, index: number | undefined, pronoun: boolean): string {
  const { known, before, leaves, facts, choose, world } = saying
  const which = index as number
  const { noun, look } = facts.things[which]
  leaves.things.add(which)
  if (!known.has(which)) {
    known.add(which)
    return `a ${look} ${noun}`
  }
  const alone = before.things.size === 1 && before.things.has(which)
  if (pronoun && alone && choose.chance(world.slots.it)) return 'it'
  return choose.chance(world.slots.look) ? `the ${look} ${noun}` : `the ${noun}`
}

/** Single spaces, "an" before a vowel, a capital at the start. */
function polish(sentence: string): string {
  const tidy = sentence
    .replace(/ {2,}/g, ' ')
    .replace(/ ([.,!?])/g, '$1')
    .replace(/\b([Aa]) (?=[aeiou])/g, '$1n ')
    .trim()
  return tidy.replace(/^"?[a-z]/, (start) => start.toUpperCase())
}
