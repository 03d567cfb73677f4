// What a tale can be asked to be. Labels are read off the facts and the text alone, so whoever can check a tale can
// also say whether it obeys them.
import { type Facts, type Mood, type Plot, plotNames, type Style } from './events.ts'
import { stylesOf, type World, type WorldName, worlds } from './worlds.ts'

export interface Labels {
  style: Style
  /** ten lengths in words: '51-60' */
  words: string
  /** the person named first */
  who: string
  /** the first thing */
  what: string
  /** the place of the last scene */
  where: string
  mood: Mood
  plot: Plot
}

/** Words as one counts them by hand: separated by spaces. */
export const wordCount = (text: string): number => text.split(/\s+/).filter(Boolean).length

/** The bucket of a length; lengths outside the world's range fall into its first or last bucket. */
export function lengthBucket(world: World, words: number): string {
  const [shortest, longest] = world.words
  const inside = Math.min(Math.max(words, shortest), longest)
  const from = inside - ((inside - 1) % 10)
  return `${from}-${from + 9}`
}

/** The labels of a tale. */
export function labelsOf(name: WorldName, text: string, facts: Facts): Labels {
  return {
    style: facts.style,
    words: lengthBucket(worlds[name], wordCount(text)),
    who: facts.a.name,
    what: facts.things[0].noun,
    where: facts.place,
    mood: facts.mood,
    plot: facts.plot,
  }
}

/** Every value that each label of a world can have. */
export function labelValues(name: WorldName): { [K in keyof Labels]: Labels[K][] } {
  const world: World = worlds[name]
  const [shortest, longest] = world.words
  const buckets: string[] = []
  for (let from = shortest; from <= longest; from += 10) buckets.push(lengthBucket(world, from))
  return {
    style: stylesOf(world),
    words: buckets,
    who: [...world.girls, ...world.boys],
    what: [...world.things],
    where: [...Object.keys(world.outdoors), ...Object.keys(world.indoors)],
    mood: (['happy', 'sad', 'angry', 'proud'] as const).filter((mood) => mood in world.lists),
    plot: plotNames.filter((plot) => world.plots.some(([row]) => row === plot)),
  }
}

/** The labels a tale does not obey, with what it has instead; empty when it obeys all that are asked. */
export function disobeyed(asked: Partial<Labels>, found: Labels): string[] {
  return (Object.keys(asked) as (keyof Labels)[])
    .filter((label) => asked[label] !== undefined && asked[label] !== found[label])
    .map((label) => `${label} is ${found[label]}, not ${asked[label]}`)
}
