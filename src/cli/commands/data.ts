// unfog data: a look at what a run would learn from, before it does.
import { documentRules } from '../../text/index.ts'
import type { DataReport } from '../../train/data-report.ts'
import { fewTokens } from '../../train/findings.ts'
import { command } from '../command.ts'
import { dataArgument, dataOf, dataOptions } from '../data-options.ts'
import { listing } from '../listing.ts'
import { count, toggle } from '../option.ts'
import { harmless } from '../terminal/width.ts'

export const data = command({
  about: 'show what would be learnt from: texts, lengths, tokens, repetitions, samples',
  argument: dataArgument,
  options: {
    ...dataOptions,
    tales: count('how many tales, where the data are tales:small or tales:full'),
    json: toggle('one JSON'),
  },
  examples: [
    'unfog data story.txt',
    'unfog data reviews.csv --field review --json',
    'unfog data story.txt chat.jsonl --weights 1,3 --documents line',
  ],
  async run({ json, vocab: vocabSize, tales, weights, ...asked }, io, ...paths) {
    const { describeData } = await import('../../index.ts')
    const report = await describeData({
      ...asked,
      vocabSize,
      count: tales,
      data: dataOf(paths, weights),
    })
    await io.stdout.write(json ? `${JSON.stringify(report)}\n` : said(report, io.stdout.columns))
    return undefined
  },
})

const number = (n: number): string => n.toLocaleString('en-US')
const part = (some: number, all: number): string =>
  `${number(some)}${some > 0 ? ` (${((100 * some) / all).toFixed(1)} %)` : ''}`

const sentence = (text: string): string =>
  `${text[0].toUpperCase()}${text.slice(1).replace(/[.]+$/, '')}.`

/** Windows are parts of documents, so of them only tokens can be counted. */
const heldOutOf = ({ form, heldOut, tokens, count: all, name }: DataReport): string => {
  if (form === 'windows') return `${part(heldOut.tokens, tokens)} tokens`
  const extra = name.startsWith('tales:') ? ' of their own' : ''
  return `${extra ? number(heldOut.documents) : part(heldOut.documents, all)} documents${extra}`
}

const learntOf = ({ learnt, tokens }: DataReport): string =>
  learnt < tokens ? ` ${part(learnt, tokens)} of them in answers, which are learnt;` : ''

/** in front of what is not learnt */
const onlyRead = '│ '

function sampleOf({ before = [], text }: DataReport['samples'][number]): string {
  const indented = (text: string, by: string) =>
    `${by}${harmless(text).replaceAll('\n', `\n${by}`)}\n`
  const turns = before.map(({ role, content }) => indented(`${role}: ${content}`, `  ${onlyRead}`))
  return `\n${turns.join('')}${indented(text, '  ')}`
}

const documentOf = ({ documents }: DataReport): [string, string] => [
  'one document',
  `${documentRules[documents].summary} (--documents ${documents})`,
]

/** What is mixed: a row each. */
const sharesOf = ({ sources }: DataReport): [string, string][] =>
  sources.map(({ name, share, documents, tokens }) => [
    'source',
    `${(100 * share).toFixed(1)} % of what is seen is ${name}: ${number(documents)} documents, ${number(tokens)} tokens`,
  ])

const such = (example?: string): string =>
  example === undefined ? '' : `: ${harmless(JSON.stringify(example))}`

function said(report: DataReport, columns?: number): string {
  const { lengths, count: all } = report
  const { least, tenth, half, nineTenths, most } = lengths
  const rows: [string, string][] = [
    ['data', report.name],
    ...(report.sources.length > 1 ? sharesOf(report) : [documentOf(report)]),
    ...report.reasons.map((reason): [string, string] => ['', sentence(reason)]),
    ['documents', number(all)],
    ['held out', heldOutOf(report)],
    ['characters', number(report.characters)],
    [
      'tokens',
      `${number(report.tokens)} by ${report.tokenizer},${learntOf(report)} ${number(report.usedIds)} of ${number(report.vocabulary)} ids used, ${(report.characters / report.learnt).toFixed(2)} characters each`,
    ],
    [
      'lengths',
      all === 1
        ? `${number(most)} tokens`
        : `${least} to ${number(most)} tokens; a tenth up to ${tenth}, half up to ${half}, nine tenths up to ${nineTenths}`,
    ],
    [
      'repeated',
      `${part(report.repeated, all)} equal to an earlier one${such(report.examples.repeated)}`,
    ],
    [
      'near-empty',
      `${part(report.nearEmpty, all)} with fewer than ${fewTokens} tokens to learn${such(report.examples.nearEmpty)}`,
    ],
  ]
  const read = report.samples.some(({ before }) => before) ? `; ${onlyRead}is only read` : ''
  return `${listing(rows, columns)}\nFrom the beginning, the middle and further on${read}:\n${report.samples.map(sampleOf).join('')}`
}
