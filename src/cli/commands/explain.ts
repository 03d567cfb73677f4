// unfog explain: how each word of a text came to stand there.

import { type ExplainedWord, ranges } from '../../denoise/index.ts'
import type { Explanation, GenerateOptions } from '../../index.ts'
import { command } from '../command.ts'
import { freshSeed } from '../fresh-seed.ts'
import type { Io } from '../io.ts'
import { withModels } from '../models.ts'
import { numeric, oneOf, toggle } from '../option.ts'
import { fogColour, type Ink, type Palette, paletteFor, wordColour } from '../terminal/colour.ts'
import { columnsOf, harmless } from '../terminal/width.ts'
import { type Piece, sentence, wrap } from '../terminal/wrap.ts'
import { summaryOf } from '../text-summary.ts'
import { generateOptions } from './generate.ts'

const { count: _count, watch: _watch, json: _json, ...writing } = generateOptions

/** In which order words are told of. */
const orders = {
  text: (words: readonly ExplainedWord[]) => [...words],
  step: (words: readonly ExplainedWord[]) =>
    [...words].sort((a, b) => (a.settled?.step ?? 0) - (b.settled?.step ?? 0)),
}

export const explain = command({
  about: 'write a text and tell of each word when it was settled, how surely, and instead of what',
  options: {
    ...writing,
    candidates: numeric(
      ranges.candidates,
      'how many of the most probable words are named; default 4',
    ),
    by: oneOf(Object.keys(orders) as (keyof typeof orders)[], 'in which order', {
      value: 'order',
      otherwise: 'text',
    }),
    json: toggle('one JSON a word: position, text, given, confidence, settled, before'),
  },
  examples: [
    'unfog explain --seed 5',
    "unfog explain --prompt 'One sunny day' --policy revise --json",
  ],
  async run(values, io) {
    const { model: _, device, threads, by = 'text', json, policy, cache, ...asked } = values
    return withModels(values, async (model, verifier) => {
      const { seed = freshSeed() } = asked
      const found = await model.explain({
        ...asked,
        seed,
        verifier,
        policy: policy as GenerateOptions['policy'],
        cache: cache as GenerateOptions['cache'],
        signal: io.signal,
      })
      if (found.done === 'abort') return undefined
      const words = orders[by](found.words)
      if (json) {
        await io.stdout.write(words.map((word) => `${JSON.stringify(word)}\n`).join(''))
        return undefined
      }
      await io.stdout.write(report(found, words, io))
      await io.stderr.write(sentence(summaryOf(found), io.stderr))
      return undefined
    })
  },
})

const margin = '  '

/** The text in the colours of its certainty, then a line a word. */
function report({ words: inText }: Explanation, words: readonly ExplainedWord[], io: Io): string {
  const palette = paletteFor(io.stdout, io.env)
  const columns = io.stdout.isTTY ? Math.max(24, io.stdout.columns) : 100
  const text = wrap(inText.map(colouredPiece), Math.min(92, columns) - 2 * margin.length, palette)
  const lines = [
    '',
    ...text.map((line) => margin + line.trimEnd()),
    '',
    ...table(words, palette, columns),
    '',
  ]
  return `${lines.join('\n')}\n`
}

const faint: Ink = { dim: true }

const inkOf = ({ given, settled }: ExplainedWord): Ink =>
  given
    ? { bold: true }
    : settled
      ? { colour: wordColour(settled.confidence) }
      : { colour: fogColour(0) }

const colouredPiece = (word: ExplainedWord, i: number): Piece => ({
  text: harmless(i === 0 ? (word.text ?? '').trimStart() : (word.text ?? '')),
  ink: inkOf(word),
})

const heads = ['word', 'step', 'forward', 'sure', '', 'what else was close; what it had been']
/** the first column is left-aligned, as the bar and what is said at the end are */
const alignedRight = [false, true, true, true, false, false]

/** Columns as wide as their widest cell; the last one is cut at the edge. */
function table(words: readonly ExplainedWord[], palette: Palette, columns: number): string[] {
  const rows = words.map((word) => ({ cells: cellsOf(word), ink: inkOf(word) }))
  const widths = heads.map((head, i) =>
    Math.max(width(head), ...rows.map(({ cells }) => width(cells[i]))),
  )
  const line = (cells: readonly string[], paint: (cell: string, i: number) => string) => {
    const room = columns - margin.length - widths.slice(0, -1).reduce((sum, w) => sum + w + 2, 0)
    const padded = cells.map((cell, i) => {
      if (i === cells.length - 1) return paint(cut(cell, room), i)
      const space = ' '.repeat(widths[i] - width(cell))
      return alignedRight[i] ? space + paint(cell, i) : paint(cell, i) + space
    })
    return `${margin}${padded.join('  ')}`.trimEnd()
  }
  return [
    line(heads, (cell) => palette.paint(cell, faint)),
    ...rows.map(({ cells, ink }) =>
      line(cells, (cell, i) =>
        i === 0 || i === 4 ? palette.paint(cell, ink) : i > 4 ? palette.paint(cell, faint) : cell,
      ),
    ),
  ]
}

function cellsOf(word: ExplainedWord): string[] {
  const { text, given, settled, before } = word
  const shown = harmless((text ?? '░').trim()).replaceAll('\n', '⏎') || (text ? '␣' : '(end)')
  if (given) return [shown, '', '', '', '', 'given']
  if (!settled) return [shown, '', '', '', '', 'in the fog']
  const others = settled.candidates
    .filter(({ text: other, probability }) => other !== text && probability >= close)
    .map(({ text: other, probability }) => `${quoted(other)} ${percent(probability)}`)
  const been = before.map((moment) =>
    moment.text === null
      ? `fog again at step ${moment.step}`
      : `${quoted(moment.text)} at step ${moment.step}`,
  )
  const says = [others.join(', '), been.length > 0 ? `had been ${been.join(', ')}` : ''].filter(
    Boolean,
  )
  return [
    shown,
    String(settled.step),
    String(settled.forward),
    percent(settled.confidence),
    bar(settled.confidence),
    says.join('; '),
  ]
}

/** Less than that is not close. */
const close = 0.005

const quoted = (text: string): string => harmless(text.trim()).replaceAll('\n', '⏎') || '␣'

const percent = (share: number): string =>
  share > 0 && share < close ? '<1 %' : `${Math.round(100 * share)} %`

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Six columns are certainty. */
function bar(share: number): string {
  const filled = Math.round(share * 48)
  return '█'.repeat(filled >> 3) + eighths[filled & 7]
}

const width = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0)

/** At most so many columns, and a sign where something is missing. */
function cut(text: string, room: number): string {
  if (width(text) <= room) return text
  let kept = ''
  for (const character of text) {
    if (width(kept) + columnsOf(character) > room - 1) break
    kept += character
  }
  return `${kept}…`
}
