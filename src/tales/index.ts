// TinyTales: a language whose truth is known. A world is simulated, told with its probability, and read back by an
// independent checker, so that grammar, coherence and truth of generated tales are measured exactly.
export type { Answer } from './answers.ts'
export { check, type Verdict } from './check/index.ts'
export type { Event, Facts, Kind, Mood, Person, Plot, Style, Thing, Who } from './events.ts'
export { disobeyed, type Labels, labelsOf, labelValues, wordCount } from './labels.ts'
export { obeys } from './obeys.ts'
export { answers, countTokens, type Tale, tell } from './teller.ts'
export { longestTale, type World, type WorldName, worlds } from './worlds.ts'
