// A run's event file as TensorBoard itself reads it: whole, after a kill, and after going on.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { components, findTensorboard } from '../scripts/components.js'
import { folderStore } from '../src/store/folder.node.ts'
import { taleData } from '../src/train/data.ts'
import { eventFile, scalarsOf } from '../src/train/event-file.ts'
import { readHistory } from '../src/train/history.ts'
import type { Metric } from '../src/train/metrics.ts'
import { eventsOf, settingsOf } from './support/training.ts'

const python = findTensorboard()
const absent = python === undefined && process.env.CI !== 'true'
const title = absent
  ? `an event file (no TensorBoard: ${components.tensorboard.command()} installs it)`
  : 'an event file'

/** Prints { tag: [[wall time, step, value], …] }. */
const reader = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
events.Reload()
point = lambda event: [event.wall_time, event.step, event.value]
print(json.dumps({tag: [*map(point, events.Scalars(tag))] for tag in events.Tags()['scalars']}))
`

type Scalars = Record<string, [wallTime: number, step: number, value: number][]>

function read(folder: string): Scalars {
  const { stdout, stderr, status } = spawnSync(python as string, ['-c', reader, folder], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** What the file has to hold: single precision is what TensorBoard keeps. */
function expected(metrics: readonly Metric[]): Record<string, [step: number, value: number][]> {
  const curves: Record<string, [number, number][]> = {}
  for (const metric of metrics) {
    for (const [tag, value] of Object.entries(scalarsOf(metric))) {
      curves[tag] = [...(curves[tag] ?? []), [metric.step, Math.fround(value)]]
    }
  }
  return curves
}

const withoutTime = (scalars: Scalars) =>
  Object.fromEntries(
    Object.entries(scalars).map(([tag, points]) => [tag, points.map(([, ...point]) => point)]),
  )

describe.skipIf(absent)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), 'unfog-events-'))
  const out = folderStore(folder)
  const settings = (tokens: number) =>
    settingsOf({
      out,
      data: taleData('small', 40),
      options: { tokens, params: 10_000, ar: true, recipe: { batchTokens: 600 } },
    })
  const metrics = async () => (await readHistory(out))?.metrics ?? []
  beforeAll(async () => {
    if (!python) throw new Error(`there is no TensorBoard: ${components.tensorboard.command()}`)
    await eventsOf(settings(3000))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('tells every report, at its step and time', async () => {
    const scalars = read(folder)
    const reports = await metrics()
    expect(withoutTime(scalars)).toEqual(expected(reports))
    expect(Object.keys(scalars)).toContain('answers/who')
    const times = scalars['training/loss'].map(([time]) => time)
    times.slice(1).forEach((time, i) => {
      expect(time - times[0]).toBeCloseTo(reports[i + 1].seconds - reports[0].seconds, 3)
    })
  })

  test('cut off in the middle of a record is read up to there', async () => {
    const path = join(folder, eventFile)
    const { size } = (await out.stat(eventFile))!
    truncateSync(path, size - 5)
    const all = expected(await metrics())
    expect(withoutTime(read(folder))['training/loss']).toEqual(all['training/loss'].slice(0, -1))
  })

  test('of a run that goes on tells nothing twice and nothing that was cut off', async () => {
    // what a killed run wrote after its last checkpoint
    appendFileSync(join(folder, 'metrics.jsonl'), '{"step": 999, "seconds": 1}\n')
    const before = read(folder)['training/loss'][0]
    await eventsOf(settings(4000))
    const scalars = read(folder)
    expect(withoutTime(scalars)).toEqual(expected(await metrics()))
    expect(scalars['training/loss'][0]).toEqual(before)
  })
})
