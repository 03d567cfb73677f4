// The sentences of reports: the style `news`. Rows as in row.ts.
import { type Row, reasons, rows, whole } from './row.ts'

export const newsGrammar: Row[] = [
  ...whole(
    'open',
    `NAMED seen AT on DAY %time
     news from SITE , NAMED seen on DAY %time
     NAMED seen %playing AT on DAY %time`,
  ),
  // wishes and plans
  ...rows('want', '-', 'was said to want THING'),
  ...rows('want', '%source', 'wanted THING'),
  ...whole('want', '" I want THING , " SUBJ told %press'),
  ...rows('plan', '-', 'planned to present THING to NAME'),
  ...rows('plan', '%source', 'had THING for NAME'),
  ...rows('wantgo', '-', 'announced a visit to SITE'),
  ...whole('wantgo', '" I want to visit SITE , " SUBJ told %press'),
  // who has what, who is where
  ...rows('has', '-', 'was seen with THING'),
  ...rows('has', '%source', 'had THING'),
  ...rows('hasAt', '-', 'was reported AT with such a NOUN'),
  ...rows('hasAt', '%source', 'had such a NOUN AT'),
  ...rows('isAt', '-', 'was reported AT'),
  ...rows('isAt', '%source', 'was AT'),
  ...rows('hide', '-', 'was said to have hidden THING AT'),
  ...rows('hide', '%source', 'had hidden THING AT'),
  ...rows('dare', '-', 'sent WHO in search of THING\n announced a search for THE AT'),
  // journeys
  ...rows('go', '-', 'travelled to SITE\n left FROM for SITE\n later arrived AT'),
  ...rows('see', '-', 'reported a %size %animal %near %spot'),
  ...whole('see', 'a %size %animal was seen %near %spot'),
  ...rows('meet', '-', 'was welcomed by WHO\n was welcomed AT by WHO'),
  // asking, giving, refusing
  ...rows('ask', '-', 'formally asked WHO for THE\n formally requested THING'),
  ...rows('grant give', '-', 'formally presented THING to WHO\n proudly presented THING to WHO'),
  ...rows('refuse', 'but', 'declined to hand over THING\n declined to part with THING'),
  ...whole('refuse', '" I will keep THE , " SUBJ told %press'),
  ...rows('thank', '-', 'publicly thanked WHO for THING'),
  ...whole('thank', '" I am grateful for THE , " SUBJ told %press'),
  // trades
  ...rows('offer', '-', 'proposed a trade of THE for THE'),
  ...whole('offer', '" I offer THE for THE , " SUBJ told %press'),
  ...rows('swap', '-', 'accepted THE in exchange for THE'),
  ...rows('swap', '-', 'handed over THE in exchange for THE', { reversed: true }),
  // quarrels
  ...rows('take', '-', 'seized THING from WHO\n seized THING without permission'),
  ...rows('sorry', '-', 'apologised in public\n admitted that SELF %regretted'),
  ...whole('sorry', '" it was a mistake , " SUBJ told %press'),
  ...rows('return', '-', 'handed THING back to WHO\n officially returned THING to WHO'),
  ...rows('forgive', '-', 'accepted the apology'),
  ...whole('forgive', '" the matter is settled , " SUBJ told %press'),
  // losses and finds
  ...rows('lose', '-', 'reported the loss of THING AT\n reported THING missing AT'),
  ...rows('search', '-', 'began a search for THING AT'),
  ...rows('search', '-', 'organised a search for THING %near %spot'),
  ...rows('find', '-', 'located THING %near %spot\n located THING AT'),
  ...rows('nofind', 'but', 'called off the search for THING'),
  ...whole('nofind', 'but no trace of THING was found AT'),
  ...rows('missing', '-', 'found no trace of THING AT\n reported no trace of THING AT'),
  // weather
  ...whole('rain', 'heavy rain was reported\n %suddenly heavy rain set in'),
  ...whole('clear', '%later dry weather was reported\n %later sunshine returned'),
  ...whole('behind', '%source THING was still AT\n " I left THE AT , " SUBJ told %press'),
  ...whole('scenery', 'a %bird was heard on %perch\n a smell of %smell was reported'),
  ...whole('scenery', 'more sunshine was expected', { weather: 'sun' }),
  ...whole('scenery', 'more rain was expected', { weather: 'rain' }),
  ...whole('scenery', 'more wind was expected', { weather: 'wind' }),
  ...whole('scenery', 'more snow was expected', { weather: 'snow' }),
  ...whole('scenery', 'more fog was expected', { weather: 'fog' }),
  ...whole('scenery', 'more clouds were expected', { weather: 'clouds' }),
  // feelings, pastimes, endings
  ...reasons.flatMap(({ cause, pattern }) =>
    rows('feel', '-', `WAS reported MOOD because ${pattern}`, { cause }),
  ),
  ...rows('feel', '-', 'WAS described as %very? MOOD'),
  ...rows('pastime', '-', 'were served %food and %food\n discussed %topic'),
  ...rows('end', '-', 'was last seen AT with THE'),
  ...rows('end', 'at last report ,', 'was AT with THE'),
  ...rows('end', '%finally', 'was reported AT with THE'),
  ...rows('end', '-', 'was last seen AT without THE', { without: true }),
  ...rows('end', 'at last report ,', 'was AT without THE', { without: true }),
  ...rows('end', '%finally', 'was reported AT without THE', { without: true }),
]
