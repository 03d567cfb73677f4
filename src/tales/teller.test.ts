import { expect, test } from 'vitest'
import {
  answers,
  countTokens,
  labelValues,
  longestTale,
  type Tale,
  tell,
  type WorldName,
} from './index.ts'

const count = 10_000
const told: Record<WorldName, Tale[]> = { small: [], full: [] }
for (const world of ['small', 'full'] as const) {
  for (let seed = 0; seed < count; seed++) told[world].push(tell(world, seed))
}
const mean = (numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
const lower = (text: string) => text.toLowerCase().match(/[a-z]+/g) as string[]

/** Sentences with names, things and places blanked. */
function skeletons(tales: Tale[]): Set<string> {
  const found = new Set<string>()
  for (const { facts, sentences } of tales) {
    const people = [facts.a.name, facts.b.name]
    const things = facts.things.flatMap(({ look, noun }) => [`${look} ${noun}`, noun])
    const places = facts.events.flatMap(({ place, from }) => [place, from]).filter(Boolean)
    for (const sentence of sentences) {
      let skeleton = sentence.replace(/ an? /g, ' a ').toLowerCase()
      for (const person of people) skeleton = skeleton.replaceAll(person.toLowerCase(), 'WHO')
      for (const thing of things) skeleton = skeleton.replaceAll(thing, 'WHAT')
      for (const place of places)
        skeleton = skeleton.replaceAll(new RegExp(`((in|at|on|by) )?the ${place}`, 'g'), 'WHERE')
      found.add(skeleton)
    }
  }
  return found
}

test('the same seed tells the same tale, another seed another', () => {
  expect(tell('full', 12)).toEqual(tell('full', 12))
  expect(new Set(told.full.map(({ text }) => text)).size).toBe(count)
})

test('world full is as rich as promised', () => {
  expect(new Set(told.full.flatMap(({ text }) => lower(text))).size).toBeGreaterThanOrEqual(600)
  expect(skeletons(told.full).size).toBeGreaterThanOrEqual(500)
  const kinds = new Set(told.full.flatMap(({ facts }) => facts.events.map(({ kind }) => kind)))
  expect(kinds.size).toBeGreaterThanOrEqual(12)
  const nats = mean(told.full.map((tale) => tale.nats))
  expect(nats).toBeGreaterThan(50)
  expect(nats).toBeLessThan(63)
  expect(new Set(told.full.map(({ labels }) => labels.style))).toEqual(
    new Set(['plain', 'dialogue', 'news', 'rhyme']),
  )
})

test('world small is small', () => {
  const vocabulary = new Set(told.small.flatMap(({ text }) => lower(text))).size
  expect(vocabulary).toBeGreaterThan(80)
  expect(vocabulary).toBeLessThanOrEqual(130)
  const nats = mean(told.small.map((tale) => tale.nats))
  expect(nats).toBeGreaterThan(18)
  expect(nats).toBeLessThan(28)
})

test('tales have 3 to 12 sentences and fit a context of 127', () => {
  for (const { sentences, text } of [...told.full, ...told.small]) {
    expect(sentences.length).toBeGreaterThanOrEqual(3)
    expect(sentences.length).toBeLessThanOrEqual(12)
    expect(sentences.join(' ')).toBe(text)
    expect(countTokens(text)).toBeLessThanOrEqual(longestTale)
  }
})

test('at least half of the tales of full hold a pronoun with two possible referents', () => {
  const ambiguous = told.full.filter(
    ({ facts, text }) =>
      facts.a.gender === facts.b.gender && /\b([Hh]e|[Ss]he|him|her)\b/.test(text),
  )
  expect(ambiguous.length).toBeGreaterThanOrEqual(count / 2)
})

test('every label has one of its values, and every value is used', () => {
  for (const world of ['small', 'full'] as const) {
    const values = labelValues(world)
    for (const label of Object.keys(values) as (keyof typeof values)[]) {
      const used = new Set<string>(told[world].map(({ labels }) => labels[label]))
      expect([...used].sort(), `${world} ${label}`).toEqual([...values[label]].sort())
    }
  }
})

test('answers are words of the text, with the place and the thing of the ending among them', () => {
  for (const tale of told.full.slice(0, 2000)) {
    const words = answers(tale).map(({ kind, start, end }) => [kind, tale.text.slice(start, end)])
    expect(words).toContainEqual(['place', tale.facts.place])
    const last = tale.facts.events[tale.facts.events.length - 1]
    expect(words).toContainEqual(['holder', tale.facts.things[last.thing as number].noun])
    for (const [, word] of words) expect(word).toMatch(/^[A-Za-z]+$/)
  }
})
