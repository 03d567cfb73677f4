// unfog policies: in which orders the fog can lift; and what they make of one and the same request.
import { basename, dirname } from 'node:path'
import { type CacheName, policies as table } from '../../denoise/index.ts'
import { folderStore } from '../../store/folder.node.ts'
import { writeText } from '../../store/index.ts'
import { command } from '../command.ts'
import { type Compared, compare, settledAt } from '../comparison.ts'
import { freshSeed } from '../fresh-seed.ts'
import type { Io } from '../io.ts'
import { listing } from '../listing.ts'
import { withModels } from '../models.ts'
import { flagOf, misuse, text, toggle, type Values } from '../option.ts'
import { ordersPicture } from '../orders-picture.ts'
import { paletteFor, wordColour } from '../terminal/colour.ts'
import { harmless } from '../terminal/width.ts'
import { sentence } from '../terminal/wrap.ts'
import { generateOptions } from './generate.ts'

const { policy: _policy, watch: _watch, json: _json, ...writing } = generateOptions

const options = {
  compare: toggle('let every policy that can write for a model write the same text'),
  picture: text('file', 'draw the order of their words into an SVG'),
  ...writing,
  json: toggle('one JSON a line, of a policy or of what it made of the text'),
}

export const policies = command({
  about: 'list the orders in which the fog can lift, or compare what they write',
  options,
  examples: [
    'unfog policies',
    "unfog policies --compare --prompt 'Once upon a time' --length 32 --seed 7",
  ],
  async run({ compare, ...values }, io) {
    if (compare) return compareAll(values, io)
    const [more] = Object.entries(values).filter(
      ([key, value]) => key !== 'json' && value !== undefined,
    )
    if (more) throw misuse(more[0], `${flagOf(more[0])} is for a comparison: add --compare`)
    await io.stdout.write(described(values.json, io))
    return undefined
  },
})

function described(json: boolean | undefined, io: Io): string {
  const rows = Object.entries(table).map(([name, { about, source, takes, causal }]) => ({
    name,
    about,
    takes: takes.filter((option) => option !== 'survival').map((option) => flagOf(option)),
    causal,
    source,
  }))
  if (json) return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  return listing(
    rows.map(({ name, about, takes, source }) => [
      name,
      `${about}${takes.length > 0 ? `; takes ${takes.join(', ')}` : ''} (${source})`,
    ]),
    io.stdout.columns,
  )
}

async function compareAll(
  values: Values<Omit<typeof options, 'compare'>>,
  io: Io,
): Promise<undefined> {
  const { model: _, device, threads, json, picture, count, cache, ...asked } = values
  const { seed = freshSeed() } = asked
  const rows: Compared[] = []
  await withModels(values, async (model, verifier) => {
    const named = cache as CacheName | undefined
    const request = { ...asked, verifier, cache: named, signal: io.signal }
    if (!json) await io.stdout.write(listing([heads(count)], io.stdout.columns))
    for await (const row of compare(model, { ...request, seed, count: count ?? 1 }, io.clock)) {
      rows.push(row)
      await io.stdout.write(
        json
          ? `${JSON.stringify(asJson(row, count))}\n`
          : listing([cells(row, count)], io.stdout.columns),
      )
    }
  })
  if (io.signal.aborted) return
  if (!json) {
    await io.stdout.write(orders(rows, io))
    await io.stderr.write(`seed ${seed}\n`)
  }
  if (picture === undefined) return
  const drawn = rows.map(({ policy, frames }) => {
    const forwards = frames[frames.length - 1].forwards
    return { name: policy, about: `${forwards} ${forwards === 1 ? 'forward' : 'forwards'}`, frames }
  })
  await writeText(folderStore(dirname(picture)), basename(picture), ordersPicture(drawn))
  await io.stderr.write(`${picture}\n`)
}

const textOf = ({ frames }: Compared): string => frames[frames.length - 1].text

function asJson(row: Compared, count: number | undefined) {
  const { policy, forwards, tokensPerForward, ms, accepted, frames } = row
  return {
    policy,
    forwards,
    tokensPerForward,
    ms: Math.round(ms),
    ...(count === undefined ? {} : { accepted }),
    text: textOf(row),
    settledAt: settledAt(frames),
  }
}

const nameWidth = Math.max(...Object.keys(table).map(({ length }) => length))

/** Columns of one width in every line, so that a line can be shown as soon as it is known. */
const columns: readonly {
  readonly head: string
  /** only where texts are counted */
  readonly counted?: true
  cell(row: Compared): string
}[] = [
  { head: 'policy'.padEnd(nameWidth), cell: ({ policy }) => policy },
  { head: 'forwards', cell: ({ forwards }) => String(Number(forwards.toFixed(1))) },
  { head: 'tokens each', cell: ({ tokensPerForward }) => tokensPerForward.toFixed(2) },
  { head: '   ms', cell: ({ ms }) => ms.toFixed(0) },
  {
    head: '  true',
    counted: true,
    cell: ({ accepted }) => (accepted === undefined ? '' : `${(100 * accepted).toFixed(1)} %`),
  },
]

const shown = (count: number | undefined) =>
  columns.filter(({ counted }) => !counted || count !== undefined)

const heads = (count: number | undefined): string[] => [
  ...shown(count).map(({ head }) => head),
  'text',
]

const cells = (row: Compared, count: number | undefined): string[] => [
  ...shown(count).map(({ head, cell }, i) =>
    i === 0 ? cell(row).padEnd(head.length) : cell(row).padStart(head.length),
  ),
  harmless(textOf(row)),
]

const bars = '▁▂▃▄▅▆▇█'

/** A line for each policy: a bar for each word, the higher the later it was written. */
function orders(rows: readonly Compared[], io: Io): string {
  const { paint } = paletteFor(io.stdout, io.env)
  const room = Math.max(16, io.stdout.columns - nameWidth - 2)
  const lines = rows.flatMap(({ policy, frames }) => {
    const last = frames[frames.length - 1]
    const signs = settledAt(frames).map((step, position) =>
      step === 0
        ? paint('·', { dim: true })
        : paint(bars[Math.ceil((step / last.step) * bars.length) - 1], {
            colour: wordColour(last.confidence[position]),
          }),
    )
    return Array.from({ length: Math.ceil(signs.length / room) }, (_, line) => {
      const label = line === 0 ? policy : ''
      return `${label.padEnd(nameWidth)}  ${signs.slice(line * room, (line + 1) * room).join('')}\n`
    })
  })
  const head =
    'the order of the words: the lowest bar was written first, the highest last, · was given'
  return `\n${sentence(head, io.stdout)}${lines.join('')}`
}
