// The simulation: a plot is a short program over a world of two people, things and places. It decides what happens;
// how it is said is not its business. Long-range dependencies are few in kind and real: what is wanted, planned or
// lost in the beginning is what the ending is about.
import type { Choose } from './choose.ts'
import type { Cause, Event, Mood, Person, Plot, Story, Who } from './events.ts'
import type { World } from './worlds.ts'

/** A tale in the making. */
interface Scene {
  world: World
  choose: Choose
  facts: Story
  where: { a: string; b: string }
  weather: string
}

const plots: Record<Plot, (scene: Scene) => void> = {
  wish,
  visit,
  lost,
  trade,
  quarrel,
  storm,
  hiding,
  outing,
}

/** Simulates one tale: who, what and where are drawn as the plot needs them. */
export function simulate(world: World, choose: Choose): Story {
  const plot = choose.weighted(world.plots)
  const a = pickChild(world, choose)
  const facts: Story = {
    plot,
    a,
    b: pickOther(world, choose, a),
    things: [],
    events: [],
    holders: [],
    place: '',
    mood: 'happy',
  }
  plots[plot]({ world, choose, facts, where: { a: '', b: '' }, weather: '' })
  return facts
}

function pickChild(world: World, choose: Choose): Person {
  const gender = choose.one(genders(world))
  return { name: choose.one(gender === 'male' ? world.boys : world.girls), gender }
}

/** The other one: more often of the same gender, because then a pronoun has two possible referents. */
function pickOther(world: World, choose: Choose, a: Person): Person {
  const kind = choose.weighted(world.company)
  const gender =
    kind === 'grownup'
      ? choose.one(genders(world))
      : kind === 'same'
        ? a.gender
        : opposite(a.gender)
  if (kind === 'grownup') {
    return { name: choose.one(gender === 'male' ? world.men : world.women), gender }
  }
  const names = gender === 'male' ? world.boys : world.girls
  return { name: choose.one(names.filter((name) => name !== a.name)), gender }
}

const opposite = (gender: 'male' | 'female') => (gender === 'male' ? 'female' : 'male')
const genders = (world: World): ('male' | 'female')[] =>
  world.girls.length === 0 ? ['male'] : ['male', 'female']

// The plots. Each reads as its story.

function wish(scene: Scene) {
  const here = open(scene, 'a')
  const thing = newThing(scene)
  tell(scene, { kind: 'want', who: 'a', thing })
  const there = newPlace(scene, [here])
  scene.where.b = there
  scene.facts.holders[thing] = 'b'
  tell(scene, { kind: 'hasAt', who: 'b', thing, place: there })
  go(scene, 'a', there)
  meet(scene, there)
  if (scene.choose.chance(scene.world.slots.ask)) tell(scene, { kind: 'ask', who: 'a', thing })
  if (scene.choose.chance(0.7)) {
    give(scene, 'b', thing, 'grant')
    feel(scene, 'a', 'happy', 'got', thing)
    thankPerhaps(scene, 'a', thing)
    end(scene, 'a', thing)
  } else {
    tell(scene, { kind: 'refuse', who: 'b', thing })
    feel(scene, 'a', 'sad', 'refused', thing)
    end(scene, 'a', thing)
  }
}

function visit(scene: Scene) {
  const here = open(scene, 'a')
  const thing = newThing(scene)
  scene.facts.holders[thing] = 'a'
  tell(scene, { kind: 'plan', who: 'a', thing })
  const there = newPlace(scene, [here])
  scene.where.b = there
  tell(scene, { kind: 'isAt', who: 'b', place: there })
  go(scene, 'a', there)
  meet(scene, there)
  give(scene, 'a', thing)
  feel(scene, 'b', 'happy', 'got', thing)
  thankPerhaps(scene, 'b', thing)
  end(scene, 'b', thing)
}

