// The sentences of plain tales and of dialogue, and those of the world `small`. Rows as in row.ts. The grammar shares word
// lists with the teller, and not a single form.
import { type Row, reasons, rows, whole } from './row.ts'

const sentences: Row[] = [
  // openings
  ...whole(
    'open',
    `once upon a time , on a DAY %time , NAMED WAS %playing AT
     one DAY %time , NAMED WAS %playing AT
     it was a DAY %time , and NAMED WAS %playing AT
     NAMED spent a DAY %time AT
     on a DAY %time , NAMED came to SITE`,
  ),
  // wishes and plans
  ...rows('want', '-', 'wanted THING %muchly?\n %longed THING\n had always wanted THING'),
  ...rows('want', 'more than anything ,', 'wanted THING'),
  ...whole(
    'want',
    `" I %wish THING , " SUBJ %said
     " I %wish THING , " %said NAMED
     " if only I had THING ! " %cried NAMED`,
  ),
  ...rows(
    'plan',
    '-',
    `had THING for NAME
     had made THING for NAME
     wanted to bring THING to NAME
     had THING , and it was a present for NAME`,
  ),
  ...whole(
    'plan',
    '" I have THING for NAME , " SUBJ %said\n " I will bring THING to NAME , " %said NAMED',
  ),
  ...rows('wantgo', '-', 'wanted to see SITE\n had never seen SITE before\n %longed a day AT'),
  ...whole(
    'wantgo',
    `" let us go to SITE ! " %cried NAMED
     " shall we go to SITE ? " asked NAMED
     " I want to see SITE , " SUBJ %said`,
  ),
  // who has what, who is where
  ...rows('has', '-', 'had THING\n %carried THING\n was playing with THING\n was proud of THING'),
  ...rows('hasAt', '-', 'had just such a NOUN AT\n %kept just such a NOUN AT'),
  ...rows('hasAt', '-', 'was %waiting AT and had a NOUN like that'),
  ...rows('hasAt', 'AT ,', 'had exactly such a NOUN'),
  ...rows('isAt', '-', 'was %waiting AT\n was still AT'),
  ...rows('isAt', 'AT ,', 'was %waiting'),
  ...rows('hide', 'AT ,', 'had hidden THING'),
  ...rows('hide', '-', 'had hidden THING AT'),
  ...rows('hide behind', '-', 'had left THING AT'),
  ...whole('hide', '" I have hidden THING AT , " %said NAMED\n " there is THING AT , " SUBJ %said'),
  ...rows(
    'dare',
    '-',
    `asked WHO to look for THE AT
     told WHO about THE
     %smiled and sent WHO to find THING AT`,
  ),
  ...whole(
    'dare',
    `" can you find THING AT ? " asked NAMED
     " go and find THING ! " SUBJ %said
     " look for THE AT ! " %cried NAMED`,
  ),
  // journeys
  ...rows('go', '-/%lead/so', '%went to SITE'),
  ...rows('go', '-/%lead', '%off for SITE'),
  ...rows('go', '-', 'left FROM and %went to SITE\n took the %long %road to SITE'),
  ...rows('see', '-/on the way ,', '%saw a %size %animal %near %spot'),
  ...whole('see', 'a %size %animal looked up %near %spot'),
  ...rows('meet', 'there/AT ,', 'met WHO'),
  ...rows('meet', '-', 'found WHO AT\n waved to WHO'),
  ...rows('meet', '-/%lead', 'saw WHO %near %spot'),
  // asking, giving, refusing
  ...rows('ask', '-', 'asked WHO for THE\n %politely asked WHO for THE\n %politely asked for THE'),
  ...rows('ask', '-', 'asked if SELF could have THING'),
  ...whole(
    'ask',
    `" may I have THING , please ? " asked NAMED
     " please give me THE , " SUBJ %said
     " could I have THING ? " SUBJ asked %politely
     " may I play with THING ? " SUBJ asked WHO`,
  ),
  ...rows('grant give', '-', '%gladly? %gave THING to WHO'),
  ...rows('grant', '-', '%smiled and %gave THING to WHO'),
  ...rows('give', '-', 'came and %gave THING to WHO'),
  ...whole(
    'grant',
    `" %sure , " SUBJ %said and %gave THING to WHO
     " %sure , " %said NAMED and %gave THING to WHO`,
  ),
  ...whole(
    'give',
    `" this is for you , " SUBJ %said and %gave THING to WHO
     " look what I have , " SUBJ %said and %gave THING to WHO
     " for you ! " %cried NAMED and %gave THING to WHO`,
  ),
  ...rows(
    'refuse',
    'but',
    `kept THING
     shook HIS head and kept THING
     did not want to part with THING
     would not give THING away`,
  ),
  ...whole(
    'refuse',
    '" %no , I %needed THING , " SUBJ %said\n " %no , I %needed THING , " %said NAMED',
  ),
  ...rows(
    'thank',
    '-',
    'thanked WHO %warmly\n thanked WHO for THING\n thanked WHO %warmly for THING',
  ),
  ...whole(
    'thank',
    `" thank you for THE ! " %cried NAMED
     " thank you , THE is %polite , " %said NAMED
     " what a %polite NOUN ! " SUBJ %said`,
  ),
  // trades
  ...rows('offer', '-', 'offered THE for THE\n wanted to trade THE for THE'),
  ...rows('offer', '-', 'liked THE %better and offered THE', { reversed: true }),
  ...whole(
    'offer',
    `" will you take THE for THE ? " asked NAMED
     " I will give you THE for THE , " SUBJ %said
     " let us trade THE for THE , " %said NAMED`,
  ),
  ...rows('swap', '-', 'took THE and %gave THE to WHO'),
  ...rows('swap', '-', '%smiled and %gave THE to WHO for THE', { reversed: true }),
  ...whole(
    'swap',
    `" %sure , " SUBJ %said and traded THE for THE
     " %sure , " SUBJ %said and %gave THE to WHO for THE`,
    { reversed: true },
  ),
  // quarrels
  ...rows('take', '-', '%took THING from WHO\n %took THING without asking'),
  ...rows('take', '-', 'wanted THING and %took it from WHO'),
  ...rows('take', '-/%lead', '%took THING and would not share'),
  ...whole(
    'take',
    `" now I want THE , " SUBJ %said and %took it from WHO
     " I want to play with THE ! " %cried NAMED and %took it
     " give me THE ! " SUBJ %cried and %took it from WHO`,
  ),
  ...rows('sorry', '-/%lead', '%regretted'),
  ...rows('sorry', '-', 'told WHO that SELF %regretted\n %remembered that SELF %regretted'),
  ...whole(
    'sorry',
    `" I am %very? sorry , " SUBJ %said
     " I was wrong , " %said NAMED
     " please forgive me , " SUBJ %said %politely`,
  ),
  ...rows('return', '-', '%gladly? gave THING back to WHO\n %gladly? brought THING back to WHO'),
  ...rows('return', '-', '%gladly? returned THING to WHO'),
  ...rows('forgive', '-', 'forgave WHO\n %smiled and forgave WHO\n was not %angry any more'),
  ...whole(
    'forgive',
    `" I forgive you , " SUBJ %said
     " it is all right now , " %said NAMED
     " let us be friends , " SUBJ %said %politely`,
  ),
  // losses and finds
  ...rows('lose', 'AT ,/there', '%lost THING'),
  ...rows('lose', '-', '%lost THING AT\n %lost OWN AT'),
  ...rows('lose', '-/%lead', '%lost THING %near %spot'),
  ...rows('search', '-', '%looked for THING %everywhere\n %looked %everywhere for THING'),
  ...rows('search', '-/%lead', '%looked for THING %near %spot'),
  ...whole(
    'search',
    `" where is THING ? " SUBJ asked and %looked %everywhere
     " we must find THING ! " %cried NAMED`,
  ),
  ...rows('find', '-', '%found THING %near %spot'),
  ...rows('find', '%near %spot ,/%luckily', '%found THING'),
  ...rows('find', '-/%lead', '%found THING AT'),
  ...rows('nofind', 'but', 'never found THING\n did not find THING\n could not find THING AT'),
  ...rows('missing', 'but', 'did not find THING AT'),
  ...rows('missing', '-', '%looked %everywhere , but THING was not there'),
  ...rows('missing', '-', '%looked for THING AT , but it was not there'),
  // weather
  ...whole(
    'rain',
    `%suddenly it %began to %pour
     %suddenly rain %drummed on %ground
     a %dark cloud came , and it %began to %pour`,
  ),
  ...whole(
    'clear',
    `%later the rain %stopped
     %later the rain %stopped , and the sun came out
     %later the sun %shone on %ground again`,
  ),
  ...rows('behind', '-', 'had left OWN AT\n %remembered that THING was still AT'),
  ...whole('behind', '" THE is still AT ! " %cried NAMED\n " I have left THING AT , " SUBJ %said'),
  ...whole('scenery', 'a %bird %sung on %perch\n the air smelled of %smell\n %far , %rang'),
  ...whole('scenery', 'the sun %shone on %ground\n the sky was %sky', { weather: 'sun' }),
  ...whole('scenery', 'the rain %drummed on %ground\n raindrops %drummed on %ground', {
    weather: 'rain',
  }),
  ...whole('scenery', 'the wind %blew %through\n a strong wind %blew %through', {
    weather: 'wind',
  }),
  ...whole('scenery', '%flakes %danced %through\n the snow lay on %ground', { weather: 'snow' }),
  ...whole('scenery', 'a %thick fog %hung over %ground\n the fog %hung over %ground', {
    weather: 'fog',
  }),
  ...whole('scenery', '%dark clouds %hung over %ground\n there were %dark clouds over %ground', {
    weather: 'clouds',
  }),
  // feelings, pastimes, endings
  ...reasons.flatMap(({ cause, pattern }) =>
    rows('feel', '-', `WAS MOOD because ${pattern}`, { cause }),
  ),
  ...rows('feel', '-', 'WAS %very? MOOD\n felt %very? MOOD'),
  ...rows('pastime', '-', '%ate %food and %food\n %sang a %merryish %song\n %talked about %topic'),
  ...rows(
    'end',
    '%finally',
    'was AT with THE\n %stayed AT with THE\n still had THE AT\n %stayed AT and held THE',
  ),
  ...rows('end', '%finally', 'was AT without THE\n %stayed AT without THE\n still had no NOUN AT', {
    without: true,
  }),
]

