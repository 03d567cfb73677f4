// How events are said. One event, one sentence, one of these forms. Slots:
//   {S} the subject: a name, "he"/"she"/"they" where the rule allows it; {S!} always the name
//   {O} the other person: a name, or "him"/"her" where the rule allows it; {O!} always the name
//   {X} the thing: "a red kite" at first, then "the red kite", "the kite" or "it"; {X!} never "it";
//   {T} "red kite" or "kite" after "her"; {N} "kite"
//   {Y!} the other thing; {P}, {p} "in the garden", "the garden"; {q} the place left behind
//   {s} {him} {his} {hers} the subject once more, as a pronoun; {was} was or were; {mood} a word for the feeling
//   {L} perhaps a lead such as "then"; {R} the tail of a line of verse; <went> a word of that list; <?very> perhaps one
// The checker does not read this file.

/** How a style says everything that can happen. */
export interface Telling {
  /** kind of event → its forms; `endWithout` is an ending without the thing */
  forms: Readonly<Record<string, readonly string[]>>
  /** cause of a feeling → its clauses */
  causes: Readonly<Record<string, readonly string[]>>
  /** weather → sentences about it */
  weathers: Readonly<Record<string, readonly string[]>>
}

interface Form {
  plain: readonly string[]
  /** what the style `dialogue` says instead */
  quoted?: readonly string[]
}