function lost(scene: Scene) {
  const here = open(scene, 'both')
  const thing = has(scene, 'a')
  const there = newPlace(scene, [here])
  go(scene, 'both', there)
  tell(scene, { kind: 'lose', who: 'a', thing, place: there })
  scene.facts.holders[thing] = undefined
  tell(scene, { kind: 'search', who: 'both', thing, place: there })
  const finder = scene.choose.weighted<Who | undefined>([
    ['b', 5],
    ['a', 3],
    [undefined, 2],
  ])
  if (finder === undefined) {
    tell(scene, { kind: 'nofind', who: 'both', thing, place: there })
    feel(scene, 'a', 'sad', 'gone', thing)
  } else {
    tell(scene, { kind: 'find', who: finder, thing, place: there })
    scene.facts.holders[thing] = finder
    if (finder === 'b') {
      tell(scene, { kind: 'return', who: 'b', thing })
      scene.facts.holders[thing] = 'a'
      feel(scene, 'a', 'happy', 'got', thing)
    } else {
      feel(scene, 'a', 'proud', 'found', thing)
    }
  }
  end(scene, 'a', thing)
}

function trade(scene: Scene) {
  open(scene, 'both')
  const mine = has(scene, 'a')
  const yours = has(scene, 'b')
  pastime(scene)
  tell(scene, { kind: 'offer', who: 'a', thing: mine, other: yours })
  if (scene.choose.chance(0.7)) {
    tell(scene, { kind: 'swap', who: 'b', thing: mine, other: yours })
    scene.facts.holders[mine] = 'b'
    scene.facts.holders[yours] = 'a'
    feel(scene, 'both', 'happy', 'swapped', yours)
    scenery(scene)
    end(scene, scene.choose.one(['a', 'b'] as const), undefined)
  } else {
    tell(scene, { kind: 'refuse', who: 'b', thing: yours })
    feel(scene, 'a', 'sad', 'refused', yours)
    end(scene, 'a', mine)
  }
}

function quarrel(scene: Scene) {
  const here = open(scene, 'both')
  const thing = has(scene, 'b')
  tell(scene, { kind: 'take', who: 'a', thing })
  scene.facts.holders[thing] = 'a'
  feel(scene, 'b', 'angry', 'taken', thing)
  if (scene.choose.chance(0.6)) {
    sorry(scene)
    tell(scene, { kind: 'return', who: 'a', thing })
    scene.facts.holders[thing] = 'b'
    scene.facts.mood = 'happy'
    forgive(scene)
    scenery(scene)
    end(scene, 'b', thing)
  } else {
    go(scene, 'a', newPlace(scene, [here]))
    end(scene, 'a', thing)
  }
}

function storm(scene: Scene) {
  const here = open(scene, 'both', 'rain')
  const thing = has(scene, 'a')
  tell(scene, { kind: 'rain', who: 'both', weather: 'rain' })
  scene.weather = 'rain'
  scene.facts.holders[thing] = undefined
  go(scene, 'both', newPlace(scene, [here], true), false)
  tell(scene, { kind: 'behind', who: 'a', thing, place: here })
  tell(scene, { kind: 'clear', who: 'both', weather: 'sun' })
  scene.weather = 'sun'
  go(scene, 'both', here, false)
  tell(scene, { kind: 'find', who: 'a', thing, place: here })
  scene.facts.holders[thing] = 'a'
  feel(scene, 'a', 'happy', 'found', thing)
  end(scene, 'a', thing)
}

function hiding(scene: Scene) {
  const here = open(scene, 'both')
  const thing = newThing(scene)
  const there = newPlace(scene, [here])
  tell(scene, { kind: 'hide', who: 'b', thing, place: there })
  tell(scene, { kind: 'dare', who: 'b', thing, place: there })
  if (scene.choose.chance(0.4)) {
    const wrong = newPlace(scene, [here, there])
    go(scene, 'a', wrong, false)
    tell(scene, { kind: 'missing', who: 'a', thing, place: wrong })
  }
  go(scene, 'a', there)
  tell(scene, { kind: 'find', who: 'a', thing, place: there })
  scene.facts.holders[thing] = 'a'
  feel(scene, 'a', 'proud', 'found', thing)
  end(scene, 'a', thing)
}

function outing(scene: Scene) {
  const here = open(scene, 'both')
  const goal = newPlace(scene, [here])
  tell(scene, { kind: 'wantgo', who: 'a', place: goal })
  const stop = newPlace(scene, [here, goal])
  go(scene, 'both', stop)
  const thing = newThing(scene)
  const finder = scene.choose.one(['a', 'b'] as const)
  tell(scene, { kind: 'find', who: finder, thing, place: stop })
  scene.facts.holders[thing] = finder
  if (scene.choose.chance(0.5)) give(scene, finder, thing)
  go(scene, 'both', goal, false)
  feel(scene, 'a', 'happy', 'arrived', thing)
  scenery(scene)
  end(scene, scene.facts.holders[thing] as 'a' | 'b', thing)
}

