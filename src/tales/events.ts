// What can happen in a tale, and what a tale is. Two people, `a` (named first) and `b`; one or two things; places.
// The simulation writes events, the telling turns each into one sentence, the checker reads sentences back.

export type Who = 'a' | 'b' | 'both'
export type Mood = 'happy' | 'sad' | 'angry' | 'proud'
export type Cause = 'got' | 'refused' | 'gone' | 'taken' | 'found' | 'arrived' | 'swapped'
export type Weather = string

export const kinds = [
  'open', // the first sentence: time, weather, who is where
  'want', // a wishes for a thing that is still unknown
  'plan', // a has a thing and means to give it to b
  'wantgo', // a wants to see a place
  'has', // somebody here holds a thing not met before
  'hasAt', // b, elsewhere, holds what a wants
  'isAt', // b is elsewhere
  'hide', // b has hidden a thing elsewhere
  'dare', // b tells a to find it
  'go', // one or both go to another place
  'meet', // the one who came finds the other
  'ask', // one asks the other for what the other holds
  'offer', // one thing for the other
  'grant', // the holder gives what was asked for
  'give', // the holder gives a present
  'refuse', // the holder keeps
  'swap', // both give
  'take', // one takes what the other holds
  'sorry', // the taker regrets
  'return', // what was taken or found goes back to its owner
  'forgive', // the owner forgives
  'lose', // the holder loses the thing here
  'search', // both look for what is lost here
  'find', // somebody finds what lies here
  'nofind', // nobody finds it
  'missing', // a looks in a place where the thing is not
  'rain', // the weather turns
  'behind', // a's thing is where they were before
  'clear', // the weather turns back
  'feel', // somebody feels something, often with its cause
  'thank', // thanks for what was given
  'scenery', // weather, birds, sounds
  'see', // an animal on the way
  'pastime', // both eat, sing or talk
  'end', // who is where with (or without) the thing
] as const
export type Kind = (typeof kinds)[number]

export interface Event {
  kind: Kind
  /** whose doing it is; the grammatical subject unless it is weather */
  who: Who
  /** index of the thing concerned */
  thing?: number
  /** index of the other thing of a trade */
  other?: number
  place?: string
  from?: string
  weather?: Weather
  mood?: Mood
  cause?: Cause
  /** the end: does the person have the thing? */
  holds?: boolean
}

export interface Person {
  /** "Lily", or "Grandpa" */
  name: string
  gender: 'male' | 'female'
}

export interface Thing {
  noun: string
  look: string
}

export const plotNames = [
  'wish',
  'visit',
  'lost',
  'trade',
  'quarrel',
  'storm',
  'hiding',
  'outing',
] as const
export type Plot = (typeof plotNames)[number]

/** How a tale can be told: in one style from its first sentence to its last. */
export type Style = 'plain' | 'dialogue' | 'news' | 'rhyme'

/** What is true in a tale, however it is told. */
export interface Story {
  plot: Plot
  a: Person
  b: Person
  things: Thing[]
  events: Event[]
  /** how things stand at the end: who holds each thing (undefined: nobody), and where the last scene is */
  holders: (Who | undefined)[]
  place: string
  /** the last feeling told; a quarrel made up ends happily */
  mood: Mood
}

/** A story and its style. The checker rebuilds the same from the text alone. */
export interface Facts extends Story {
  style: Style
}
