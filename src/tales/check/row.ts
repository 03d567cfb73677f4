// A row of the checker's grammars of sentences, written for reading: fronts, a subject, a predicate. Lower-case words
// stand for themselves, %went for a word of that list (%very? perhaps), capitals for what has a meaning:
//   SUBJ whoever the sentence is about, NAMED the same but by name; WHO the other one, NAME by name
//   THING a thing or "it", THE a thing but not "it", NOUN its bare noun, OWN it with "his" or "her"
//   AT "in the garden", SITE "the garden", FROM a site left; SELF HIM HIS HERS pronouns for the subject; WAS was, were
//   MOOD a feeling; DAY the weather of an opening; TAIL what a line of verse ends with

/** What a pattern says, beside the words it catches. */
export interface Row {
  /** what it can be an account of, separated by spaces */
  kinds: string
  /** what may stand in front of the subject: "-" nothing; several separated by "/" */
  fronts?: string
  pattern: string
  /** why, for a clause after "because" */
  cause?: string
  /** weather that this sentence describes */
  weather?: string
  /** the two things come in the opposite order */
  reversed?: boolean
  /** an ending without the thing */
  without?: boolean
}

/** Rows of one predicate per line, all for the same kinds and fronts. */
export function rows(
  kinds: string,
  fronts: string,
  predicates: string,
  extra: Partial<Row> = {},
): Row[] {
  return predicates
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((predicate) => ({ kinds, fronts, pattern: `SUBJ ${predicate}`, ...extra }))
}

/** Rows of whole sentences: no person, or a quotation. */
export function whole(kinds: string, sentences: string, extra: Partial<Row> = {}): Row[] {
  return sentences
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((pattern) => ({ kinds, pattern, ...extra }))
}

/** Clauses after "because". */
export const reasons: { cause: string; pattern: string }[] = [
  ['got', 'now SELF had THE / NAME had given HIM THE / THE was HERS now'],
  ['refused', 'NAME had kept THE / SELF could not have THE / NAME had said no'],
  ['gone', 'THE was gone / SELF had lost THE / SELF could not see THE'],
  ['taken', 'NAME had taken THE / THE was HERS / NAME had not asked'],
  ['found', 'SELF had found THE / SELF had THE now'],
  ['arrived', 'SELF had reached SITE / SELF was AT at last'],
  ['swapped', 'the trade was %fair / SELF liked the trade'],
].flatMap(([cause, patterns]) => patterns.split(' / ').map((pattern) => ({ cause, pattern })))
