// The style `rhyme`: every sentence is a line of verse and ends with a tail from words.ts. The rule, which is the
// checker's rule too: lines 1 and 2 rhyme, 3 and 4, and so on, each pair in another sound than the pair before; a last
// line that is left alone rhymes with the pair before it. No word rhymes with itself. Slots as in forms.ts.
import type { Telling } from './forms.ts'

/** The tails that may end the next line.
 * @param rhymes sound → tails @param ends last words of the lines so far @param last is it the last line? */
export function tailsFor(
  rhymes: Readonly<Record<string, readonly string[]>>,
  ends: readonly string[],
  last: boolean,
): readonly string[] {
  const alone = ends.length % 2 === 0
  const before = ends.slice(alone ? -2 : -1)
  const heard = (tails: readonly string[]) => tails.some((tail) => before.includes(lastWord(tail)))
  const opens = alone && !(last && ends.length > 0)
  return Object.values(rhymes)
    .filter((tails) => heard(tails) !== opens)
    .flat()
    .filter((tail) => !before.includes(lastWord(tail)))
}

export const lastWord = (tail: string): string => tail.slice(tail.lastIndexOf(' ') + 1)

const forms: Telling['forms'] = {
  open: ['in <weather> weather {S!} sat {P} {R}.', '{P} sat {S!} in <weather> weather {R}.'],
  want: ['how {S} wished for {X} {R}.', 'how {S} dreamed of {X} {R}.'],
  plan: ['{S} picked {X} for {O!} {R}.', '{S} wrapped {X} for {O!} {R}.'],
  wantgo: ['how {S} wished to see {p} {R}.', 'how {S} dreamed of {p} {R}.'],
  has: ['{S} held up {X} {R}.', '{S} showed {X} {R}.'],
  hasAt: ['{P} sat {S!} with such a {N} {R}.', '{P} {S!} had such a {N} {R}.'],
  isAt: ['{P} sat {S!} {R}.', '{P} {S!} sang {R}.'],
  hide: ['{P} {S!} hid {X} {R}.', '{S} hid {X} {P} {R}.'],
  dare: ['{S} bade {O} seek {X} {R}.', '{S} bade {O} seek {X} {P} {R}.'],
  go: ['off to {p} {S} went {R}.', 'to {p} {S} <skipped> {R}.'],
  see: ['{S} spied a <size> <animal> {R}.'],
  meet: ['there {S} spied {O} {R}.', '{S} curtsied to {O} {R}.'],
  ask: ['{S} begged {O} for {X!} {R}.', '{S} begged for {X!} {R}.'],
  offer: ['{S} sang, {X!} for {Y!} {R}.', '{X!} for {Y!}, sang {S!} {R}.'],
  grant: ['{S} let {O} have {X!} {R}.', 'have {X!}, sang {S!} {R}.'],
  give: ['{S} let {O} have {X!} {R}.', 'have {X!}, sang {S!} {R}.'],
  refuse: ['yet {S} kept {X} {R}.', 'yet {S} clung to {X} {R}.'],
  swap: ['{S} let {O} have {Y!} for {X!} {R}.', 'have {Y!} for {X!}, sang {S!} {R}.'],
  take: ['{S} pulled {X} from {O} {R}.', 'off {S} ran with {X} {R}.'],
  sorry: ['oh dear, sobbed {S!} {R}.', '{S} begged pardon {R}.'],
  return: ['{S} let {O} have {X!} again {R}.', 'have {X!} again, sang {S!} {R}.'],
  forgive: ['{S} hugged {O} {R}.', '{S} blew {O} a kiss {R}.'],
  lose: ['{S} let {X} fall {P} {R}.', '{P} {S!} <lost> {X} {R}.'],
  search: ['high and low {S} sought {X} {R}.', '{S} sought {X} {P} {R}.'],
  find: ['{P} {S!} spied {X} {R}.', '<near> <spot> {S} spied {X} {R}.'],
  nofind: ['{S} never spied {X} {R}.', '{S} saw no {N} {R}.'],
  missing: ['{S} saw no {N} {P} {R}.'],
  rain: ['down came the rain {R}.', 'drip drop went the rain {R}.'],
  behind: ['{S} left {X} {P} {R}.', '{P} {S!} left {X} {R}.'],
  clear: ['out came the sun {R}.', 'away went the rain {R}.'],
  feel: ['how {mood} {S} {was} {R}.', 'so {mood} felt {S!} {R}.'],
  thank: ['{S} sang thanks to {O} {R}.', '{S} blessed {O} for {X} {R}.'],
  pastime: ['{S} danced hand in hand {R}.', '{S} sang of <topic> {R}.'],
  scenery: ['a <bird> sang {R}.'],
  end: ['so {P} sat {S!} with {X!} {R}.', 'so {S} had {X!} {P} {R}.'],
  endWithout: ['so {P} sat {S!} without {X!} {R}.', 'so {S} had no {N} {P} {R}.'],
}

const weathers: Telling['weathers'] = {
  sun: ['bright was the sun {R}.'],
  rain: ['wet was the rain {R}.'],
  wind: ['wild was the wind {R}.'],
  snow: ['white was the snow {R}.'],
  fog: ['grey was the fog {R}.'],
  clouds: ['dark were the clouds {R}.'],
}

export const rhyme: Telling = { forms, causes: {}, weathers }
