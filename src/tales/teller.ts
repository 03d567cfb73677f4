// Tales told: a world simulated, then put into words. The seed fixes everything.
import { seeded, stream } from '../random/index.ts'
import { type Answer, answersIn } from './answers.ts'
import { type Choose, drawn } from './choose.ts'
import type { Facts } from './events.ts'
import { type Labels, labelsOf } from './labels.ts'
import { simulate } from './simulate.ts'
import { tellEvents } from './tell.ts'
import { longestTale, stylesOf, type World, type WorldName, worlds } from './worlds.ts'

export interface Tale {
  text: string
  facts: Facts
  labels: Labels
  /** -log of the probability with which the teller tells this text. Tales above `longestTale` are told anew; not
   * counting that makes `nats` an upper bound by less than 0.001, else it is exact */
  nats: number
  /** one per event of the facts; joined by spaces they are the text */
  sentences: string[]
}

/** One tale of a world.
 * @param seed a whole number from 0; the same seed tells the same tale */
export function tell(world: WorldName, seed: number): Tale {
  const next = stream(seeded(seed), 'world')
  while (true) {
    const choose = drawn(next)
    const { text, facts, sentences } = tellWith(worlds[world], choose)
    if (countTokens(text) <= longestTale) {
      return { text, facts, labels: labelsOf(world, text, facts), nats: choose.nats, sentences }
    }
  }
}

/** The teller itself, with choices from anywhere. */
export function tellWith(
  world: World,
  choose: Choose,
): { text: string; facts: Facts; sentences: string[] } {
  const style = choose.one(stylesOf(world))
  const facts: Facts = { ...simulate(world, choose), style }
  return { facts, ...tellEvents(world, facts, choose) }
}

/** The words of a tale that its earlier sentences fix. */
export function answers(tale: Pick<Tale, 'facts' | 'sentences'>): Answer[] {
  return answersIn(tale.facts, tale.sentences)
}

/** Words and punctuation marks. */
export function countTokens(text: string): number {
  return text.match(/[A-Za-z]+|[^\sA-Za-z]/g)?.length ?? 0
}
