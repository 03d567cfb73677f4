// The telling: events become sentences. A name may become a pronoun only by the rule of the language, which is the
// checker's rule too (docs/tales.md):
//   he, she, they (subject)   the subject of the sentence before
//   him, her (object)         the other one of the two, if the sentence before spoke of them
//   it                        the one thing the sentence before spoke of
// Every choice here can be seen in the text, so one text has one derivation and `nats` is exact.
import type { Choose } from './choose.ts'
import type { Event, Facts, Who } from './events.ts'
import type { World } from './worlds.ts'

export type Style = 'plain' | 'dialogue'

/** What the sentence before leaves for pronouns to stand for. */
export interface Memory {
  subject?: Who
  people: Set<'a' | 'b'>
  things: Set<number>
}

const subjectPronoun = { male: 'he', female: 'she' } as const
const objectPronoun = { male: 'him', female: 'her' } as const
const possessive = { male: 'his', female: 'her' } as const

/** What the sentences so far leave behind: things known, and what pronouns can stand for. */
export interface Told {
  known: ReadonlySet<number>
  memory: Memory
}
export const nothingTold: Told = {
  known: new Set(),
  memory: { people: new Set(), things: new Set() },
}

/** The text of what happened, and its sentences: one per event, joined by single spaces. */
export function tellEvents(
  world: World,
  facts: Facts,
  style: Style,
  choose: Choose,
): { text: string; sentences: string[] } {
  let told = nothingTold
  const sentences = facts.events.map((event) => {
    const said = sayEvent(world, facts, event, style, choose, told)
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
  style: Style,
  choose: Choose,
  before: Told,
): { text: string; told: Told } {
  const known = new Set(before.known)
  const sentence = new Sentence(world, facts, event, choose, known, before.memory)
  const text = polish(sentence.expand(pickForm(world, event, style, choose)))
  return { text, told: { known, memory: sentence.leaves } }
}

function pickForm(world: World, event: Event, style: Style, choose: Choose): string {
  if (event.kind === 'scenery' && choose.chance(world.slots.weatherScenery)) {
    return choose.one(world.weatherForms[event.weather as string])
  }
  const key = event.kind === 'end' && !event.holds ? 'endWithout' : event.kind
  const form = world.forms[key]
  return choose.one(style === 'dialogue' && form.quoted ? form.quoted : form.plain)
}

/** One sentence in the making. Slots are filled from left to right. */
class Sentence {
  readonly leaves: Memory = { people: new Set(), things: new Set() }
  private readonly world: World
  private readonly facts: Facts
  private readonly event: Event
  private readonly choose: Choose
  private readonly known: Set<number>
  private readonly before: Memory

  constructor(
    world: World,
    facts: Facts,
    event: Event,
    choose: Choose,
    known: Set<number>,
    before: Memory,
  ) {
    this.world = world
    this.facts = facts
    this.event = event
    this.choose = choose
    this.known = known
    this.before = before
  }

  /** Fills the slots {…} and list words <…> of a form. */
  expand(form: string): string {
    return form.replace(/\{([^}]+)\}|<(\??)([^>]+)>/g, (_, slot, optional, list) => {
      if (slot !== undefined) return this.slot(slot)
      if (optional && !this.choose.chance(this.world.slots.adverb)) return ''
      return this.word(list)
    })
  }

  private word(list: string): string {
    if (list === 'weather')
      return this.choose.one(this.world.weathers[this.event.weather as string])
    return this.expand(this.choose.one(this.world.lists[list]))
  }

  private slot(slot: string): string {
    const { facts, event, world } = this
    const gender = event.who === 'both' ? undefined : facts[event.who].gender
    switch (slot) {
      case 'S':
        return this.subject(true)
      case 'S!':
        return this.subject(false)
      case 'O':
        return this.other(true)
      case 'O!':
        return this.other(false)
      case 's':
        return gender ? subjectPronoun[gender] : 'they'
      case 'him':
        return gender ? objectPronoun[gender] : 'them'
      case 'his':
        return gender ? possessive[gender] : 'their'
      case 'hers':
        return gender === 'female' ? 'hers' : gender ? 'his' : 'theirs'
      case 'was':
        return event.who === 'both' ? 'were' : 'was'
      case 'X':
        return this.thing(event.thing as number, true)
      case 'X!':
        return this.thing(event.thing as number, false)
      case 'Y!':
        return this.thing(event.other as number, false)
      case 'T':
        return this.thing(event.thing as number, false).replace('the ', '')
      case 'N':
        this.leaves.things.add(event.thing as number)
        return facts.things[event.thing as number].noun
      case 'P':
        return `${world.preposition(event.place as string)} the ${event.place}`
      case 'p':
        return `the ${event.place}`
      case 'q':
        return `the ${event.from}`
      case 'mood':
        return this.choose.one(world.lists[event.mood as string])
      case 'cause':
        return this.expand(this.choose.one(world.causes[event.cause as string]))
      case 'L':
        return this.choose.chance(world.slots.lead) ? this.choose.one(world.lists.lead) : ''
      default:
        throw new Error(`no slot {${slot}}`)
    }
  }

  private subject(pronoun: boolean): string {
    const { event, before, leaves, facts, choose, world } = this
    leaves.subject = event.who
    for (const person of event.who === 'both' ? (['a', 'b'] as const) : [event.who]) {
      leaves.people.add(person)
    }
    if (pronoun && before.subject === event.who && choose.chance(world.slots.pronoun)) {
      return event.who === 'both' ? 'they' : subjectPronoun[facts[event.who].gender]
    }
    if (event.who !== 'both') return facts[event.who].name
    const names = `${facts.a.name} and ${facts.b.name}`
    return pronoun && choose.chance(world.slots.friends) ? 'the friends' : names
  }

  private other(pronoun: boolean): string {
    const { event, before, leaves, facts, choose, world } = this
    const other = event.who === 'a' ? 'b' : 'a'
    const free = pronoun && before.people.has(other)
    leaves.people.add(other)
    if (free && choose.chance(world.slots.pronoun)) return objectPronoun[facts[other].gender]
    return facts[other].name
  }

  private thing(index: number, pronoun: boolean): string {
    const { known, before, leaves, facts, choose, world } = this
    const { noun, look } = facts.things[index]
    leaves.things.add(index)
    if (!known.has(index)) {
      known.add(index)
      return `a ${look} ${noun}`
    }
    const alone = before.things.size === 1 && before.things.has(index)
    if (pronoun && alone && choose.chance(world.slots.it)) return 'it'
    return choose.chance(world.slots.look) ? `the ${look} ${noun}` : `the ${noun}`
  }
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
