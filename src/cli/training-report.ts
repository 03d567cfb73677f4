// What a run tells while it trains: plan and reasons, then a line that lives at the bottom of the terminal, samples as
// they come. Without a terminal one line a report; as JSON one event a line.
import type { Metric, RunPlan, TrainEvent } from '../index.ts'
import { formatCount } from './count.ts'
import { formatDuration } from './duration.ts'
import type { Io } from './io.ts'
import { lively, paletteFor } from './terminal/colour.ts'
import { Screen } from './terminal/screen.ts'
import { harmless } from './terminal/width.ts'
import { sentence, wrap } from './terminal/wrap.ts'

export interface Report {
  show(event: TrainEvent): Promise<void>
  /** Gives the terminal back. */
  end(): Promise<void>
}

type ReportEvent = Extract<TrainEvent, { type: 'report' }>
type DoneEvent = Extract<TrainEvent, { type: 'done' }>

export function trainingReport(
  io: Io,
  { data, out, json }: { data: string; out: string; json: boolean },
): Report {
  if (json) return jsonReport(io)
  const sink = lively(io.stdout, io.env) ? liveSink(io) : lineSink(io)
  const paint = paletteFor(io.stdout, io.env).paint
  const facts = (text: string) => paint(text, { dim: true })
  let plan: RunPlan
  let heldOut = ''
  const rows: { [T in TrainEvent['type']]: (event: Extract<TrainEvent, { type: T }>) => string } = {
    plan(event) {
      plan = event.plan
      const reasons = event.reasons.map((reason) => sentence(reason, io.stdout, '  ')).join('')
      sink.wait('the first steps …')
      return `${paint(`${data} → ${out}`, { bold: true })}\n${reasons}`
    },
    phase: ({ phase }) => (plan.phases.length > 1 ? `${facts(`phase: ${phase}`)}\n` : ''),
    report(event) {
      heldOut = heldOutOf(event, plan) ?? heldOut
      sink.progress(event, heldOut)
      return ''
    },
    sample: () => '',
    concern: ({ text }) => sentence(`! ${text}`, io.stdout),
    recovery: ({ text }) => sentence(`! ${text}`, io.stdout),
    saved: () => '',
    done: (event) =>
      ending(event, plan, { data, out })
        .map((line) => sentence(line, io.stdout))
        .join(''),
  }
  sink.wait('reading the data, choosing a network, measuring the speed of this machine …')
  return {
    async show(event) {
      if (event.type === 'sample') {
        const text = harmless(event.text.trim())
        const [first, ...rest] = wrap([{ text, ink: {} }], io.stdout.columns - 4, { paint: facts })
        await sink.print(
          `${[`  ${first}`, ...rest.slice(0, 5).map((line) => `  ${line}`)].join('\n')}\n`,
        )
        return
      }
      await sink.print((rows[event.type] as (event: TrainEvent) => string)(event))
    },
    end: () => sink.end(),
  }
}

/** "held out ≤ 2.31 nats/char": a bound is never shown as exact. */
function heldOutOf({ heldOut, heldOutPerChar, phase }: Metric, plan: RunPlan): string | undefined {
  if (heldOut === undefined || heldOutPerChar === undefined) return undefined
  const causal = plan.phases.find(({ name }) => name === phase)?.causal
  return `held out ${causal ? '=' : '≤'} ${heldOutPerChar.toFixed(3)} nats/char`
}

function ending(
  { heldOut, kept, tokens, seconds, aborted, early }: DoneEvent,
  plan: RunPlan,
  { data, out }: { data: string; out: string },
): string[] {
  const earlier =
    kept.tokens < tokens
      ? [
          `kept: the weights of step ${kept.step}, at ${formatCount(kept.tokens)} tokens, the best on held-out text`,
        ]
      : []
  if (aborted) {
    const reached = `${formatCount(tokens)} of ${formatCount(plan.budget)} tokens`
    return [
      `stopped at ${reached}, and everything is saved in ${out}: the same command goes on`,
      ...earlier,
    ]
  }
  const sign = heldOut.exact ? '=' : '≤'
  const model = quoted(out)
  return [
    `done: ${formatCount(tokens)} tokens in ${formatDuration(seconds)}, held out ${sign} ${heldOut.natsPerChar.toFixed(3)} nats/char`,
    ...(early ? [`stopped early: ${early}`] : []),
    ...earlier,
    plan.config.text.template
      ? `ask it something: unfog generate --model ${model} --prompt '…'`
      : `watch it write: unfog generate --model ${model} --watch`,
    ...(data.startsWith('tales:') || plan.config.text.template
      ? []
      : [`score a text: unfog score FILE --model ${model}`]),
  ]
}

const quoted = (word: string): string =>
  /^[\w./@:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

interface Sink {
  /** until the first event */
  wait(text: string): void
  progress(event: ReportEvent, heldOut: string): void
  print(text: string): Promise<void>
  end(): Promise<void>
}

const shareOf = ({ tokens, budget }: ReportEvent): number => Math.min(1, tokens / budget)

const figures = ({ loss, tokensPerSecond }: ReportEvent, heldOut: string): string =>
  [`loss ${loss.toFixed(3)}`, heldOut, `${formatCount(tokensPerSecond)} tok/s`]
    .filter(Boolean)
    .join('  ')

/** For files and pipes: a line a report. */
function lineSink(io: Io): Sink {
  return {
    wait: () => {},
    progress(event, heldOut) {
      const percent = `${Math.floor(100 * shareOf(event))} %`.padStart(5)
      const tokens = `${formatCount(event.tokens)} of ${formatCount(event.budget)} tokens`
      const left = `${formatDuration(Math.max(0, event.secondsLeft))} left`
      void io.stdout.write(`${percent}  ${tokens}  ${figures(event, heldOut)}  ${left}\n`)
    },
    print: (text) => io.stdout.write(text),
    end: async () => {},
  }
}

/** For terminals: a line at the bottom whose time runs down between reports. */
function liveSink(io: Io): Sink {
  const screen = new Screen(io.stdout)
  const palette = paletteFor(io.stdout, io.env)
  let line = (): string => ''
  const repaint = () => {
    const stop = io.signal.aborted
      ? 'stopping: everything is being saved (again leaves at once)'
      : ''
    const [first] = wrap([{ text: stop || line(), ink: {} }], io.stdout.columns - 1, palette)
    void screen.paint([first])
  }
  const timer = setInterval(repaint, 1000)
  timer.unref()
  io.signal.addEventListener('abort', repaint)
  return {
    wait(text) {
      line = () => text
      repaint()
    },
    progress(event, heldOut) {
      const seen = io.clock.now()
      const length = 12
      const full = Math.round(length * shareOf(event))
      const bar = '━'.repeat(full) + '┄'.repeat(length - full)
      line = () => {
        const left = Math.max(0, event.secondsLeft - (io.clock.now() - seen) / 1000)
        return `${bar} ${Math.floor(100 * shareOf(event))} %  ${figures(event, heldOut)}  ${formatDuration(left)} left`
      }
      repaint()
    },
    async print(text) {
      if (text === '') return
      await screen.print(text)
      repaint()
    },
    async end() {
      clearInterval(timer)
      io.signal.removeEventListener('abort', repaint)
      await screen.print('')
      screen.end()
    },
  }
}

const jsonReport = (io: Io): Report => ({
  show: (event) => io.stdout.write(`${JSON.stringify(event)}\n`),
  end: async () => {},
})
