// The world `small`: the same tales with about 120 words and one or two forms for each event, learnt in minutes.
import type { Telling } from './forms.ts'

export const smallLists: Record<string, readonly string[]> = {
  time: ['day', 'morning'],
  went: ['went', 'walked', 'ran'],
  gave: ['gave', 'handed'],
  took: ['took', 'grabbed'],
  happy: ['happy', 'glad', 'merry'],
  sad: ['sad', 'upset'],
  angry: ['angry', 'cross'],
}

const forms: Telling['forms'] = {
  open: ['one <weather> <time>, {S!} {was} {P}.'],
  want: ['{S} wanted {X}.', '{S} dreamed of {X}.'],
  plan: ['{S} had {X} for {O!}.', '{S} made {X} for {O!}.'],
  has: ['{S} had {X}.', '{S} was playing with {X}.'],
  hasAt: ['{S} had such a {N} {P}.', '{S} was {P} with such a {N}.'],
  isAt: ['{S} was {P}.'],
  go: ['{S} <went> to {p}.'],
  grant: ['{S} <gave> {O} {X!}.', '{S} <gave> {X} to {O}.'],
  give: ['{S} <gave> {O} {X!}.', '{S} <gave> {X} to {O}.'],
  refuse: ['but {S} kept {X}.'],
  take: ['{S} <took> {X} from {O}.'],
  return: ['but {S} gave {X} back to {O}.'],
  feel: ['{S} was {mood}.', '{S} felt {mood}.'],
  scenery: [],
  end: ['so {S} was {P} with {X!}.', 'so {S} had {X!} {P}.'],
  endWithout: ['so {S} was {P} without {X!}.'],
}

const weathers: Telling['weathers'] = {
  sun: ['the sky was blue.'],
  rain: ['it was raining.'],
  snow: ['snow was falling.'],
  wind: ['the wind was strong.'],
}

export const smallPlain: Telling = { forms, causes: {}, weathers }