// The steps that plots share.

function tell(scene: Scene, event: Event) {
  scene.facts.events.push(event)
}

function open(scene: Scene, who: 'a' | 'both', before: 'anything' | 'rain' = 'anything'): string {
  const weathers = Object.keys(scene.world.weathers)
  const dry = weathers.filter((name) => ['sun', 'wind', 'clouds'].includes(name))
  scene.weather = scene.choose.one(before === 'rain' ? dry : weathers)
  const place = newPlace(scene, [], before === 'rain' ? false : undefined)
  scene.where.a = place
  if (who === 'both') scene.where.b = place
  tell(scene, { kind: 'open', who, place, weather: scene.weather })
  scenery(scene)
  return place
}

/** A place not among `taken`; inside or outside when that matters. */
function newPlace(scene: Scene, taken: readonly string[], inside?: boolean): string {
  const { outdoors, indoors } = scene.world
  const all = [
    ...(inside === true ? [] : Object.keys(outdoors)),
    ...(inside === false ? [] : Object.keys(indoors)),
  ]
  return scene.choose.one(all.filter((place) => !taken.includes(place)))
}

function newThing(scene: Scene): number {
  const { facts, choose, world } = scene
  const known = facts.things.map((thing) => thing.noun)
  const noun = choose.one(world.things.filter((thing) => !known.includes(thing)))
  return facts.things.push({ noun, look: choose.one(world.looks) }) - 1
}

function meet(scene: Scene, place: string) {
  if (scene.choose.chance(scene.world.slots.meet)) tell(scene, { kind: 'meet', who: 'a', place })
}

function has(scene: Scene, who: 'a' | 'b'): number {
  const thing = newThing(scene)
  scene.facts.holders[thing] = who
  tell(scene, { kind: 'has', who, thing })
  return thing
}

function give(scene: Scene, giver: 'a' | 'b', thing: number, kind: 'give' | 'grant' = 'give') {
  tell(scene, { kind, who: giver, thing })
  scene.facts.holders[thing] = giver === 'a' ? 'b' : 'a'
}

function go(scene: Scene, who: Who, place: string, sights = true) {
  const from = who === 'b' ? scene.where.b : scene.where.a
  tell(scene, { kind: 'go', who, place, from })
  if (who !== 'b') scene.where.a = place
  if (who !== 'a') scene.where.b = place
  if (sights && scene.choose.chance(scene.world.slots.see)) tell(scene, { kind: 'see', who })
}

function feel(scene: Scene, who: Who, mood: Mood, cause: Cause, thing: number) {
  scene.facts.mood = mood
  tell(scene, { kind: 'feel', who, mood, cause, thing, place: scene.where.a })
}

function thankPerhaps(scene: Scene, who: 'a' | 'b', thing: number) {
  if (scene.choose.chance(scene.world.slots.thank)) tell(scene, { kind: 'thank', who, thing })
}

function sorry(scene: Scene) {
  if (scene.choose.chance(scene.world.slots.sorry)) tell(scene, { kind: 'sorry', who: 'a' })
}

function forgive(scene: Scene) {
  if (scene.choose.chance(scene.world.slots.sorry)) tell(scene, { kind: 'forgive', who: 'b' })
}

function scenery(scene: Scene) {
  if (scene.choose.chance(scene.world.slots.scenery)) {
    tell(scene, { kind: 'scenery', who: 'both', weather: scene.weather })
  }
}

function pastime(scene: Scene) {
  if (scene.choose.chance(scene.world.slots.pastime)) tell(scene, { kind: 'pastime', who: 'both' })
}

/** The last sentence: where the person is, and with which thing. */
function end(scene: Scene, who: 'a' | 'b', thing: number | undefined) {
  const { facts } = scene
  const shown = thing ?? facts.holders.indexOf(who)
  facts.place = scene.where[who]
  tell(scene, {
    kind: 'end',
    who,
    thing: shown,
    place: facts.place,
    holds: facts.holders[shown] === who,
  })
}
