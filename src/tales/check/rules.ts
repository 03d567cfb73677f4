// The laws of the world, one row for each kind of event: what must be so before it, and what is so afterwards.
import type { Event, Kind, Mood } from '../events.ts'
import { Broken, type History, type KnownThing, nameOf, otherOf } from './history.ts'
import type { Lexicon } from './lexicon.ts'

type One = 'a' | 'b'

/** An event about to happen. */
export interface Happening {
  history: History
  event: Event
  lexicon: Lexicon
  /** "in sentence 4" */
  where: string
}

type Rule = (happening: Happening) => void

/** Must be; else the text is wrong in the way said. */
function must(condition: boolean, message: string): void {
  if (!condition) throw new Broken(message)
}

const subject = ({ event }: Happening) => event.who as One
const name = (happening: Happening) => nameOf(happening.history, happening.event.who)
const thingOf = ({ history, event }: Happening): KnownThing => history.things[event.thing as number]
const here = ({ history, event }: Happening) =>
  history.where[event.who === 'both' ? 'a' : event.who]

/** The subject holds the thing. */
function holds(happening: Happening, thing = thingOf(happening), who = subject(happening)): void {
  const { history, where } = happening
  must(thing.holder === who, `${nameOf(history, who)} does not hold the ${thing.noun} ${where}`)
}

/** Both are in the same place. */
function together(happening: Happening): void {
  const { where: places } = happening.history
  must(
    places.a !== undefined && places.a === places.b,
    `the two are not in the same place ${happening.where}`,
  )
}

/** "on the hill". */
const at = ({ lexicon }: Happening, place: string | undefined): string =>
  `${lexicon.places.get(place as string)} the ${place}`

/** A place that is named is the place where it happens. */
function placeIsHere(happening: Happening): void {
  const { event, where } = happening
  must(
    event.place === undefined || event.place === here(happening),
    `${name(happening)} is ${at(happening, here(happening))} ${where}, not ${at(happening, event.place)}`,
  )
}

function elsewhere({ history, event, where }: Happening): void {
  must(event.place !== history.where.a, `the ${event.place} ${where} is where they are already`)
}

/** The thing goes from the subject to the other one. */
function handOver(happening: Happening): void {
  together(happening)
  holds(happening)
  const thing = thingOf(happening)
  thing.giver = subject(happening)
  thing.holder = otherOf(subject(happening))
}

/** What a feeling's cause says is true. */
const causes: Record<string, (happening: Happening, thing: KnownThing, who: One) => boolean> = {
  got: (_, thing, who) => thing.holder === who && thing.giver === otherOf(who),
  refused: ({ history, event }, thing, who) =>
    thing.holder === otherOf(who) && history.asked === event.thing,
  gone: (_, thing) => thing.holder === undefined && thing.lies !== undefined,
  taken: (_, thing, who) => thing.holder === otherOf(who) && thing.owner === who,
  found: (_, thing, who) => thing.holder === who,
  arrived: ({ history }, _thing, who) => history.where[who] === history.goal,
  swapped: () => true,
}

