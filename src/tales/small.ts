// The world `small`: the same tales with about 120 words and one or two forms for each event, learnt in minutes.
import type { Forms } from './forms.ts'

export const smallLists: Record<string, readonly string[]> = {
  time: ['day', 'morning'],
  went: ['went', 'walked', 'ran'],
  gave: ['gave', 'handed'],
  took: ['took', 'grabbed'],
  happy: ['happy', 'glad', 'merry'],
  sad: ['sad', 'upset'],
  angry: ['angry', 'cross'],
}

export const smallForms: Forms = {
  open: { plain: ['one <weather> <time>, {S!} {was} {P}.'] },
  want: { plain: ['{S} wanted {X}.', '{S} dreamed of {X}.'] },
  plan: { plain: ['{S} had {X} for {O!}.', '{S} made {X} for {O!}.'] },
  has: { plain: ['{S} had {X}.', '{S} was playing with {X}.'] },
  hasAt: { plain: ['{S} had such a {N} {P}.', '{S} was {P} with such a {N}.'] },
  isAt: { plain: ['{S} was {P}.'] },
  go: { plain: ['{S} <went> to {p}.'] },
  grant: { plain: ['{S} <gave> {O} {X!}.', '{S} <gave> {X} to {O}.'] },
  give: { plain: ['{S} <gave> {O} {X!}.', '{S} <gave> {X} to {O}.'] },
  refuse: { plain: ['but {S} kept {X}.'] },
  take: { plain: ['{S} <took> {X} from {O}.'] },
  return: { plain: ['but {S} gave {X} back to {O}.'] },
  feel: { plain: ['{S} was {mood}.', '{S} felt {mood}.'] },
  scenery: { plain: [] },
  end: { plain: ['so {S} was {P} with {X!}.', 'so {S} had {X!} {P}.'] },
  endWithout: { plain: ['so {S} was {P} without {X!}.'] },
}

export const smallWeathers: Record<string, readonly string[]> = {
  sun: ['the sky was blue.'],
  rain: ['it was raining.'],
  snow: ['snow was falling.'],
  wind: ['the wind was strong.'],
}
