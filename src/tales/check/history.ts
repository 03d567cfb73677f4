// The history a text tells, rebuilt sentence by sentence: who the pronouns stand for, who holds what, who is where,
// what the weather is. The rule of pronouns: "he", "she", "they" are the subject of the sentence
// before; "him", "her" the other one, if the sentence before spoke of them; "it" the one thing it spoke of.
import type { Event, Facts, Mood, Person, Style, Who } from '../events.ts'
import type { Lexicon } from './lexicon.ts'
import type { Mention, Reading, ThingMention } from './parse.ts'

type One = 'a' | 'b'

export interface KnownThing {
  noun: string
  look: string
  holder?: One
  /** where it lies when nobody holds it */
  lies?: string
  /** whose it was before somebody took it, lost it or left it */
  owner?: One
  /** who gave it last */
  giver?: One
}

/** Everything known after a sentence. */
export interface History {
  people: { a?: Person; b?: Person }
  where: { a?: string; b?: string }
  /** the place of the first scene, and the one before the present one */
  start?: string
  previous?: string
  goal?: string
  things: KnownThing[]
  weather: string
  mood: Mood
  /** what was asked for or offered against */
  asked?: number
  /** what the sentence before leaves for pronouns */
  memory: { subject?: Who; people: One[]; things: number[] }
  events: Event[]
  place: string
  /** the styles that the sentences so far can be of */
  styles: readonly Style[]
  /** last words of the lines of verse */
  ends: readonly string[]
}

/** @param styles those of the world */
export function newHistory(styles: readonly Style[]): History {
  return {
    people: {},
    where: {},
    things: [],
    weather: '',
    mood: 'happy',
    memory: { people: [], things: [] },
    events: [],
    place: '',
    styles,
    ends: [],
  }
}

/** A copy that can be thrown away when a reading turns out wrong. */
export function copyHistory(history: History): History {
  return {
    ...history,
    people: { ...history.people },
    where: { ...history.where },
    things: history.things.map((thing) => ({ ...thing })),
    events: [...history.events],
  }
}

/** Thrown by every rule that a text breaks, and caught by the checker. It is no `Error`, whose stack nobody would see
 * and which takes longer than all else that is done to a text. */