export const rules: Record<Kind, Rule> = {
  open: ({ history, event, lexicon, where }) => {
    must(lexicon.places.has(event.place as string), `there is no such place ${where}`)
    history.where.a = event.place
    if (event.who === 'both') history.where.b = event.place
    history.start = event.place
    history.weather = event.weather as string
  },
  want: ({ event, history }) => {
    history.asked = event.thing
  },
  plan: (happening) => {
    thingOf(happening).holder = 'a'
  },
  wantgo: (happening) => {
    elsewhere(happening)
    happening.history.goal = happening.event.place
  },
  has: (happening) => {
    thingOf(happening).holder = subject(happening)
  },
  hasAt: (happening) => {
    elsewhere(happening)
    happening.history.where.b = happening.event.place
    thingOf(happening).holder = 'b'
  },
  isAt: (happening) => {
    elsewhere(happening)
    happening.history.where.b = happening.event.place
  },
  hide: (happening) => {
    elsewhere(happening)
    thingOf(happening).lies = happening.event.place
  },
  dare: (happening) => {
    const { event, where } = happening
    const { lies, noun } = thingOf(happening)
    must(
      event.place === undefined || event.place === lies,
      `the ${noun} is not ${at(happening, event.place)} ${where}`,
    )
  },
  go: (happening) => {
    const { history, event, where } = happening
    const from = here(happening)
    if (event.who === 'both') together(happening)
    must(
      event.from === undefined || event.from === from,
      `nobody is ${at(happening, event.from)} to leave it ${where}`,
    )
    must(
      event.place !== from,
      `${name(happening)} is ${at(happening, event.place)} already ${where}`,
    )
    history.previous = from
    if (event.who !== 'b') history.where.a = event.place
    if (event.who !== 'a') history.where.b = event.place
  },
  meet: (happening) => {
    together(happening)
    placeIsHere(happening)
  },
  ask: (happening) => {
    together(happening)
    holds(happening, thingOf(happening), otherOf(subject(happening)))
  },
  offer: (happening) => {
    const { history, event } = happening
    together(happening)
    holds(happening)
    holds(happening, history.things[event.other as number], otherOf(subject(happening)))
    history.asked = event.other
  },
  grant: handOver,
  give: handOver,
  refuse: (happening) => {
    together(happening)
    holds(happening)
    const { history, event, where } = happening
    must(history.asked === event.thing, `nobody asked for the ${thingOf(happening).noun} ${where}`)
  },
  swap: (happening) => {
    const { history, event } = happening
    const [mine, yours] = [
      history.things[event.thing as number],
      history.things[event.other as number],
    ]
    together(happening)
    holds(happening, yours)
    holds(happening, mine, otherOf(subject(happening)))
    yours.holder = otherOf(subject(happening))
    mine.holder = subject(happening)
  },
  take: (happening) => {
    const thing = thingOf(happening)
    const other = otherOf(subject(happening))
    together(happening)
    holds(happening, thing, other)
    thing.owner = other
    thing.holder = subject(happening)
  },
  sorry: together,
  return: (happening) => {
    const thing = thingOf(happening)
    must(
      thing.owner === otherOf(subject(happening)),
      `the ${thing.noun} was not ${nameOf(happening.history, otherOf(subject(happening)))}'s ${happening.where}`,
    )
    handOver(happening)
    if (happening.history.mood === 'angry') happening.history.mood = 'happy'
  },
  forgive: together,
  lose: (happening) => {
    const thing = thingOf(happening)
    holds(happening)
    placeIsHere(happening)
    thing.owner = subject(happening)
    thing.holder = undefined
    thing.lies = here(happening)
  },
  search: (happening) => {
    together(happening)
    placeIsHere(happening)
    const { noun, lies } = thingOf(happening)
    must(lies === here(happening), `the ${noun} is not lost here ${happening.where}`)
  },
  find: (happening) => {
    const thing = thingOf(happening)
    placeIsHere(happening)
    must(
      thing.holder === undefined && (thing.lies === undefined || thing.lies === here(happening)),
      `the ${thing.noun} is not there to be found ${happening.where}`,
    )
    thing.holder = subject(happening)
    thing.lies = undefined
  },
  nofind: (happening) => {
    placeIsHere(happening)
    must(thingOf(happening).lies === here(happening), `nothing is lost here ${happening.where}`)
  },
  missing: (happening) => {
    placeIsHere(happening)
    const { noun, lies } = thingOf(happening)
    must(lies !== here(happening), `the ${noun} is just there ${happening.where}`)
  },
  rain: ({ history, lexicon, where }) => {
    must(
      ['sun', 'wind', 'clouds'].includes(history.weather),
      `rain cannot begin ${where}: the weather was ${history.weather}`,
    )
    must(!lexicon.inside.has(history.where.a as string), `it cannot rain inside ${where}`)
    history.weather = 'rain'
  },
  behind: (happening) => {
    const { history, event, where } = happening
    const thing = thingOf(happening)
    holds(happening)
    must(event.place === history.previous, `they do not come from the ${event.place} ${where}`)
    thing.owner = subject(happening)
    thing.holder = undefined
    thing.lies = event.place
  },
  clear: ({ history, where }) => {
    must(history.weather === 'rain', `the rain cannot end ${where}: there was none`)
    history.weather = 'sun'
  },
  feel: (happening) => {
    const { history, event, where } = happening
    history.mood = event.mood as Mood
    if (event.place !== undefined) placeIsHere(happening)
    const index = event.thing ?? history.things.length - 1
    const thing = history.things[index]
    const cause = causes[event.cause as string]
    const who = event.who === 'both' ? 'a' : event.who
    must(
      thing !== undefined &&
        cause?.({ ...happening, event: { ...event, thing: index } }, thing, who) === true,
      `${name(happening)} has no cause to be ${event.mood} ${where}`,
    )
  },
  thank: (happening) => {
    together(happening)
    const { history, event } = happening
    const thing = history.things[event.thing ?? 0]
    must(thing !== undefined, `there is nothing to thank for ${happening.where}`)
    holds(happening, thing)
    must(
      thing.giver === otherOf(subject(happening)),
      `nothing was given to thank for ${happening.where}`,
    )
  },
  scenery: ({ history, event, where }) => {
    must(
      event.weather === undefined || event.weather === history.weather,
      `the weather ${where} is ${event.weather}, but it was ${history.weather}`,
    )
  },
  see: () => {},
  pastime: together,
  end: (happening) => {
    const { history, event, where } = happening
    placeIsHere(happening)
    const { noun, holder } = thingOf(happening)
    must(
      (holder === event.who) === event.holds,
      `${name(happening)} ${event.holds ? 'does not have' : 'has'} the ${noun} ${where}`,
    )
    history.place = event.place as string
  },
}
