// Runs small enough to do dozens of: short sentences, the smallest network, steps of a hundred tokens, and a clock that
// only the run itself moves, so that what depends on time is the same every time.
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { sha256 } from '../../src/model/safetensors.ts'
import { memberSeed, seeded, stream } from '../../src/random/index.ts'
import { cpu } from '../../src/runtime/cpu.node.ts'
import type { Device, Session } from '../../src/runtime/index.ts'
import type { Clock } from '../../src/store/index.ts'
import { memoryStore } from '../../src/store/index.ts'
import { textData } from '../../src/train/data.ts'
import type { RunOptions } from '../../src/train/plan.ts'
import { type RunSettings, run, type TrainEvent } from '../../src/train/run.ts'

const words = 'the cat sat on a mat and saw one red kite fly over our old house by sea'.split(' ')

/** Sentences of three to nine words, all different draws. */
export function sentences(count: number, seed = 1): string[] {
  return Array.from({ length: count }, (_, i) => {
    const uniform = stream(seeded(memberSeed(seed, i)), 'data')
    const length = 3 + Math.floor(7 * uniform())
    const chosen = Array.from({ length }, () => words[Math.floor(words.length * uniform())])
    return `${chosen.join(' ')}.`
  })
}

/** Every look at it is `tick` milliseconds later than the one before. */
export function tickingClock(tick = 50): Clock {
  let now = 0
  return { now: () => (now += tick), date: () => now }
}

/** One thread; runs of the same network share their sessions, whose making would take most of the time of a test.
 * They hold no weights, so no run sees another. */
export const sharedDevice: Device = sharing(cpu({ threads: 1 }))

function sharing(device: Device): Device {
  const made = new Map<string, Promise<Session>>()
  return {
    ...device,
    session(graph, options) {
      const key = createHash('sha256').update(graph.bytes).digest('hex')
      const session = made.get(key) ?? device.session(graph, options)
      made.set(key, session)
      return session.then((shared) => ({
        inputs: shared.inputs,
        outputs: shared.outputs,
        run: (...given) => shared.run(...given),
        profile: () => shared.profile(),
        dispose: async () => {},
      }))
    },
  }
}

/** fifty steps of one or two sentences, a quarter of them from left to right */
export const shortRun = {
  tokens: 2000,
  recipe: { batchTokens: 100 },
} satisfies RunOptions

/** sentences, memory, a clock that ticks: what differs is said */
export function settingsOf(changes: Partial<RunSettings> = {}): RunSettings {
  return {
    data: textData('sentences', sentences(60)),
    out: memoryStore(),
    device: sharedDevice,
    options: shortRun,
    clock: tickingClock(),
    ...changes,
  }
}

/** All events of a run. @param seen called with each as it comes */
export async function eventsOf(
  settings: RunSettings,
  seen: (event: TrainEvent) => unknown = () => {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = []
  for await (const event of run(settings)) {
    events.push(event)
    await seen(event)
  }
  return events
}

/** Events of one type. */
export const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type)

/** A run, and the same one stopped and taken up again, which must end with the same weights. */
export async function wholeAndResumed(options: typeof shortRun & RunOptions) {
  const [whole, stopped] = [memoryStore(), memoryStore()]
  const events = await eventsOf(settingsOf({ out: whole, options }))
  const abort = new AbortController()
  await eventsOf(settingsOf({ out: stopped, options, signal: abort.signal }), (event) => {
    if (event.type === 'report' && event.tokens > 1000) abort.abort()
  })
  await eventsOf(settingsOf({ out: stopped, options }))
  const [one, two] = [whole, stopped].map((store) => store.read('model.safetensors'))
  expect(await sha256(await two)).toBe(await sha256(await one))
  return { whole, events }
}
