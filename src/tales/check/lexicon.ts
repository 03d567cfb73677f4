// The words a checker knows of one world, arranged for reading: word → what it can be.
import type { World } from '../worlds.ts'

export interface Lexicon {
  /** every name → gender */
  names: ReadonlyMap<string, 'male' | 'female'>
  grownups: ReadonlySet<string>
  things: ReadonlySet<string>
  looks: ReadonlySet<string>
  /** place → preposition */
  places: ReadonlyMap<string, string>
  inside: ReadonlySet<string>
  /** adjective → weather */
  days: ReadonlyMap<string, string>
  /** word → feeling */
  moods: ReadonlyMap<string, string>
  /** list → its phrases by their first word, each as words */
  lists: ReadonlyMap<string, ReadonlyMap<string, string[][]>>
  /** tails of lines of verse by their first word or mark */
  tails: ReadonlyMap<string, string[][]>
}

const feelings = ['happy', 'sad', 'angry', 'proud']

export function lexiconOf(world: World): Lexicon {
  const people = (names: readonly string[], gender: 'male' | 'female') =>
    names.map((name) => [name, gender] as const)
  const grouped = (groups: readonly (readonly [string, readonly string[]])[]) =>
    new Map(groups.flatMap(([group, words]) => words.map((word) => [word, group] as const)))
  return {
    names: new Map([
      ...people([...world.boys, ...world.men], 'male'),
      ...people([...world.girls, ...world.women], 'female'),
    ]),
    grownups: new Set([...world.men, ...world.women]),
    things: new Set(world.things),
    looks: new Set(world.looks),
    places: new Map([...Object.entries(world.outdoors), ...Object.entries(world.indoors)]),
    inside: new Set(Object.keys(world.indoors)),
    days: grouped(Object.entries(world.weathers)),
    moods: grouped(feelings.map((mood) => [mood, world.lists[mood] ?? []])),
    lists: new Map(Object.entries(world.lists).map(([list, phrases]) => [list, byFirst(phrases)])),
    tails: byFirst(Object.values(world.rhymes).flat()),
  }
}

/** Phrases as words, under their first word. "an" is read as "a". */
function byFirst(phrases: readonly string[]): Map<string, string[][]> {
  const found = new Map<string, string[][]>()
  for (const phrase of phrases) {
    const words = phrase.replace('{his}', 'HIS').match(/[A-Za-z]+|,/g) as string[]
    const plain = words.map((word) => (word === 'an' ? 'a' : word))
    found.set(plain[0], [...(found.get(plain[0]) ?? []), plain])
  }
  return found
}
