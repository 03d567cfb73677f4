// The checker's enemies: told tales, each spoilt in a way whose wrongness is known by construction, because it breaks
// something the simulation recorded (who holds what, who is where, what was said before). All must be rejected.
import { expect, test } from 'vitest'
import { seeded, stream } from '../random/index.ts'
import { drawn } from './choose.ts'
import type { Kind, Person, Style } from './events.ts'
import { check, type Tale, tell, type WorldName, worlds } from './index.ts'
import { tellEvents } from './tell.ts'

/** A spoilt text, or undefined where a tale has nothing to spoil in this way. */
type Mutation = (tale: Tale, world: WorldName) => string | undefined

const capital = (text: string) => text.replace(/^"?[a-z]/, (start) => start.toUpperCase())
const word = (text: string, flags = '') => new RegExp(`\\b${text}\\b`, flags)

/** The text with sentence i replaced (undefined: when that changes nothing). */
function replaced(tale: Tale, i: number, by: (sentence: string) => string | undefined) {
  const sentence = tale.sentences[i]
  const other = sentence === undefined ? undefined : by(sentence)
  if (other === undefined || other === sentence) return undefined
  return tale.sentences.map((each, j) => (j === i ? capital(other) : each)).join(' ')
}

const without = (tale: Tale, i: number) =>
  i < 0 ? undefined : tale.sentences.filter((_, j) => j !== i).join(' ')
const twice = (tale: Tale, i: number) =>
  i < 0
    ? undefined
    : tale.sentences.flatMap((each, j) => (j === i ? [each, each] : [each])).join(' ')
const exchanged = (tale: Tale, i: number, j: number) => {
  if (i < 0 || j < 0) return undefined
  const order = [...tale.sentences]
  ;[order[i], order[j]] = [order[j], order[i]]
  return order.join(' ')
}

const at = (tale: Tale, ...kinds: Kind[]) =>
  tale.facts.events.findIndex(({ kind }) => kinds.includes(kind))
const last = (tale: Tale) => tale.sentences.length - 1
const start = (name: string) => name[0].toUpperCase() + name.slice(1)

/** One person's name for the other's and the other way round. */
function namesSwapped(sentence: string, a: Person, b: Person): string {
  const pattern = new RegExp(`\\b(${a.name}|${b.name}|${start(a.name)}|${start(b.name)})\\b`, 'g')
  return capital(
    sentence.replace(pattern, (name) =>
      name.toLowerCase() === a.name.toLowerCase() ? b.name : a.name,
    ),
  )
}

const speaks = (sentence: string, person: Person) =>
  new RegExp(`\\b(${person.name}|${start(person.name)})\\b`).test(sentence)

/** Another member of a list, the same for the same tale. */
function another(list: readonly string[], not: readonly string[], tale: Tale): string {
  const rest = list.filter((item) => !not.includes(item))
  return rest[tale.text.length % rest.length]
}

const placesOf = (world: WorldName) => [
  ...Object.keys(worlds[world].outdoors),
  ...Object.keys(worlds[world].indoors),
]
const toldPlaces = (tale: Tale) =>
  tale.facts.events
    .flatMap(({ place, from }) => [place, from])
    .filter((place) => place !== undefined)
const anywhere = '(?:in|at|on|by) the'
const nouns = (tale: Tale) => tale.facts.things.map(({ noun }) => noun)

/** Another place, with its own preposition where there is one. */
function placeChanged(sentence: string, from: string, to: string, world: WorldName): string {
  return sentence
    .replace(
      new RegExp(`(?:in|at|on|by) the ${from}\\b`, 'i'),
      `${worlds[world].preposition(to)} the ${to}`,
    )
    .replace(word(`the ${from}`), `the ${to}`)
}

/** The article that fits. */
const articled = (sentence: string) =>
  sentence.replace(
    /\b([Aa])n? (?=([a-z]))/g,
    (_, a, next) => `${a}${/[aeiou]/.test(next) ? 'n' : ''} `,
  )

const gifts: Kind[] = ['grant', 'give', 'return']
const setups: Kind[] = ['want', 'plan', 'has', 'hide', 'wantgo']

/** One event told as another style would tell it. */
const anotherStyle: Mutation = (tale, world) => {
  if (world === 'small') return undefined
  const { facts, text } = tale
  const strange: Style[] = ['plain', 'dialogue'].includes(facts.style)
    ? ['news', 'rhyme']
    : ['plain', facts.style === 'news' ? 'rhyme' : 'news']
  const style = strange[text.length % 2]
  const choose = drawn(stream(seeded(text.length), 'world'))
  const { sentences } = tellEvents(worlds[world], { ...facts, style }, choose)
  return replaced(
    tale,
    text.length % sentences.length,
    () => sentences[text.length % sentences.length],
  )
}

const mutations: Record<string, Mutation> = {
  'giver and receiver change places': (tale) =>
    replaced(tale, at(tale, ...gifts), (sentence) => {
      const { a, b } = tale.facts
      return speaks(sentence, a) && speaks(sentence, b) ? namesSwapped(sentence, a, b) : undefined
    }),
  'the ending is somewhere else': (tale, world) =>
    replaced(tale, last(tale), (sentence) =>
      placeChanged(
        sentence,
        tale.facts.place,
        another(placesOf(world), toldPlaces(tale), tale),
        world,
      ),
    ),
  'the ending is where the tale began': (tale, world) => {
    const begin = tale.facts.events[0].place as string
    if (begin === tale.facts.place) return undefined
    return replaced(tale, last(tale), (sentence) =>
      placeChanged(sentence, tale.facts.place, begin, world),
    )
  },
  'the ending has a thing nobody knows': (tale, world) =>
    replaced(tale, last(tale), (sentence) =>
      sentence.replace(
        word(nouns(tale).join('|')),
        another(worlds[world].things, nouns(tale), tale),
      ),
    ),
  'the thing looks different at the end': (tale, world) =>
    replaced(tale, last(tale), (sentence) => {
      const { look } = tale.facts.things[tale.facts.events[last(tale)].thing as number]
      return sentence.replace(word(look), another(worlds[world].looks, [look], tale))
    }),
  'after a trade one has what the other has': (tale) => {
    const [first, second] = tale.facts.things
    if (!second) return undefined
    return replaced(tale, last(tale), (sentence) =>
      sentence.replace(new RegExp(`the (?:\\w+ )?(${first.noun}|${second.noun})`), (_, noun) =>
        noun === first.noun ? `the ${second.noun}` : `the ${first.noun}`,
      ),
    )
  },
  'the other one has it at the end': (tale) =>
    replaced(tale, last(tale), (sentence) => namesSwapped(sentence, tale.facts.a, tale.facts.b)),
  'with for without, and without for with': (tale) =>
    replaced(tale, last(tale), (sentence) =>
      sentence.replace(/\b(with|without)\b/, (found) => (found === 'with' ? 'without' : 'with')),
    ),
  'he for she, she for he': (tale) => {
    const i = tale.sentences.findIndex((sentence) => /\b([Hh]e|[Ss]he)\b/.test(sentence))
    return replaced(tale, i, (sentence) =>
      sentence.replace(/\b([Hh]e|[Ss]he)\b/, (found) => (/^s/i.test(found) ? 'he' : 'she')),
    )
  },
  'him for her, her for him': (tale) => {
    const i = tale.sentences.findIndex((sentence) =>
      /\bhim\b|\bto her\b|\bmet her\b/.test(sentence),
    )
    return replaced(tale, i, (sentence) =>
      sentence.includes('him')
        ? sentence.replace(/\bhim\b/, 'her')
        : sentence.replace(/\bher\b/, 'him'),
    )
  },
  'was for were': (tale) =>
    replaced(tale, 0, (sentence) =>
      sentence.replace(/\b(was|were) (?=\w+ing|in |at |on |by )/, (found) =>
        found === 'was ' ? 'were ' : 'was ',
      ),
    ),
  'they without a they': (tale) => {
    const i = tale.facts.events.findIndex(
      (event, j) => j > 0 && event.who !== 'both' && /^(He|She) /.test(tale.sentences[j]),
    )
    return replaced(tale, i, (sentence) => sentence.replace(/^(He|She)/, 'They'))
  },
  'a pronoun after a sentence about nobody': (tale) => {
    const i = tale.facts.events.findIndex(
      ({ kind }, j) =>
        j > 0 &&
        ['scenery', 'rain', 'clear'].includes(tale.facts.events[j - 1].kind) &&
        kind !== 'scenery',
    )
    return replaced(tale, i, (sentence) => {
      const { a, b } = tale.facts
      const event = tale.facts.events[i]
      const pronoun =
        event.who === 'both' ? 'they' : tale.facts[event.who].gender === 'male' ? 'he' : 'she'
      const name = event.who === 'both' ? `${a.name} and ${b.name}` : tale.facts[event.who].name
      return sentence.replace(new RegExp(`^${start(name)}\\b`), start(pronoun))
    })
  },
  'it after a sentence without a thing': (tale) => {
    const i = tale.facts.events.findIndex(
      ({ thing }, j) =>
        j > 2 &&
        thing !== undefined &&
        ['go', 'meet', 'see', 'scenery', 'sorry'].includes(tale.facts.events[j - 1].kind),
    )
    const noun = nouns(tale).join('|')
    return replaced(tale, i, (sentence) =>
      sentence.replace(new RegExp(`\\bthe (\\w+ )?(${noun})\\b`), 'it'),
    )
  },
  'a third person': (tale, world) => {
    const { a, b } = tale.facts
    const name = another([...worlds[world].girls, ...worlds[world].boys], [a.name, b.name], tale)
    const i = tale.sentences.findIndex(
      (sentence, j) => j > 3 && sentence.startsWith(`${start(a.name)} `),
    )
    return replaced(tale, i, (sentence) => sentence.replace(start(a.name), name))
  },
  'nothing is wanted, had or hidden': (tale) => without(tale, at(tale, ...setups)),
  'nobody went there': (tale) => without(tale, at(tale, 'go')),
  'nothing was given': (tale) => without(tale, at(tale, ...gifts)),
  'nothing was found': (tale) => without(tale, at(tale, 'find')),
  'nothing was lost': (tale) => without(tale, at(tale, 'lose')),
  'nothing was taken': (tale) => without(tale, at(tale, 'take')),
  'nothing was swapped': (tale) => without(tale, at(tale, 'swap')),
  'nobody was there to be met': (tale) => without(tale, at(tale, 'hasAt', 'isAt')),
  'no end': (tale) => without(tale, last(tale)),
  'no beginning': (tale) => without(tale, 0),
  'given twice': (tale) => twice(tale, at(tale, ...gifts)),
  'gone twice': (tale) => twice(tale, at(tale, 'go')),
  'found twice': (tale) => twice(tale, at(tale, 'find')),
  'taken twice': (tale) => twice(tale, at(tale, 'take')),
  'lost twice': (tale) => twice(tale, at(tale, 'lose')),
  'ended twice': (tale) => twice(tale, last(tale)),
  'rain twice': (tale) => twice(tale, at(tale, 'rain')),
  'given before they met': (tale) => exchanged(tale, at(tale, 'go'), at(tale, 'grant', 'give')),
  'given back before it was taken or found': (tale) =>
    exchanged(tale, at(tale, 'take', 'find'), at(tale, 'return')),
  'found before it was lost': (tale) =>
    exchanged(tale, at(tale, 'lose', 'behind', 'hide'), at(tale, 'find', 'nofind')),
  'the rain ends before it begins': (tale) => exchanged(tale, at(tale, 'rain'), at(tale, 'clear')),
  'the end comes first': (tale) => exchanged(tale, 0, last(tale)),
  'the weather was different': (tale, world) => {
    const told = tale.facts.events.some(
      (event, j) =>
        j > 0 &&
        event.kind === 'scenery' &&
        /\b(rain|raining|raindrops|sun|sky|wind|snow|snowflakes|flakes|fog|clouds)\b/i.test(
          tale.sentences[j],
        ),
    )
    if (!told || at(tale, 'rain') >= 0) return undefined
    const days = worlds[world].weathers
    const mine = tale.facts.events[0].weather as string
    const other = another(Object.keys(days), [mine], tale)
    return replaced(tale, 0, (sentence) =>
      articled(sentence.replace(word(days[mine].join('|')), days[other][0])),
    )
  },
  'it rains inside': (tale, world) =>
    at(tale, 'rain') < 0
      ? undefined
      : tale.text.replaceAll(
          new RegExp(`${anywhere} ${tale.facts.place}\\b|the ${tale.facts.place}\\b`, 'g'),
          (found) => {
            const inside = another(Object.keys(worlds[world].indoors), toldPlaces(tale), tale)
            return found.startsWith('the')
              ? `the ${inside}`
              : `${worlds[world].preposition(inside)} the ${inside}`
          },
        ),
  'they leave a place they are not in': (tale, world) => {
    const i = tale.sentences.findIndex((sentence) => / left the \w+ (and|for) /.test(sentence))
    return replaced(tale, i, (sentence) =>
      sentence.replace(
        / left the \w+/,
        ` left the ${another(placesOf(world), toldPlaces(tale), tale)}`,
      ),
    )
  },
  'the way leads to the wrong place': (tale, world) =>
    replaced(tale, at(tale, 'go'), (sentence) => {
      if (!['wish', 'visit'].includes(tale.facts.plot)) return undefined
      return sentence.replace(
        /(to|for) the \w+\.$/,
        `$1 the ${another(placesOf(world), toldPlaces(tale), tale)}.`,
      )
    }),
  'they go where they are': (tale, world) =>
    replaced(tale, 0, (sentence) => {
      const { from, place } = tale.facts.events[at(tale, 'go')] ?? {}
      return from && place ? placeChanged(sentence, from, place, world) : undefined
    }),
  'the wrong thing is asked for': (tale, world) =>
    replaced(tale, at(tale, 'ask', 'grant', 'refuse', 'offer'), (sentence) =>
      sentence.replace(
        word(nouns(tale).join('|')),
        another(worlds[world].things, nouns(tale), tale),
      ),
    ),
  'one asks for what one has': (tale) =>
    replaced(tale, at(tale, 'ask', 'take'), (sentence) => {
      const { a, b } = tale.facts
      return speaks(sentence, a) ? namesSwapped(sentence, a, b) : undefined
    }),
  'offered the wrong way round': (tale) =>
    replaced(tale, at(tale, 'offer'), (sentence) => {
      const [first, second] = tale.facts.things
      return sentence
        .replace(new RegExp(`the (?:${first.look} )?${first.noun}`), '@')
        .replace(new RegExp(`the (?:${second.look} )?${second.noun}`), `the ${first.noun}`)
        .replace('@', `the ${second.noun}`)
    }),
  'glad for sad, sad for glad': (tale, world) =>
    replaced(tale, at(tale, 'feel'), (sentence) => {
      const event = tale.facts.events[at(tale, 'feel')]
      const { lists } = worlds[world] as { lists: Record<string, readonly string[]> }
      const wrong = event.mood === 'sad' ? 'glad' : 'sad'
      return sentence.replace(word(lists[event.mood as string].join('|')), wrong)
    }),
  'a feeling because of oneself': (tale) =>
    replaced(tale, at(tale, 'feel'), (sentence) => {
      const { a, b } = tale.facts
      const event = tale.facts.events[at(tale, 'feel')]
      if (event.who === 'both') return undefined
      const [self, other] = event.who === 'a' ? [a, b] : [b, a]
      return sentence.replace(new RegExp(`because ${other.name}\\b`), `because ${self.name}`)
    }),
  'the other one regrets or forgives': (tale) =>
    replaced(tale, at(tale, 'sorry', 'forgive'), (sentence) =>
      namesSwapped(sentence, tale.facts.a, tale.facts.b),
    ),
  'the giver says thanks': (tale) =>
    replaced(tale, at(tale, 'thank'), (sentence) =>
      namesSwapped(sentence, tale.facts.a, tale.facts.b),
    ),
  'known before it is told': (tale) =>
    replaced(tale, at(tale, ...setups), (sentence) => {
      const thing = tale.facts.things[0]
      return sentence.replace(
        new RegExp(`\\ban? ${thing.look} ${thing.noun}`),
        `the ${thing.look} ${thing.noun}`,
      )
    }),
  'new when it is known': (tale) =>
    replaced(tale, last(tale), (sentence) =>
      articled(
        sentence.replace(new RegExp(`\\bthe (?=(\\w+ )?(${nouns(tale).join('|')})\\b)`), 'a '),
      ),
    ),
  'the friends in the other order': (tale) => {
    const { a, b } = tale.facts
    const i = tale.sentences.findIndex(
      (sentence, j) => j > 0 && new RegExp(`${a.name} and ${b.name}`, 'i').test(sentence),
    )
    return replaced(tale, i, (sentence) => namesSwapped(sentence, a, b))
  },
  'an for a': (tale) =>
    replaced(tale, at(tale, ...setups), (sentence) =>
      sentence.replace(/\b(a|an) (?=\w)/, (found) => (found === 'a ' ? 'an ' : 'a ')),
    ),
  'the wrong preposition': (tale) =>
    replaced(tale, last(tale), (sentence) =>
      sentence.replace(
        /\b(in|at|on|by) (the \w+)(?=\.| with| and)/,
        (_, found, place) => `${found === 'in' ? 'on' : 'in'} ${place}`,
      ),
    ),
  'no capital': (tale) => tale.text.replace(/(?<=\. "?)[A-Z]/, (letter) => letter.toLowerCase()),
  'a quotation mark is missing': (tale) =>
    tale.text.includes('"') ? tale.text.replace('"', '') : undefined,
  'a sentence in another style': anotherStyle,
  'the last line does not rhyme': (tale, world) => {
    if (tale.facts.style !== 'rhyme') return undefined
    const spaced = (tail: string) => (tail.startsWith(',') ? tail : ` ${tail}`)
    const sounds = Object.values(worlds[world].rhymes).map((tails) => tails.map(spaced))
    return replaced(tale, last(tale), (sentence) => {
      const own = sounds.flat().find((tail) => sentence.endsWith(`${tail}.`)) as string
      const deaf = sounds.filter((tails) => !tails.includes(own)).flat()
      return sentence.replace(`${own}.`, `${another(deaf, [], tale)}.`)
    })
  },
  'a rhyme is the same word again': (tale, world) => {
    if (tale.facts.style !== 'rhyme') return undefined
    const spaced = (tail: string) => (tail.startsWith(',') ? tail : ` ${tail}`)
    const tails = Object.values(worlds[world].rhymes).flat().map(spaced)
    const tailOf = (sentence: string) =>
      tails.find((tail) => sentence.endsWith(`${tail}.`)) as string
    const [first] = tale.sentences
    return replaced(tale, 1, (sentence) =>
      sentence.replace(`${tailOf(sentence)}.`, `${tailOf(first)}.`),
    )
  },
  'words after the end': (tale) => `${tale.text} Then it was night.`,
}

test('there are at least 25 kinds of mutation, each a change of its own', () => {
  expect(Object.keys(mutations).length).toBeGreaterThanOrEqual(25)
})

const tales: Record<WorldName, Tale[]> = { small: [], full: [] }
for (let seed = 0; seed < 4000; seed++) {
  tales.full.push(tell('full', 100_000 + seed))
  if (seed < 1000) tales.small.push(tell('small', 100_000 + seed))
}

for (const style of ['plain', 'dialogue', 'news', 'rhyme'] as const) {
  test(`at least 25 kinds of mutation spoil tales in the style ${style}, and all are rejected`, () => {
    const told = tales.full.filter(({ labels }) => labels.style === style)
    const accepted: string[] = []
    const tried = Object.values(mutations).filter((mutate) => {
      const spoilt = told
        .map((tale) => ({ tale, text: mutate(tale, 'full') }))
        .flatMap(({ tale, text }) => (text === undefined || text === tale.text ? [] : [text]))
        .slice(0, 200)
      accepted.push(...spoilt.filter((text) => check('full', text).ok))
      return spoilt.length >= 20
    })
    expect(accepted).toEqual([])
    expect(tried.length).toBeGreaterThanOrEqual(25)
  })
}

for (const [name, mutate] of Object.entries(mutations)) {
  test(`rejected: ${name}`, () => {
    const accepted: string[] = []
    let tried = 0
    for (const world of ['small', 'full'] as const) {
      for (const tale of tales[world]) {
        const text = tried < 1000 || world === 'small' ? mutate(tale, world) : undefined
        if (text === undefined || text === tale.text) continue
        tried++
        if (check(world, text).ok) accepted.push(text)
      }
    }
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThanOrEqual(100)
  })
}
