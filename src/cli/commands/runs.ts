// unfog runs: training runs side by side, as a table and as curves; on a page also while they train.
import { basename } from 'node:path'
import { UnfogError } from '../../error/index.ts'
import type { Metric, RunHistory } from '../../index.ts'
import { command } from '../command.ts'
import { formatCount } from '../count.ts'
import { formatDuration } from '../duration.ts'
import type { Io } from '../io.ts'
import { listing } from '../listing.ts'
import { numeric, oneOf, toggle, wholeFrom } from '../option.ts'
import { invitation, stopped } from '../page.ts'
import { chart } from '../terminal/chart.ts'
import { paletteFor } from '../terminal/colour.ts'
import { sentence } from '../terminal/wrap.ts'

/** What a curve may show. Held out comes first: it is what runs are compared by. */
const curves = {
  'held-out': { of: ({ heldOutPerChar }: Metric) => heldOutPerChar, unit: 'nats/char, held out' },
  loss: { of: ({ loss }: Metric) => loss, unit: 'training loss' },
  gradient: { of: ({ gradient }: Metric) => gradient, unit: 'gradient norm' },
  rate: { of: ({ rate }: Metric) => rate, unit: 'learning rate' },
} as const

const axes = {
  tokens: { of: ({ tokens }: Metric) => tokens, says: formatCount },
  time: { of: ({ seconds }: Metric) => seconds, says: formatDuration },
} as const

export const runs = command({
  about: 'list training runs and compare their curves',
  argument: {
    name: 'folder',
    about: 'a run, or a folder of runs; default runs',
    optional: true,
  },
  options: {
    curve: oneOf(Object.keys(curves) as (keyof typeof curves)[], 'what is drawn', {
      otherwise: 'held-out',
    }),
    over: oneOf(Object.keys(axes) as (keyof typeof axes)[], 'against what', {
      value: 'axis',
      otherwise: 'tokens',
    }),
    page: toggle('curves on a page, live, until Ctrl-C'),
    port: numeric(wholeFrom(0, 65535), 'port of the page; 0 takes any that is free'),
    json: toggle('one JSON a run and line, with all its reports'),
  },
  examples: ['unfog runs', 'unfog runs runs/fog --curve loss --over time', 'unfog runs --page'],
  async run({ curve = 'held-out', over = 'tokens', page, port, json }, io, argument) {
    const { runs: read } = await import('../../index.ts')
    const folder = argument || 'runs'
    const found = await read(folder)
    if (page) return show(() => read(folder), port, io)
    if (found.length === 0) {
      throw new UnfogError(
        'not_found',
        `${folder} holds no training run: unfog train DATA --out runs/NAME makes one`,
        { param: 'folder' },
      )
    }
    if (json) {
      for (const run of found) await io.stdout.write(`${JSON.stringify(run)}\n`)
      return undefined
    }
    await io.stdout.write(listing([heads, ...found.map(row)], io.stdout.columns))
    for (const run of found) await io.stdout.write(recoveries(run, io))
    await io.stdout.write(`\n${picture(found, curve, over, io)}`)
    if (found.length === 1) await io.stdout.write(byMasked(found[0], io.stdout.columns))
    return undefined
  },
})

/** The page, for runs that are there and runs that come. */
async function show(runs: () => Promise<RunHistory[]>, port: number | undefined, io: Io) {
  const { serveRuns } = await import('../../serve/server.node.ts')
  const { url, close } = await serveRuns({ runs, port })
  await io.stdout.write(invitation(url, 'curves of all runs, live; Ctrl-C ends it', io))
  await stopped(io.signal)
  await close()
  return 0
}

const heads = ['run', 'size', 'noise', 'tokens', 'time', 'tok/s', 'held out', 'data']

function row(run: RunHistory): string[] {
  const { name, parameters, noise, budget, metrics, heldOut, data } = run
  const last = metrics.at(-1)
  const tokens = last?.tokens ?? 0
  return [
    basename(name),
    formatCount(parameters),
    noise,
    tokens < budget ? `${formatCount(tokens)} of ${formatCount(budget)}` : formatCount(tokens),
    formatDuration(last?.seconds ?? 0),
    formatCount(last && last.seconds > 0 ? tokens / last.seconds : 0),
    heldOut ? `${heldOut.exact ? '=' : '≤'} ${heldOut.natsPerChar.toFixed(3)} nats/char` : '',
    basename(data),
  ]
}

const recoveries = ({ name, metrics }: RunHistory, { stdout }: Io): string =>
  (metrics.at(-1)?.recoveries ?? [])
    .map(({ text }) => sentence(`! ${basename(name)}: ${text}`, stdout))
    .join('')

/** What a masked word costs, by how many others are masked beside it: the last measurement of the run. */
function byMasked({ metrics }: RunHistory, columns: number): string {
  const parts = metrics.findLast(({ byMasked }) => byMasked)?.byMasked
  if (!parts) return ''
  const shares = parts.map((_, i) => `${(100 * (i + 1)) / parts.length} %`)
  const nats = parts.map((value) => value?.toFixed(2) ?? '')
  const rows = [
    ['masked, up to', ...shares],
    ['nats/token', ...nats],
  ]
  return `\n${listing(rows, columns)}`
}

function picture(
  found: readonly RunHistory[],
  curve: keyof typeof curves,
  over: keyof typeof axes,
  io: Io,
): string {
  const [value, axis] = [curves[curve], axes[over]]
  const lines = chart(
    found.map(({ name, metrics }) => ({
      name: basename(name),
      points: metrics.flatMap((metric): [number, number][] => {
        const y = value.of(metric)
        return y === undefined ? [] : [[axis.of(metric), y]]
      }),
    })),
    {
      columns: Math.min(io.stdout.columns, 100),
      rows: 12,
      palette: paletteFor(io.stdout, io.env),
      x: axis.says,
      y: (y) => (y < 0.01 ? y.toExponential(1) : y.toFixed(3)),
    },
  )
  return `${value.unit}, against ${over}\n${lines.map((line) => `${line}\n`).join('')}`
}
