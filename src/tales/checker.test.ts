import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sentencesOf } from './check/check.ts'
import { lexiconOf } from './check/lexicon.ts'
import { reader } from './check/parse.ts'
import { cutter } from './check/sentences.ts'
import {
  check,
  type Facts,
  labelsOf,
  labelValues,
  obeys,
  type Tale,
  tell,
  type WorldName,
  worlds,
} from './index.ts'

/** What teller and checker must agree on, event by event. */
const digest = ({ plot, style, a, b, things, holders, place, mood, events }: Facts) =>
  JSON.stringify([
    plot,
    style,
    a,
    b,
    things,
    holders.map((holder) => holder ?? null),
    place,
    mood,
    events.map(({ kind, who }) => `${kind} ${who}`),
  ])

for (const [world, count] of [
  ['small', 25_000],
  ['full', 75_000],
] as const) {
  test(`${count} tales of ${world} pass, and the checker reads the facts that were told`, () => {
    let rejected = 0
    let misread = 0
    for (let seed = 0; seed < count; seed++) {
      const tale = tell(world, 5_000_000 + seed)
      const { ok, facts } = check(world, tale.text)
      if (!ok) rejected++
      else if (digest(facts as Facts) !== digest(tale.facts)) misread++
    }
    expect({ rejected, misread }).toEqual({ rejected: 0, misread: 0 })
  })
}

/** A tale of world full that everybody can follow; each line of the table below spoils it. */
const story = [
  'One sunny morning, Ben was playing in the garden.',
  'He wanted a red kite.',
  'Tom had just such a kite on the hill.',
  'Ben went to the hill.',
  'Ben asked Tom for the kite.',
  'Tom gave the red kite to him.',
  'Ben was happy because Tom had given him the kite.',
  'At last, Ben was on the hill with the red kite.',
]
const spoilt: [number, string, string][] = [
  [
    0,
    'One sunny morning, Ben were playing in the garden.',
    '"were" in sentence 1 does not agree with Ben',
  ],
  [
    0,
    'One sunny morning, he was playing in the garden.',
    'the word "he" in sentence 1 does not fit after "sunny morning ,"',
  ],
  [
    0,
    'One sunny morning, Ben was playing at the garden.',
    'the word "at" in sentence 1 does not fit after "Ben was playing"',
  ],
  [
    0,
    'One rainy morning, Grandpa was playing in the garden.',
    'Grandpa in sentence 1 is not a child',
  ],
  [1, 'She wanted a red kite.', 'the pronoun "she" in sentence 2 cannot stand for Ben'],
  [1, 'He wanted an red kite.', '"an red" has the wrong article in sentence 2'],
  [1, 'He wanted the red kite.', 'the kite in sentence 2 was never mentioned before'],
  [2, 'Tom had just such a drum on the hill.', 'the drum in sentence 3 was never mentioned before'],
  [
    2,
    'Tom had just such a kite in the garden.',
    'the garden in sentence 3 is where they are already',
  ],
  [3, 'Ben went to the lake.', 'nothing leads Ben to the lake in sentence 4'],
  [3, 'Ben left the lake and went to the hill.', 'nobody is at the lake to leave it in sentence 4'],
  [3, 'Tom went to the hill.', 'Tom is on the hill already in sentence 4'],
  [4, 'Tom asked Ben for the kite.', 'Ben does not hold the kite in sentence 5'],
  [4, 'Max asked Tom for the kite.', 'Max in sentence 5 is a third person'],
  [4, 'The rain fell on the grass.', 'the weather in sentence 5 is rain, but it was sun'],
  [5, 'Ben gave the red kite to him.', 'Ben does not hold the kite in sentence 6'],
  [5, 'Tom gave the red kite to her.', 'the pronoun "her" in sentence 6 cannot stand for Ben'],
  [5, 'Tom gave the red kite to Tom.', 'Tom in sentence 6 is on both sides'],
  [5, 'Tom gave the blue kite to him.', 'the kite in sentence 6 is blue, but it was red'],
  [6, 'Ben was sad.', 'Ben has no cause to be sad in sentence 7'],
  [6, 'They felt happy.', 'the pronoun "they" in sentence 7 cannot stand for Tom'],
  [
    7,
    'At last, Ben was in the garden with the kite.',
    'Ben is on the hill in sentence 8, not in the garden',
  ],
  [7, 'At last, Tom was on the hill with the kite.', 'Tom does not have the kite in sentence 8'],
  [7, 'At last, Ben was on the hill without the kite.', 'Ben has the kite in sentence 8'],
]

test('the story that the next test spoils is a tale', () => {
  expect(check('full', story.join(' '))).toMatchObject({ ok: true, errors: [] })
})

test.each(spoilt)('sentence %i as "%s": %s', (index, sentence, message) => {
  const text = story.map((each, i) => (i === index ? sentence : each)).join(' ')
  expect(check('full', text)).toEqual({ ok: false, errors: [message] })
})

test('a pronoun after a sentence without a person has nobody to stand for', () => {
  const text = [...story.slice(0, 1), 'The sky was without a cloud.', ...story.slice(1)].join(' ')
  expect(check('full', text).errors).toEqual([
    'the pronoun "he" in sentence 3 has nobody to stand for',
  ])
})

