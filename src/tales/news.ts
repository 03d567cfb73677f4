// The style `news`: a short report. A headline says who was seen where; then the facts in the order in which they
// happened, attributed to witnesses, with a few words to the press. Slots as in forms.ts.
import { causes, type Telling } from './forms.ts'

const forms: Telling['forms'] = {
  open: [
    '{S!} seen {P} on <weather> <time>.',
    'news from {p}, {S!} seen on <weather> <time>.',
    '{S!} seen <playing> {P} on <weather> <time>.',
  ],
  want: [
    '{S} was said to want {X}.',
    '<source> {S} wanted {X}.',
    '"I want {X}," {S} told <press>.',
  ],
  plan: ['{S} planned to present {X} to {O!}.', '<source> {S} had {X} for {O!}.'],
  wantgo: ['{S} announced a visit to {p}.', '"I want to visit {p}," {S} told <press>.'],
  has: ['{S} was seen with {X}.', '<source> {S} had {X}.'],
  hasAt: ['{S} was reported {P} with such a {N}.', '<source> {S} had such a {N} {P}.'],
  isAt: ['{S} was reported {P}.', '<source> {S} was {P}.'],
  hide: ['{S} was said to have hidden {X} {P}.', '<source> {S} had hidden {X} {P}.'],
  dare: ['{S} sent {O} in search of {X}.', '{S} announced a search for {X!} {P}.'],
  go: ['{S} travelled to {p}.', '{S} left {q} for {p}.', '{S} later arrived {P}.'],
  see: [
    '{S} reported a <size> <animal> <near> <spot>.',
    'a <size> <animal> was seen <near> <spot>.',
  ],
  meet: ['{S} was welcomed by {O}.', '{S} was welcomed {P} by {O}.'],
  ask: ['{S} formally asked {O} for {X!}.', '{S} formally requested {X}.'],
  offer: ['{S} proposed a trade of {X!} for {Y!}.', '"I offer {X!} for {Y!}," {S} told <press>.'],
  grant: ['{S} formally presented {X} to {O}.', '{S} proudly presented {X} to {O}.'],
  give: ['{S} formally presented {X} to {O}.', '{S} proudly presented {X} to {O}.'],
  refuse: [
    'but {S} declined to hand over {X}.',
    'but {S} declined to part with {X}.',
    '"I will keep {X!}," {S} told <press>.',
  ],
  swap: ['{S} accepted {X!} in exchange for {Y!}.', '{S} handed over {Y!} in exchange for {X!}.'],
  take: ['{S} seized {X} from {O}.', '{S} seized {X} without permission.'],
  sorry: [
    '{S} apologised in public.',
    '{S} admitted that {s} <regretted>.',
    '"It was a mistake," {S} told <press>.',
  ],
  return: ['{S} handed {X} back to {O}.', '{S} officially returned {X} to {O}.'],
  forgive: ['{S} accepted the apology.', '"The matter is settled," {S} told <press>.'],
  lose: ['{S} reported the loss of {X} {P}.', '{S} reported {X} missing {P}.'],
  search: ['{S} began a search for {X} {P}.', '{S} organised a search for {X} <near> <spot>.'],
  find: ['{S} located {X} <near> <spot>.', '{S} located {X} {P}.'],
  nofind: ['but {S} called off the search for {X}.', 'but no trace of {X} was found {P}.'],
  missing: ['{S} found no trace of {X} {P}.', '{S} reported no trace of {X} {P}.'],
  rain: ['heavy rain was reported.', '<suddenly> heavy rain set in.'],
  behind: ['<source> {X} was still {P}.', '"I left {X!} {P}," {S} told <press>.'],
  clear: ['<later> dry weather was reported.', '<later> sunshine returned.'],
  feel: ['{S} {was} reported {mood} because {cause}.', '{S} {was} described as <?very> {mood}.'],
  thank: ['{S} publicly thanked {O} for {X}.', '"I am grateful for {X!}," {S} told <press>.'],
  pastime: ['{S} were served <food> and <food>.', '{S} discussed <topic>.'],
  scenery: ['a <bird> was heard on <perch>.', 'a smell of <smell> was reported.'],
  end: [
    '{S} was last seen {P} with {X!}.',
    'at last report, {S} was {P} with {X!}.',
    '<finally> {S} was reported {P} with {X!}.',
  ],
  endWithout: [
    '{S} was last seen {P} without {X!}.',
    'at last report, {S} was {P} without {X!}.',
    '<finally> {S} was reported {P} without {X!}.',
  ],
}

const weathers: Telling['weathers'] = {
  sun: ['more sunshine was expected.'],
  rain: ['more rain was expected.'],
  wind: ['more wind was expected.'],
  snow: ['more snow was expected.'],
  fog: ['more fog was expected.'],
  clouds: ['more clouds were expected.'],
}

export const news: Telling = { forms, causes, weathers }
