// unfog noise: how text can be corrupted, and how fast. One sentence is drawn under every process.
import { ranges } from '../../denoise/index.ts'
import {
  type Noise,
  noises,
  type Schedule,
  schedules,
  type VectorNoise,
} from '../../noise/index.ts'
import { command } from '../command.ts'
import type { Io } from '../io.ts'
import { listing } from '../listing.ts'
import {
  exampleSeed,
  exampleText,
  type NoisyText,
  type NoisyWord,
  nearestShare,
  noisyTexts,
} from '../noisy-text.ts'
import { misuse, numeric, oneOf, toggle } from '../option.ts'
import { chart } from '../terminal/chart.ts'
import { fogColour, type Ink, type Palette, paletteFor, wordColour } from '../terminal/colour.ts'
import { columnsOf, harmless } from '../terminal/width.ts'
import { type Piece, sentence, wrap } from '../terminal/wrap.ts'

/** those that are a curve before a model has learnt one */
const curved = Object.values<Schedule>(schedules).filter(({ learnt }) => !learnt)
const scheduleNames = curved.map(({ name }) => name as keyof typeof schedules)

export const noise = command({
  about: 'see how each noise process and schedule corrupts a text',
  argument: { name: 'text', about: 'what to corrupt; default a sentence', optional: true },
  options: {
    schedule: oneOf(scheduleNames, 'how fast words are lost', { otherwise: 'linear' }),
    seed: numeric(ranges.seed, `the same seed draws the same noise; default ${exampleSeed}`),
    json: toggle('the tables alone, one JSON a line'),
  },
  examples: ['unfog noise', "unfog noise 'The fog was thick.' --schedule cosine --seed 3"],
  async run({ schedule = 'linear', seed = exampleSeed, json }, io, argument) {
    const text = harmless(argument.trim() || exampleText)
    if (!/[\p{L}\p{N}]/u.test(text))
      throw misuse('text', `there is no word in '${text}': give a sentence`)
    const drawn = json
      ? tables()
      : [
          ...Object.values<Noise>(noises).map(
            (row) =>
              picture(row, noisyTexts(row, schedules[schedule], text, seed), io) +
              (row.vectors ? nearestCurve(row, schedules[schedule], io) : ''),
          ),
          curves(io),
        ].join('\n')
    await io.stdout.write(drawn)
    return undefined
  },
})

function tables(): string {
  const rows = [
    ...Object.values<Noise>(noises).map(({ name, about, source, settles }) => ({
      kind: 'process',
      name,
      about,
      source,
      settles,
    })),
    ...Object.values<Schedule>(schedules).map(({ name, about }) => ({
      kind: 'schedule',
      name,
      about,
    })),
  ]
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

const inks: Record<NoisyWord['kind'], Ink> = {
  kept: {},
  fog: { colour: fogColour(0) },
  swapped: { bold: true, colour: wordColour(0) },
}
const faint: Ink = { dim: true }

function picture({ name, about, source, vectors }: Noise, texts: NoisyText[], io: Io): string {
  const palette = paletteFor(io.stdout, io.env)
  const head = `${name}: ${about} (${source})`
  const rows = texts.map(({ time, words }) => {
    const pieces = words.flatMap(({ text, kind, after, certainty }): Piece[] => [
      {
        text: kind === 'fog' ? '░'.repeat(columns(text)) : text,
        ink: certainty === undefined ? inks[kind] : { colour: wordColour(certainty) },
      },
      { text: after, ink: inks.kept },
    ])
    return labelled(time.toFixed(vectors ? 2 : 1), pieces, io, palette)
  })
  return sentence(head, io.stdout) + rows.join('')
}

const columns = (text: string) =>
  Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0)

function labelled(label: string, pieces: readonly Piece[], io: Io, palette: Palette): string {
  const width = io.stdout.isTTY ? Math.max(20, io.stdout.columns - label.length - 4) : Infinity
  return wrap(pieces, width, palette)
    .map((line, i) => {
      const margin = i === 0 ? palette.paint(label, faint) : ' '.repeat(label.length)
      return `  ${margin}  ${line}`.trimEnd().concat('\n')
    })
    .join('')
}

/** Of noise on embeddings: how often the nearest word is the right one, over time. */
function nearestCurve(row: VectorNoise, schedule: Schedule, io: Io): string {
  const grid = Array.from({ length: 41 }, (_, i) => i / 40)
  const shares = nearestShare(row, schedule, grid)
  const points = grid.map((t, i): [number, number] => [t, shares[i]])
  const lines = charted([{ name: row.name, points }], io)
  return `  of a hundred words, how often is the nearest one right?\n${lines.join('\n')}\n`
}

/** The share of words that is left, over time, under every schedule. */
function curves(io: Io): string {
  const grid = Array.from({ length: 81 }, (_, i) => i / 80)
  const lines = charted(
    curved.map(({ name, survival }) => ({
      name,
      points: grid.map((t): [number, number] => [t, survival(t)]),
    })),
    io,
  )
  const list = listing(
    Object.values<Schedule>(schedules).map(({ name, about }) => [name, about]),
    io.stdout.columns,
  )
  return `schedules: how many words are still themselves\n${lines.join('\n')}\n\n${list}`
}

/** Shares over time. */
const charted = (curves: Parameters<typeof chart>[0], io: Io): string[] =>
  chart(curves, {
    columns: Math.min(64, io.stdout.columns),
    rows: 8,
    palette: paletteFor(io.stdout, io.env),
    x: (t) => `time ${t}`,
    y: (share) => `${(100 * share).toFixed(0)} %`,
  })
