// The checker: is this text a tale of this world? It reads the text alone, rebuilds what happened, and says what is
// wrong and where. It is an independent parser: it shares the worlds' word lists with the teller, and nothing else.
import type { Event, Facts, Kind, Plot, Style, Who } from '../events.ts'
import { stylesOf, type World, type WorldName, worlds } from '../worlds.ts'
import { dialogueGrammar, plainGrammar, smallGrammar } from './grammar.ts'
import {
  Broken,
  checkAgreement,
  copyHistory,
  factsOf,
  type History,
  nameOf,
  newHistory,
  resolveOther,
  resolveSubject,
  resolveThing,
} from './history.ts'
import { type Lexicon, lexiconOf } from './lexicon.ts'
import { newsGrammar } from './news.ts'
import { type Reading, reader } from './parse.ts'
import { checkRhyme, rhymeGrammar } from './rhyme.ts'
import type { Row } from './row.ts'
import { rules } from './rules.ts'
import { cutter, remembering, type Sentence } from './sentences.ts'
import { fullShapes, type Step, shapeTree, smallShapes } from './shapes.ts'

export interface Verdict {
  ok: boolean
  /** what is wrong, in English, with the sentence; empty when ok */
  errors: string[]
  /** what happened, when ok */
  facts?: Facts
}

/** A checker for one world. */
export type Checker = (text: string) => Verdict

interface Language {
  lexicon: Lexicon
  read: (sentence: Sentence) => Reading[] | number
  stories: Step
  /** sentence → the styles that have it */
  styles: ReadonlyMap<Row, readonly Style[]>
}

/** Where a text stands after some of its sentences. */
interface State {
  history: History
  step: Step
}

/** The sentences of every style, and the stories. */
const languages: Record<
  WorldName,
  { grammars: Partial<Record<Style, Row[]>>; shapes: Record<string, string> }
> = {
  small: { grammars: { plain: smallGrammar }, shapes: smallShapes },
  full: {
    grammars: {
      plain: plainGrammar,
      dialogue: dialogueGrammar,
      news: newsGrammar,
      rhyme: rhymeGrammar,
    },
    shapes: fullShapes,
  },
}

/** The sentences of a world, each with the styles that have it. */
export function sentencesOf(world: World, size: WorldName): Map<Row, Style[]> {
  const styles = new Map<Row, Style[]>()
  for (const style of stylesOf(world)) {
    for (const row of languages[size].grammars[style] ?? []) {
      styles.set(row, [...(styles.get(row) ?? []), style])
    }
  }
  return styles
}

/** Builds the checker of a world.
 * @param size which grammar and stories: the large or the small ones */
export function checkerOf(world: World, size: WorldName): Checker {
  const { shapes } = languages[size]
  const styles = sentencesOf(world, size)
  const told = new Set<string>(world.plots.map(([plot]) => plot))
  const lexicon = lexiconOf(world)
  const readings = reader([...styles.keys()], lexicon)
  const language: Language = {
    lexicon,
    read: remembering(({ words }) => readings(words)),
    stories: shapeTree(
      Object.fromEntries(Object.entries(shapes).filter(([plot]) => told.has(plot))),
    ),
    styles,
  }
  const cut = cutter(new Set(lexicon.names.keys()))
  const start: State = { history: newHistory(stylesOf(world)), step: language.stories }
  return (text) => {
    const sentences = cut(text)
    if (typeof sentences === 'string') return { ok: false, errors: [sentences] }
    try {
      return { ok: true, errors: [], facts: readTale(language, sentences, start) }
    } catch (error) {
      if (error instanceof Broken) return { ok: false, errors: [error.message] }
      throw error
    }
  }
}

const checkers: Partial<Record<WorldName, Checker>> = {}

/** Is this text a tale of this world? Any string may be asked about. */
export function check(world: WorldName, text: string): Verdict {
  checkers[world] ??= checkerOf(worlds[world], world)
  return checkers[world](text)
}

function readTale(language: Language, sentences: Sentence[], start: State): Facts {
  const read = sentences.map((sentence, index) => {
    const readings = language.read(sentence)
    if (typeof readings !== 'number') return readings
    throw new Broken(ungrammatical(sentence, readings, `in sentence ${index + 1}`))
  })
  let state = start
  read.forEach((readings, index) => {
    const where = `in sentence ${index + 1}`
    state = firstThatHolds(readings, (reading) => goOn(language, state, reading, where))
  })
  if (state.step.next.length > 0) {
    throw new Broken(`the tale has no end: it would go on with ${expected(state.step)}`)
  }
  return factsOf(state.history, state.step.plot as Plot)
}

function ungrammatical({ words }: Sentence, at: number, where: string): string {
  if (at >= words.length) return `the words break off ${where}`
  return `the word "${words[at]}" ${where} does not fit after "${words.slice(Math.max(0, at - 3), at).join(' ')}"`
}

/** The first reading that breaks no rule; else the complaint about the first. */
function firstThatHolds(readings: Reading[], tryOne: (reading: Reading) => State): State {
  let complaint: Broken | undefined
  for (const reading of readings) {
    try {
      return tryOne(reading)
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      complaint ??= error
    }
  }
  throw complaint
}