const forms: Record<string, Form> = {
  open: {
    plain: [
      'once upon a time, on a <weather> <time>, {S!} {was} <playing> {P}.',
      'one <weather> <time>, {S!} {was} <playing> {P}.',
      'it was a <weather> <time>, and {S!} {was} <playing> {P}.',
      '{S!} spent a <weather> <time> {P}.',
      'on a <weather> <time>, {S!} came to {p}.',
    ],
  },
  want: {
    plain: [
      '{S} wanted {X} <?muchly>.',
      '{S} <longed> {X}.',
      '{S} had always wanted {X}.',
      'more than anything, {S} wanted {X}.',
    ],
    quoted: [
      '"I <wish> {X}," {S} <said>.',
      '"If only I had {X}!" <cried> {S!}.',
      '"I <wish> {X}," <said> {S!}.',
    ],
  },
  plan: {
    plain: [
      '{S} had {X} for {O!}.',
      '{S} wanted to bring {X} to {O!}.',
      '{S} had made {X} for {O!}.',
      '{S} had {X}, and it was a present for {O!}.',
    ],
    quoted: ['"I have {X} for {O!}," {S} <said>.', '"I will bring {X} to {O!}," <said> {S!}.'],
  },
  wantgo: {
    plain: ['{S} wanted to see {p}.', '{S} had never seen {p} before.', '{S} <longed> a day {P}.'],
    quoted: [
      '"Let us go to {p}!" <cried> {S!}.',
      '"Shall we go to {p}?" asked {S!}.',
      '"I want to see {p}," {S} <said>.',
    ],
  },
  has: {
    plain: [
      '{S} had {X}.',
      '{S} <carried> {X}.',
      '{S} was playing with {X}.',
      '{S} was proud of {X}.',
    ],
  },
  hasAt: {
    plain: [
      '{S} had just such a {N} {P}.',
      '{P}, {S} had exactly such a {N}.',
      '{S} was <waiting> {P} and had a {N} like that.',
      '{S} <kept> just such a {N} {P}.',
    ],
  },
  isAt: {
    plain: ['{S} was <waiting> {P}.', '{P}, {S} was <waiting>.', '{S} was still {P}.'],
  },
  hide: {
    plain: ['{S} had hidden {X} {P}.', '{S} had left {X} {P}.', '{P}, {S} had hidden {X}.'],
    quoted: ['"I have hidden {X} {P}," <said> {S!}.', '"There is {X} {P}," {S} <said>.'],
  },
  dare: {
    plain: [
      '{S} asked {O} to look for {X!} {P}.',
      '{S} told {O} about {X!}.',
      '{S} <smiled> and sent {O} to find {X} {P}.',
    ],
    quoted: [
      '"Can you find {X} {P}?" asked {S!}.',
      '"Go and find {X}!" {S} <said>.',
      '"Look for {X!} {P}!" <cried> {S!}.',
    ],
  },
  go: {
    plain: [
      '{L} {S} <went> to {p}.',
      '{S} left {q} and <went> to {p}.',
      '{L} {S} <off> for {p}.',
      'so {S} <went> to {p}.',
      '{S} took the <long> <road> to {p}.',
    ],
  },
  meet: {
    plain: [
      'there {S} met {O}.',
      '{S} found {O} {P}.',
      '{P}, {S} met {O}.',
      '{L} {S} saw {O} <near> <spot>.',
      '{S} waved to {O}.',
    ],
  },
  ask: {
    plain: [
      '{S} asked {O} for {X!}.',
      '{S} <politely> asked for {X!}.',
      '{S} asked if {s} could have {X}.',
      '{S} <politely> asked {O} for {X!}.',
    ],
    quoted: [
      '"May I have {X}, please?" asked {S!}.',
      '"Please give me {X!}," {S} <said>.',
      '"Could I have {X}?" {S} asked <politely>.',
      '"May I play with {X}?" {S} asked {O}.',
    ],
  },
  offer: {
    plain: [
      '{S} offered {X!} for {Y!}.',
      '{S} liked {Y!} <better> and offered {X!}.',
      '{S} wanted to trade {X!} for {Y!}.',
    ],
    quoted: [
      '"Will you take {X!} for {Y!}?" asked {S!}.',
      '"I will give you {X!} for {Y!}," {S} <said>.',
      '"Let us trade {X!} for {Y!}," <said> {S!}.',
    ],
  },
  grant: {
    plain: ['{S} <?gladly> <gave> {X} to {O}.', '{S} <smiled> and <gave> {X} to {O}.'],
    quoted: [
      '"<sure>," {S} <said> and <gave> {X} to {O}.',
      '"<sure>," <said> {S!} and <gave> {X} to {O}.',
    ],
  },
  give: {
    plain: ['{S} <?gladly> <gave> {X} to {O}.', '{S} came and <gave> {X} to {O}.'],
    quoted: [
      '"This is for you," {S} <said> and <gave> {X} to {O}.',
      '"For you!" <cried> {S!} and <gave> {X} to {O}.',
      '"Look what I have," {S} <said> and <gave> {X} to {O}.',
    ],
  },
  refuse: {
    plain: [
      'but {S} shook {his} head and kept {X}.',
      'but {S} kept {X}.',
      'but {S} did not want to part with {X}.',
      'but {S} would not give {X} away.',
    ],
    quoted: ['"<no>, I <needed> {X}," {S} <said>.', '"<no>, I <needed> {X}," <said> {S!}.'],
  },
  swap: {
    plain: [
      '{S} took {X!} and <gave> {Y!} to {O}.',
      '{S} <smiled> and <gave> {Y!} to {O} for {X!}.',
    ],
    quoted: [
      '"<sure>," {S} <said> and traded {Y!} for {X!}.',
      '"<sure>," {S} <said> and <gave> {Y!} to {O} for {X!}.',
    ],
  },
  take: {
    plain: [
      '{S} <took> {X} from {O}.',
      '{S} <took> {X} without asking.',
      '{L} {S} <took> {X} and would not share.',
      '{S} wanted {X} and <took> it from {O}.',
    ],
    quoted: [
      '"Now I want {X!}," {S} <said> and <took> it from {O}.',
      '"I want to play with {X!}!" <cried> {S!} and <took> it.',
      '"Give me {X!}!" {S} <cried> and <took> it from {O}.',
    ],
  },
  sorry: {
    plain: [
      '{L} {S} <regretted>.',
      '{S} told {O} that {s} <regretted>.',
      '{S} <remembered> that {s} <regretted>.',
    ],
    quoted: [
      '"I am <?very> sorry," {S} <said>.',
      '"I was wrong," <said> {S!}.',
      '"Please forgive me," {S} <said> <politely>.',
    ],
  },
  return: {
    plain: [
      '{S} <?gladly> gave {X} back to {O}.',
      '{S} <?gladly> brought {X} back to {O}.',
      '{S} <?gladly> returned {X} to {O}.',
    ],
  },
  forgive: {
    plain: ['{S} forgave {O}.', '{S} <smiled> and forgave {O}.', '{S} was not <angry> any more.'],
    quoted: [
      '"I forgive you," {S} <said>.',
      '"It is all right now," <said> {S!}.',
      '"Let us be friends," {S} <said> <politely>.',
    ],
  },
  lose: {
    plain: [
      'there {S} <lost> {X}.',
      '{S} <lost> {X} {P}.',
      '{S} <lost> {his} {T} {P}.',
      '{P}, {S} <lost> {X}.',
      '{L} {S} <lost> {X} <near> <spot>.',
    ],
  },
  search: {
    plain: [
      '{S} <looked> for {X} <everywhere>.',
      '{S} <looked> <everywhere> for {X}.',
      '{L} {S} <looked> for {X} <near> <spot>.',
    ],
    quoted: [
      '"Where is {X}?" {S} asked and <looked> <everywhere>.',
      '"We must find {X}!" <cried> {S!}.',
    ],
  },
  find: {
    plain: [
      '{S} <found> {X} <near> <spot>.',
      '<near> <spot>, {S} <found> {X}.',
      '<luckily> {S} <found> {X}.',
      '{L} {S} <found> {X} {P}.',
    ],
  },
  nofind: {
    plain: [
      'but {S} never found {X}.',
      'but {S} did not find {X}.',
      'but {S} could not find {X} {P}.',
    ],
  },
  missing: {
    plain: [
      'but {S} did not find {X} {P}.',
      '{S} <looked> <everywhere>, but {X} was not there.',
      '{S} <looked> for {X} {P}, but it was not there.',
    ],
  },
  rain: {
    plain: [
      '<suddenly> it <began> to <pour>.',
      '<suddenly> rain <drummed> on <ground>.',
      'a <dark> cloud came, and it <began> to <pour>.',
    ],
  },
  behind: {
    plain: [
      '{S} had left {X} {P}.',
      '{S} had left {his} {T} {P}.',
      '{S} <remembered> that {X} was still {P}.',
    ],
    quoted: ['"{X!} is still {P}!" <cried> {S!}.', '"I have left {X} {P}," {S} <said>.'],
  },
  clear: {
    plain: [
      '<later> the rain <stopped>.',
      '<later> the rain <stopped>, and the sun came out.',
      '<later> the sun <shone> on <ground> again.',
    ],
  },
  feel: {
    plain: [
      '{S} {was} {mood} because {cause}.',
      '{S} {was} <?very> {mood}.',
      '{S} felt <?very> {mood}.',
    ],
  },
  thank: {
    plain: [
      '{S} thanked {O} <warmly>.',
      '{S} thanked {O} for {X}.',
      '{S} thanked {O} <warmly> for {X}.',
    ],
    quoted: [
      '"Thank you for {X!}!" <cried> {S!}.',
      '"What a <polite> {N}!" {S} <said>.',
      '"Thank you, {X!} is <polite>," <said> {S!}.',
    ],
  },
  see: {
    plain: [
      'on the way, {S} <saw> a <size> <animal> <near> <spot>.',
      '{S} <saw> a <size> <animal> <near> <spot>.',
      'a <size> <animal> looked up <near> <spot>.',
    ],
  },
  pastime: {
    plain: [
      '{S} <ate> <food> and <food>.',
      '{S} <sang> a <merryish> <song>.',
      '{S} <talked> about <topic>.',
    ],
  },
  scenery: {
    plain: ['a <bird> <sung> on <perch>.', 'the air smelled of <smell>.', '<far>, <rang>.'],
  },
  end: {
    plain: [
      '<finally> {S} was {P} with {X!}.',
      '<finally> {S} <stayed> {P} with {X!}.',
      '<finally> {S} still had {X!} {P}.',
      '<finally> {S} <stayed> {P} and held {X!}.',
    ],
  },
  endWithout: {
    plain: [
      '<finally> {S} was {P} without {X!}.',
      '<finally> {S} <stayed> {P} without {X!}.',
      '<finally> {S} still had no {N} {P}.',
    ],
  },
}

