// What a run tells: the plan before anything, a bound with its sign, a line at the bottom of a terminal.
import { describe, expect, test } from 'vitest'
import type { TrainEvent } from '../index.ts'
import { capturedIo } from './testing/captured-io.ts'
import { trainingReport } from './training-report.ts'

const phases = [
  { name: 'left to right', until: 500_000, causal: true },
  { name: 'denoising', until: 2_000_000, causal: false },
]
const plan = {
  type: 'plan',
  plan: { phases, budget: 2_000_000, config: { text: {} } },
  reasons: ['Tokenizer words: tales have few words.', 'About 60 s of training.'],
  resumed: false,
} as unknown as TrainEvent
const report = (tokens: number, more: object = {}): TrainEvent =>
  ({
    type: 'report',
    step: 3,
    tokens,
    budget: 2_000_000,
    seconds: 12,
    secondsLeft: 75,
    loss: 2.34567,
    tokensPerSecond: 5123,
    phase: tokens < 500_000 ? 'left to right' : 'denoising',
    rate: 0.002,
    gradient: 1,
    ...more,
  }) as TrainEvent
const done = (aborted: boolean): TrainEvent =>
  ({
    type: 'done',
    heldOut: { exact: false, natsPerChar: 1.25, natsPerToken: 3 },
    kept: { step: 1000, tokens: 1_000_000 },
    tokens: 1_000_000,
    seconds: 90,
    aborted,
  }) as unknown as TrainEvent

async function reported(events: readonly TrainEvent[], options: Parameters<typeof capturedIo>[0]) {
  const io = capturedIo(options)
  const shown = trainingReport(io, { data: 'tales:small', out: 'runs/my run', json: false })
  for (const event of events) await shown.show(event)
  await shown.end()
  return io.out
}

describe('what a run tells', () => {
  const events = [
    plan,
    { type: 'phase', phase: 'left to right' } as TrainEvent,
    report(400_000, { heldOut: 3, heldOutPerChar: 1.1 }),
    report(600_000),
    report(900_000, { heldOut: 3, heldOutPerChar: 1.2 }),
    done(false),
  ]

  test('to a file: plan and reasons first, then a line a report', async () => {
    const lines = (await reported(events, {})).trim().split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'tales:small → runs/my run',
      '  Tokenizer words: tales have few words.',
      '  About 60 s of training.',
      'phase: left to right',
    ])
    expect(lines[4]).toBe(
      ' 20 %  400k of 2.0M tokens  loss 2.346  held out = 1.100 nats/char  5.1k tok/s  1m15s left',
    )
    expect(lines[6]).toContain('held out ≤ 1.200 nats/char')
    expect(lines[7]).toBe('done: 1.0M tokens in 1m30s, held out ≤ 1.250 nats/char')
    expect(lines[8]).toContain("unfog generate --model 'runs/my run' --watch")
  })

  test('to a terminal: the reports in one line, which is gone in the end', async () => {
    const out = await reported(events, { tty: true, columns: 60 })
    expect(out).toContain('┄')
    for (const [line] of out.matchAll(/[━┄]{4,}[^\n]*/g)) expect(line.length).toBeLessThan(60)
    const after = out.slice(out.lastIndexOf('\x1b[J'))
    expect(after).not.toContain('━')
    expect(out.endsWith('\x1b[?25h')).toBe(true)
  })

  test('what was interrupted says how to go on', async () => {
    expect(await reported([plan, done(true)], {})).toContain(
      'stopped at 1.0M of 2.0M tokens, and everything is saved in runs/my run: the same command goes on',
    )
  })

  test('going back, an early end and weights of an earlier step are said', async () => {
    const text = 'it exploded: back to step 5, and on at half the learning rate (0.001)'
    const early = 'of 3 measurements in a row none was better than that at 400000 tokens'
    const kept = { step: 50, tokens: 400_000 }
    const ended = { ...done(false), early, kept } as TrainEvent
    const recovery: TrainEvent = { type: 'recovery', text, failed: 9, step: 5, rate: 0.001 }
    const lines = (await reported([plan, recovery, ended], { columns: 200 })).split('\n')
    expect(lines).toContain(`! ${text}`)
    expect(lines).toContain(`stopped early: ${early}`)
    expect(lines).toContain(
      'kept: the weights of step 50, at 400k tokens, the best on held-out text',
    )
  })

  test('as JSON: an event a line', async () => {
    const io = capturedIo()
    const shown = trainingReport(io, { data: 'a.txt', out: 'run', json: true })
    for (const event of events) await shown.show(event)
    const types = io.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types).toEqual(['plan', 'phase', 'report', 'report', 'report', 'done'])
  })
})
