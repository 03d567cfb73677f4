// The lines of verse: the style `rhyme`. Rows as in row.ts; and the rule of its rhymes, by ear: from the last vowel on, as
// words are spelled.
import { Broken, type History } from './history.ts'
import { type Row, whole } from './row.ts'

/** Rows of whole lines; each ends with a tail. */
const lines = (kinds: string, patterns: string, extra: Partial<Row> = {}): Row[] =>
  whole(kinds, patterns, extra).map((row) => ({ ...row, pattern: `${row.pattern} TAIL` }))

export const rhymeGrammar: Row[] = [
  ...lines('open', 'in DAY weather NAMED sat AT\n AT sat NAMED in DAY weather'),
  // wishes and plans
  ...lines('want', 'how SUBJ wished for THING\n how SUBJ dreamed of THING'),
  ...lines('plan', 'SUBJ picked THING for NAME\n SUBJ wrapped THING for NAME'),
  ...lines('wantgo', 'how SUBJ wished to see SITE\n how SUBJ dreamed of SITE'),
  // who has what, who is where
  ...lines('has', 'SUBJ held up THING\n SUBJ showed THING'),
  ...lines('hasAt', 'AT sat NAMED with such a NOUN\n AT NAMED had such a NOUN'),
  ...lines('isAt', 'AT sat NAMED\n AT NAMED sang'),
  ...lines('hide', 'AT NAMED hid THING\n SUBJ hid THING AT'),
  ...lines('dare', 'SUBJ bade WHO seek THING\n SUBJ bade WHO seek THING AT'),
  // journeys
  ...lines('go', 'off to SITE SUBJ went\n to SITE SUBJ %skipped'),
  ...lines('see', 'SUBJ spied a %size %animal'),
  ...lines('meet', 'there SUBJ spied WHO\n SUBJ curtsied to WHO'),
  // asking, giving, refusing
  ...lines('ask', 'SUBJ begged WHO for THE\n SUBJ begged for THE'),
  ...lines('grant give', 'SUBJ let WHO have THE\n have THE , sang NAMED'),
  ...lines('refuse', 'yet SUBJ kept THING\n yet SUBJ clung to THING'),
  ...lines('thank', 'SUBJ sang thanks to WHO\n SUBJ blessed WHO for THING'),
  // trades
  ...lines('offer', 'SUBJ sang , THE for THE\n THE for THE , sang NAMED'),
  ...lines('swap', 'SUBJ let WHO have THE for THE\n have THE for THE , sang NAMED', {
    reversed: true,
  }),
  // quarrels
  ...lines('take', 'SUBJ pulled THING from WHO\n off SUBJ ran with THING'),
  ...lines('sorry', 'oh dear , sobbed NAMED\n SUBJ begged pardon'),
  ...lines('return', 'SUBJ let WHO have THE again\n have THE again , sang NAMED'),
  ...lines('forgive', 'SUBJ hugged WHO\n SUBJ blew WHO a kiss'),
  // losses and finds
  ...lines('lose', 'SUBJ let THING fall AT\n AT NAMED %lost THING'),
  ...lines('search', 'high and low SUBJ sought THING\n SUBJ sought THING AT'),
  ...lines('find', 'AT NAMED spied THING\n %near %spot SUBJ spied THING'),
  ...lines('nofind', 'SUBJ never spied THING\n SUBJ saw no NOUN'),
  ...lines('missing', 'SUBJ saw no NOUN AT'),
  // weather
  ...lines('rain', 'down came the rain\n drip drop went the rain'),
  ...lines('clear', 'out came the sun\n away went the rain'),
  ...lines('behind', 'SUBJ left THING AT\n AT NAMED left THING'),
  ...lines('scenery', 'a %bird sang'),
  ...lines('scenery', 'bright was the sun', { weather: 'sun' }),
  ...lines('scenery', 'wet was the rain', { weather: 'rain' }),
  ...lines('scenery', 'wild was the wind', { weather: 'wind' }),
  ...lines('scenery', 'white was the snow', { weather: 'snow' }),
  ...lines('scenery', 'grey was the fog', { weather: 'fog' }),
  ...lines('scenery', 'dark were the clouds', { weather: 'clouds' }),
  // feelings, pastimes, endings
  ...lines('feel', 'how MOOD SUBJ WAS\n so MOOD felt NAMED'),
  ...lines('pastime', 'SUBJ danced hand in hand\n SUBJ sang of %topic'),
  ...lines('end', 'so AT sat NAMED with THE\n so SUBJ had THE AT'),
  ...lines('end', 'so AT sat NAMED without THE\n so SUBJ had no NOUN AT', { without: true }),
]

const sound = (word: string) => /[aeiouy]+[^aeiouy]*$/.exec(word)?.[0]

/** The lines rhyme in pairs, each pair in another sound than the one before it; a last line that is left alone rhymes with
 * the pair before it. No word rhymes with itself.
 * @param word the last one of the next line @param last is it the last line? */
export function checkRhyme(history: History, word: string, last: boolean, where: string): void {
  const { ends } = history
  const before = ends[ends.length - 1]
  const opens = ends.length % 2 === 0
  history.ends = [...ends, word]
  if (before === undefined) return
  const rhymes = sound(word) === sound(before)
  if (opens && !last) {
    if (rhymes) throw new Broken(`"${word}" ${where} rhymes with the pair of lines before`)
    return
  }
  if (!rhymes) throw new Broken(`"${word}" ${where} does not rhyme with "${before}"`)
  if (ends.slice(opens ? -2 : -1).includes(word)) {
    throw new Broken(`"${word}" ${where} rhymes with itself`)
  }
}