/** Why somebody feels so. */
export const causes: Telling['causes'] = {
  got: ['now {s} had {X!}', '{O!} had given {him} {X!}', '{X!} was {hers} now'],
  refused: ['{O!} had kept {X!}', '{s} could not have {X!}', '{O!} had said no'],
  gone: ['{X!} was gone', '{s} had lost {X!}', '{s} could not see {X!}'],
  taken: ['{O!} had taken {X!}', '{X!} was {hers}', '{O!} had not asked'],
  found: ['{s} had found {X!}', '{s} had {X!} now'],
  arrived: ['{s} had reached {p}', '{s} was {P} at last'],
  swapped: ['the trade was <fair>', '{s} liked the trade'],
}

/** Sentences about the weather, one group for each weather. */
const weathers: Telling['weathers'] = {
  sun: ['the sun <shone> on <ground>.', 'the sky was <sky>.'],
  rain: ['the rain <drummed> on <ground>.', 'raindrops <drummed> on <ground>.'],
  wind: ['the wind <blew> <through>.', 'a strong wind <blew> <through>.'],
  snow: ['<flakes> <danced> <through>.', 'the snow lay on <ground>.'],
  fog: ['a <thick> fog <hung> over <ground>.', 'the fog <hung> over <ground>.'],
  clouds: ['<dark> clouds <hung> over <ground>.', 'there were <dark> clouds over <ground>.'],
}

const formsBy = (choose: (form: Form) => readonly string[]): Telling['forms'] =>
  Object.fromEntries(Object.entries(forms).map(([kind, form]) => [kind, choose(form)]))

export const plain: Telling = { forms: formsBy((form) => form.plain), causes, weathers }
export const dialogue: Telling = {
  ...plain,
  forms: formsBy((form) => form.quoted ?? form.plain),
}