const report = [
  'Ben seen in the garden on sunny morning.',
  'Witnesses say he wanted a red kite.',
  'Tom was reported on the hill with such a kite.',
  'Ben later arrived on the hill.',
  'Ben formally requested the kite.',
  'Tom formally presented it to Ben.',
  'Ben was described as happy.',
  'Ben was last seen on the hill with the kite.',
]
const verse = [
  'In the garden sat Ben in sunny weather, hip hooray.',
  'How he wished for a red kite, they say.',
  'On the hill sat Tom with such a kite, you see.',
  'Off to the hill Ben went, so free.',
  'Ben begged for the kite long long ago.',
  'Tom let him have the kite, heigh ho.',
  'How happy Ben was in the spring.',
  'So Ben had the kite on the hill, ting ling.',
]

test('the same story as news and as verse', () => {
  const facts = check('full', story.join(' ')).facts as Facts
  const inNews = check('full', report.join(' ')).facts as Facts
  const inVerse = check('full', verse.join(' ')).facts as Facts
  expect(digest({ ...inNews, style: 'plain' })).toBe(digest(facts))
  expect(digest({ ...inVerse, style: 'plain' })).toBe(digest(facts))
  expect([inNews.style, inVerse.style]).toEqual(['news', 'rhyme'])
})

test.each([
  [report, 3, story[3], 'the style in sentence 4 is plain or dialogue, but the tale began as news'],
  [story, 3, report[3], 'the style in sentence 4 is news, but the tale began as plain'],
  [verse, 3, report[3], 'the style in sentence 4 is news, but the tale began as rhyme'],
  [story, 1, verse[1], 'the style in sentence 2 is rhyme, but the tale began as plain or dialogue'],
  [
    verse,
    3,
    'Off to the hill Ben went, hold tight.',
    '"tight" in sentence 4 does not rhyme with "see"',
  ],
  [verse, 3, 'Off to the hill Ben went, you see.', '"see" in sentence 4 rhymes with itself'],
  [
    verse,
    2,
    'On the hill sat Tom with such a kite on that day.',
    '"day" in sentence 3 rhymes with the pair of lines before',
  ],
  [verse, 7, 'So Ben had the kite on the hill.', 'the words break off in sentence 8'],
  [report, 5, 'Ben formally presented it to Tom.', 'Ben does not hold the kite in sentence 6'],
] as const)('a sentence that does not belong: %#', (tale, index, sentence, message) => {
  const text = tale.map((each, i) => (i === index ? sentence : each)).join(' ')
  expect(check('full', text)).toEqual({ ok: false, errors: [message] })
})

test('an unfinished tale says how it would go on', () => {
  expect(check('full', story.slice(0, 6).join(' ')).errors[0]).toBe(
    'the tale has no end: it would go on with feel',
  )
})

test('any string gets an answer, at once', () => {
  const hostile = [
    '',
    ' ',
    '.',
    '"',
    '. . . .',
    'a'.repeat(1e6),
    `${'a '.repeat(900)}.`,
    '"'.repeat(2000),
    '\u0000\ud800',
    `${'Ben and '.repeat(200)}Ben.`,
    `${story.join(' ')}\n`,
    story.join('\n'),
    'constructor.',
    '__proto__.',
  ]
  const begun = performance.now()
  for (const text of hostile) expect(check('full', text).ok).toBe(false)
  fc.assert(fc.property(fc.string(), (text) => !check('full', text).ok))
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...story.join(' ').split(' ')), { maxLength: 90 }),
      (words) => {
        expect(check('full', words.join(' ')).errors.length).toBeLessThanOrEqual(1)
      },
    ),
  )
  expect(performance.now() - begun).toBeLessThan(5000)
})

test('a tale obeys its own labels and no others', () => {
  for (const world of ['small', 'full'] as WorldName[]) {
    for (let seed = 0; seed < 300; seed++) {
      const tale: Tale = tell(world, seed)
      expect(obeys(world, tale.labels, tale.text)).toEqual({ ok: true, errors: [] })
      expect(labelsOf(world, tale.text, check(world, tale.text).facts as Facts)).toEqual(
        tale.labels,
      )
      for (const [label, values] of Object.entries(labelValues(world))) {
        const own = tale.labels[label as keyof typeof tale.labels]
        const other = (values as string[]).find((value) => value !== own)
        if (other) expect(obeys(world, { [label]: other }, tale.text).ok).toBe(false)
      }
    }
  }
  expect(obeys('full', { who: 'Ben' }, 'Ben sat.').errors[0]).toMatch(/^this is no tale: /)
})

test('every sentence has one reading, so that a text has one derivation', () => {
  for (const world of ['small', 'full'] as const) {
    const lexicon = lexiconOf(worlds[world])
    const read = reader([...sentencesOf(worlds[world], world).keys()], lexicon)
    const cut = cutter(new Set(lexicon.names.keys()))
    const several = new Set<string>()
    for (let seed = 0; seed < 5000; seed++) {
      const sentences = cut(tell(world, seed).text)
      if (typeof sentences === 'string') throw new Error(sentences)
      for (const { words } of sentences) {
        const readings = read(words)
        if (typeof readings === 'number' || readings.length !== 1) several.add(words.join(' '))
      }
    }
    expect([...several]).toEqual([])
  }
})
