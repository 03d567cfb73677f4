// From characters to words: the outermost layer of the checker. It accepts any string, however large or strange, and
// either cuts it into sentences of words and marks or says what is wrong. All expressions here are linear.

import { longestTale, mostSentences } from '../worlds.ts'

/** The words and marks of a sentence, the first word without its capital, "an" as "a". */
export interface Sentence {
  readonly words: readonly string[]
}

const longestText = 2000
/** Words that begin like a vowel when spoken. */
const vowel = /^(?:[aeiou]|hour)/
const shape = /^(?:"[A-Za-z]+(?:,? [A-Za-z]+)*[,!?]" )?[A-Za-z]+(?:,? [A-Za-z]+)*$/

/** Cuts texts into sentences.
 * @param names words that keep their capital
 * @returns for a text its sentences, or one sentence in English that says what is wrong */
export function cutter(names: ReadonlySet<string>): (text: string) => Sentence[] | string {
  const cut = remembering((piece: string) => cutSentence(piece, names))
  return (text) => {
    if (typeof text !== 'string' || text.length === 0) return 'there is no text'
    if (text.length > longestText)
      return `the text is longer than any tale: ${text.length} characters`
    const strange = /[^A-Za-z ,.!?"]/u.exec(text)
    if (strange) return `the character ${JSON.stringify(strange[0])} does not occur in tales`
    if (!text.endsWith('.')) return 'the last sentence does not end with a full stop'
    const pieces = text.slice(0, -1).split('. ')
    if (pieces.length > mostSentences) return `${pieces.length} sentences are more than a tale has`
    const sentences: Sentence[] = []
    let tokens = 0
    for (const piece of pieces) {
      const sentence = cut(piece)
      if (typeof sentence === 'string') return `${sentence} in sentence ${sentences.length + 1}`
      tokens += sentence.words.length + 1
      sentences.push(sentence)
    }
    if (tokens > longestTale) return `${tokens} words and marks are more than a tale has`
    return sentences
  }
}

/** @param piece a sentence without its full stop @returns what is wrong, where something is */
function cutSentence(piece: string, names: ReadonlySet<string>): Sentence | string {
  if (!shape.test(piece)) return 'words and marks are not set as in print'
  const words = piece.match(/[A-Za-z]+|[,!?"]/g) as string[]
  return capital(words, names) ?? article(words) ?? { words }
}

/** Sentences come again and again: what was made of the last few thousand is kept. */
export function remembering<T, R>(make: (from: T) => R): (from: T) => R {
  const kept = new Map<T, R>()
  return (from) => {
    let made = kept.get(from)
    if (made === undefined) {
      made = make(from)
      if (kept.size >= 4096) kept.clear()
      kept.set(from, made)
    }
    return made
  }
}

/** Takes the capital off the first word, unless it always has one. */
function capital(words: string[], names: ReadonlySet<string>): string | undefined {
  const first = words[0] === '"' ? 1 : 0
  const word = words[first]
  if (!/^[A-Z]/.test(word)) return `the first word "${word}" has no capital`
  if (word !== 'I' && !names.has(word)) words[first] = word[0].toLowerCase() + word.slice(1)
  return undefined
}

/** "a" and "an" by the next letter; afterwards both are "a". */
function article(words: string[]): string | undefined {
  for (let i = 0; i < words.length; i++) {
    if (words[i] !== 'a' && words[i] !== 'an') continue
    const next = words[i + 1] ?? ''
    if (vowel.test(next) !== (words[i] === 'an'))
      return `"${words[i]} ${next}" has the wrong article`
    words[i] = 'a'
  }
  return undefined
}