/** One sentence further. */
function goOn(language: Language, before: State, reading: Reading, where: string): State {
  const { lexicon } = language
  const history = copyHistory(before.history)
  const { row } = reading
  keepStyle(history, language.styles.get(row) as Style[], where)
  const kinds = row.kinds.split(' ')
  const who =
    reading.subject &&
    resolveSubject(
      history,
      reading.subject,
      row.kinds === 'open' || row.kinds === 'hasAt',
      lexicon,
      where,
    )
  const other =
    reading.other &&
    who &&
    resolveOther(history, reading.other, who, row.kinds === 'plan', lexicon, where)
  if (who) checkAgreement(history, reading, who, where)

  const fitting = before.step.next.filter((step) => kinds.includes(step.kind))
  const happen = (kind: string, step?: Step) => {
    const event = eventOf(history, reading, kind as Kind, who ?? step?.who ?? 'both', step, where)
    rules[kind as Kind]({ history, event, lexicon, where })
    remember(history, event, who, other, reading)
  }
  const step = fitting.find((candidate) => allowed(history, candidate, reading, who, lexicon))
  if (!step) {
    happen(kinds[0], fitting[0]) // which may know better what is wrong
    throw new Broken(outOfPlace(history, before.step, fitting, reading, who, where))
  }
  happen(step.kind, step)
  if (reading.tail) checkRhyme(history, reading.tail, step.next.length === 0, where)
  return { history, step }
}

/** A tale keeps the style in which it began; its first sentences may be of more than one. */
function keepStyle(history: History, styles: readonly Style[], where: string): void {
  const kept = history.styles.filter((style) => styles.includes(style))
  if (kept.length === 0) {
    throw new Broken(
      `the style ${where} is ${styles.join(' or ')}, but the tale began as ${history.styles.join(' or ')}`,
    )
  }
  history.styles = kept
}

/** Does the story allow this step for this sentence? */
function allowed(
  history: History,
  step: Step,
  reading: Reading,
  who: Who | undefined,
  lexicon: Lexicon,
): boolean {
  if (who && step.who && who !== step.who) return false
  const { row, place } = reading
  if (step.kind === 'feel') {
    const [mood, cause] = step.detail
    return reading.mood === mood && (row.cause === undefined || row.cause === cause)
  }
  if (step.kind === 'end') return (step.detail[0] === 'without') === Boolean(row.without)
  return step.kind !== 'go' || leads[step.detail[0]](history, place as string, lexicon)
}

/** Where a journey leads. */
const leads: Record<string, (history: History, place: string, lexicon: Lexicon) => boolean> = {
  other: ({ where }, place) => place === where.b,
  new: ({ goal }, place) => place !== goal,
  inside: (_, place, lexicon) => lexicon.inside.has(place),
  back: ({ start }, place) => place === start,
  goal: ({ goal }, place) => place === goal,
  thing: ({ things }, place) => place === things[0].lies,
  wrong: ({ things }, place) => place !== things[0].lies,
}

/** Kinds that bring a thing into the tale. */
const brings = new Set(['want', 'plan', 'has', 'hide'])

function eventOf(
  history: History,
  reading: Reading,
  kind: Kind,
  who: Who,
  step: Step | undefined,
  where: string,
): Event {
  const isNew = brings.has(kind) || (kind === 'find' && history.things.length === 0)
  const [thing, other] = reading.things.map((mention) =>
    resolveThing(history, mention, isNew, where),
  )
  if (thing !== undefined && thing === other) {
    throw new Broken(`the ${history.things[thing].noun} ${where} is on both sides`)
  }
  const event: Event = { kind, who, thing, other, place: reading.place, from: reading.from }
  const weather = reading.day ?? reading.row.weather
  if (weather) event.weather = weather
  if (kind === 'end') event.holds = !reading.row.without
  if (kind === 'feel') {
    event.mood = reading.mood as Event['mood']
    event.cause = (reading.row.cause ?? step?.detail[1]) as Event['cause']
  }
  return event
}

/** What this sentence leaves for the pronouns of the next. */
function remember(
  history: History,
  event: Event,
  who: Who | undefined,
  other: 'a' | 'b' | undefined,
  reading: Reading,
): void {
  const people: ('a' | 'b')[] = who === 'both' ? ['a', 'b'] : who ? [who] : []
  if (other) people.push(other)
  const things = [event.thing, event.other].filter((thing) => thing !== undefined)
  history.memory = { subject: who, people, things: reading.things.length > 0 ? things : [] }
  history.events.push(event)
}

function outOfPlace(
  history: History,
  step: Step,
  fitting: Step[],
  reading: Reading,
  who: Who | undefined,
  where: string,
): string {
  if (fitting.length === 0) {
    return `this does not follow ${where}: the tale would go on with ${expected(step)}`
  }
  const kind = fitting[0].kind
  const name = who ? nameOf(history, who) : 'nobody'
  if (kind === 'go') return `nothing leads ${name} to the ${reading.place} ${where}`
  if (kind === 'feel') return `${name} has no cause to be ${reading.mood} ${where}`
  return `it is not ${name} whose part this is ${where}`
}

/** The kinds that may come next, for a message. */
function expected(step: Step): string {
  const kinds = [...new Set(step.next.map(({ kind }) => kind))]
  return kinds.length > 0 ? kinds.join(' or ') : 'nothing: it has ended'
}