export class Broken {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export const otherOf = (who: One): One => (who === 'a' ? 'b' : 'a')

/** The person or people a subject stands for.
 * @param introduces may a new person appear here? @param where "in sentence 4" */
export function resolveSubject(
  history: History,
  mention: Mention,
  introduces: boolean,
  lexicon: Lexicon,
  where: string,
): Who {
  const { people, memory } = history
  if (mention.form === 'name') return resolveName(history, mention.name, introduces, lexicon, where)
  if (mention.form === 'pair') {
    const [first, second] = mention.names.map((name) =>
      resolveName(history, name, introduces, lexicon, where),
    )
    if (first === second) {
      throw new Broken(`"${mention.names.join(' and ')}" ${where} are not two`)
    }
    if (first !== 'a' || second !== 'b') {
      throw new Broken(
        `the pair "${mention.names.join(' and ')}" ${where} is not ${bothNames(history)}`,
      )
    }
    return 'both'
  }
  if (mention.form === 'friends') {
    if (people.a && people.b) return 'both'
    throw new Broken(`"the friends" ${where} are not known yet`)
  }
  const before = memory.subject
  const fits =
    before &&
    (before === 'both'
      ? mention.word === 'they'
      : mention.word === pronouns.self[genderOf(history, before)])
  if (fits) return before
  throw new Broken(
    before === undefined
      ? `the pronoun "${mention.word}" ${where} has nobody to stand for`
      : `the pronoun "${mention.word}" ${where} cannot stand for ${nameOf(history, before)}`,
  )
}

/** The other person, by name or as "him" or "her". */
export function resolveOther(
  history: History,
  mention: Mention,
  subject: Who,
  introduces: boolean,
  lexicon: Lexicon,
  where: string,
): One {
  if (subject === 'both') throw new Broken(`nobody is left to be the other one ${where}`)
  const other = otherOf(subject)
  if (mention.form === 'name') {
    const found = resolveName(history, mention.name, introduces, lexicon, where)
    if (found === subject) throw new Broken(`${mention.name} ${where} is on both sides`)
    return found
  }
  const word = mention.form === 'pronoun' ? mention.word : ''
  if (!history.memory.people.includes(other)) {
    throw new Broken(`the pronoun "${word}" ${where} has nobody to stand for`)
  }
  if (pronouns.him[genderOf(history, other)] !== word) {
    throw new Broken(`the pronoun "${word}" ${where} cannot stand for ${nameOf(history, other)}`)
  }
  return other
}

function resolveName(
  history: History,
  name: string,
  introduces: boolean,
  lexicon: Lexicon,
  where: string,
): One {
  const { people } = history
  if (people.a?.name === name) return 'a'
  if (people.b?.name === name) return 'b'
  if (people.a && people.b) throw new Broken(`${name} ${where} is a third person`)
  if (!introduces) throw new Broken(`${name} ${where} was never introduced`)
  const gender = lexicon.names.get(name)
  if (!people.a && lexicon.grownups.has(name)) throw new Broken(`${name} ${where} is not a child`)
  const one = people.a ? 'b' : 'a'
  people[one] = { name, gender: gender as 'male' | 'female' }
  return one
}

/** The known thing a mention stands for, or a new one where the story brings one. */
export function resolveThing(
  history: History,
  mention: ThingMention,
  brings: boolean,
  where: string,
): number {
  const { things, memory } = history
  if (mention.form === 'it') {
    if (memory.things.length === 1 && !brings) return memory.things[0]
    throw new Broken(`the pronoun "it" ${where} has nothing to stand for`)
  }
  const known = things.findIndex(({ noun }) => noun === mention.noun)
  if (brings) {
    if (mention.form !== 'new')
      throw new Broken(`the ${mention.noun} ${where} was never mentioned before`)
    if (!mention.look) throw new Broken(`the ${mention.noun} ${where} is not described`)
    if (known >= 0) throw new Broken(`a second ${mention.noun} ${where}`)
    return things.push({ noun: mention.noun as string, look: mention.look }) - 1
  }
  if (mention.form === 'new')
    throw new Broken(`a new ${mention.noun} ${where} that the story has no use for`)
  if (known < 0) throw new Broken(`the ${mention.noun} ${where} was never mentioned before`)
  if (mention.look && mention.look !== things[known].look) {
    throw new Broken(
      `the ${mention.noun} ${where} is ${mention.look}, but it was ${things[known].look}`,
    )
  }
  return known
}

const pronouns: Record<string, Record<'male' | 'female' | 'both', string>> = {
  self: { male: 'he', female: 'she', both: 'they' },
  him: { male: 'him', female: 'her', both: 'them' },
  his: { male: 'his', female: 'her', both: 'their' },
  hers: { male: 'his', female: 'hers', both: 'theirs' },
  was: { male: 'was', female: 'was', both: 'were' },
}

/** Words that must agree with the subject of their own sentence. */
export function checkAgreement(history: History, reading: Reading, who: Who, where: string): void {
  const gender = genderOf(history, who)
  for (const { word, as } of reading.agreeing) {
    if (pronouns[as][gender] !== word) {
      throw new Broken(`"${word}" ${where} does not agree with ${nameOf(history, who)}`)
    }
  }
  for (const { possessive } of reading.things) {
    if (possessive && pronouns.his[gender] !== possessive) {
      throw new Broken(`"${possessive}" ${where} does not agree with ${nameOf(history, who)}`)
    }
  }
}

function genderOf(history: History, who: Who): 'male' | 'female' | 'both' {
  return who === 'both' ? 'both' : (history.people[who] as Person).gender
}

const bothNames = ({ people }: History) => `"${people.a?.name} and ${people.b?.name}"`

/** Somebody's name in a message. */
export function nameOf(history: History, who: Who): string {
  if (who === 'both') return `${history.people.a?.name} and ${history.people.b?.name}`
  return history.people[who]?.name ?? 'somebody'
}

/** The facts of a finished history. */
export function factsOf(history: History, plot: Facts['plot']): Facts {
  return {
    plot,
    a: history.people.a as Person,
    b: history.people.b as Person,
    things: history.things.map(({ noun, look }) => ({ noun, look })),
    events: history.events,
    holders: history.things.map(({ holder }) => holder),
    place: history.place,
    mood: history.mood,
    style: history.styles[0],
  }
}