const quoted = ({ pattern }: Row) => pattern.includes('"')
const kindsOf = ({ kinds }: Row) => kinds.split(' ')
const spoken = new Set(sentences.filter(quoted).flatMap(kindsOf))

export const plainGrammar: Row[] = sentences.filter((row) => !quoted(row))
/** Whatever can be said in quotation marks is. */
export const dialogueGrammar: Row[] = sentences.filter(
  (row) => quoted(row) || !kindsOf(row).some((kind) => spoken.has(kind)),
)

export const smallGrammar: Row[] = [
  ...whole('open', 'one DAY %time , NAMED WAS AT'),
  ...rows('want', '-', 'wanted THING\n dreamed of THING'),
  ...rows('plan', '-', 'had THING for NAME\n made THING for NAME'),
  ...rows('has', '-', 'had THING\n was playing with THING'),
  ...rows('hasAt', '-', 'had such a NOUN AT\n was AT with such a NOUN'),
  ...rows('isAt', '-', 'was AT'),
  ...rows('go', '-', '%went to SITE'),
  ...rows('grant give', '-', '%gave WHO THE\n %gave THING to WHO'),
  ...rows('refuse', 'but', 'kept THING'),
  ...rows('take', '-', '%took THING from WHO'),
  ...rows('return', 'but', 'gave THING back to WHO'),
  ...rows('feel', '-', 'was MOOD\n felt MOOD'),
  ...whole('scenery', 'the sky was blue', { weather: 'sun' }),
  ...whole('scenery', 'it was raining', { weather: 'rain' }),
  ...whole('scenery', 'snow was falling', { weather: 'snow' }),
  ...whole('scenery', 'the wind was strong', { weather: 'wind' }),
  ...rows('end', 'so', 'was AT with THE\n had THE AT'),
  ...rows('end', 'so', 'was AT without THE', { without: true }),
]
