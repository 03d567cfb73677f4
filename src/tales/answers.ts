// Where a tale's truth can be watched while it is learnt: words that what was told before fixes. The mean loss hides
// a skill that is not being learnt at all; the loss at these words does not.
import type { Event, Facts } from './events.ts'

/** Characters [start, end) of the text, one word. */
export interface Answer {
  /** who: the other person of a gift, a return or a cause; holder: what the last person has; place: where they are */
  kind: 'who' | 'holder' | 'place'
  start: number
  end: number
}

/** The words of a tale that its earlier sentences fix. A `who` is fixed given that a name stands there.
 * @param sentences the tale's sentences, one per event, which joined by single spaces are the text */
export function answersIn(facts: Facts, sentences: readonly string[]): Answer[] {
  const answers: Answer[] = []
  let offset = 0
  facts.events.forEach((event, i) => {
    const sentence = sentences[i]
    for (const [kind, word] of wanted(facts, event)) {
      const start = lastWord(sentence, word)
      if (start >= 0)
        answers.push({ kind, start: offset + start, end: offset + start + word.length })
    }
    offset += sentence.length + 1
  })
  return answers.sort((x, y) => x.start - y.start)
}

const towards = new Set(['grant', 'give', 'return', 'feel', 'thank'])

function wanted(facts: Facts, event: Event): (readonly [Answer['kind'], string])[] {
  if (event.kind === 'end') {
    return [
      ['place', event.place as string],
      ['holder', facts.things[event.thing as number].noun],
    ]
  }
  if (!towards.has(event.kind) || event.who === 'both') return []
  const other = event.who === 'a' ? facts.b : facts.a
  return [['who', other.name.replace('the ', '')]]
}

/** Start of the last whole occurrence of a word, or -1. */
function lastWord(sentence: string, word: string): number {
  const padded = `${sentence} `
  for (let at = padded.lastIndexOf(word); at >= 0; at = padded.lastIndexOf(word, at - 1)) {
    const letters = /[A-Za-z]/
    if (!letters.test(padded[at - 1] ?? ' ') && !letters.test(padded[at + word.length])) return at
    if (at === 0) break
  }
  return -1
}
