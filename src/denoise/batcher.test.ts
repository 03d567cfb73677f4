// What a server stands on: canvases of all kinds that come and go, each the text it would be alone.
import { expect, test } from 'vitest'
import { hashed, inconsistentRow, tableDenoiser } from '../../test/support/denoisers.ts'
import { Batcher } from './batcher.ts'
import {
  type Ask,
  type Canvas,
  denoise,
  denoiseBatch,
  type Frame,
  makePlan,
  type Plan,
  type Policy,
  type PolicyName,
  policies,
  policiesFor,
  states,
} from './index.ts'

const mask = 5
const plain = tableDenoiser(5, inconsistentRow(5))

const fog = (length: number): Canvas => ({
  tokens: new Int32Array(length).fill(mask),
  state: new Uint8Array(length).fill(states.fog),
})

/** A network that takes a turn of the event loop for a forward and remembers how much it was asked at once. */
function watched() {
  const forwards: Ask[][] = []
  return {
    forwards,
    denoiser: {
      ...plain,
      async logits(asks: readonly Ask[]) {
        forwards.push([...asks])
        await new Promise((resolve) => setTimeout(resolve))
        return plain.logits(asks)
      },
    },
  }
}

const planOf = (options: Parameters<typeof makePlan>[0] = {}): Plan => makePlan(options, plain)

async function lastOf(frames: AsyncIterable<Frame>): Promise<Frame> {
  let last: Frame | undefined
  for await (const frame of frames) last = frame
  return last!
}

test('whoever writes at the same time shares forwards', async () => {
  const { forwards, denoiser } = watched()
  const batcher = new Batcher(denoiser)
  const write = (length: number) => lastOf(denoise(batcher, fog(length), planOf({ seed: length })))
  const texts = await Promise.all([write(6), write(3), write(5)])
  expect(forwards.map((asks) => asks.length)).toEqual([3, 3, 3, 2, 2, 1])
  for (const last of texts) {
    const { length } = last.tokens
    expect(last).toEqual(await lastOf(denoise(plain, fog(length), planOf({ seed: length }))))
  }
  expect(batcher.load).toEqual({ busy: 0, waiting: 0 })
})

test('a canvas that comes late joins at the next step', async () => {
  const { forwards, denoiser } = watched()
  const batcher = new Batcher(denoiser)
  const frames = denoise(batcher, fog(6), planOf())
  let late: Promise<Frame> | undefined
  for await (const { step } of frames) {
    if (step === 2) late = lastOf(denoise(batcher, fog(2), planOf()))
  }
  await late
  expect(forwards.map((asks) => asks.length)).toEqual([1, 1, 2, 2, 1, 1])
})

test('the first to come move first, as many as fit, and are never overtaken', async () => {
  const { forwards, denoiser } = watched()
  const batcher = new Batcher(denoiser, { canvases: 2, tokens: 10 })
  const ended: number[] = []
  // the long one does not fit beside another; the short one behind it waits its turn all the same
  const lengths = [4, 5, 9, 1, 12]
  await Promise.all(
    lengths.map((length) =>
      lastOf(denoise(batcher, fog(length), planOf())).then(() => ended.push(length)),
    ),
  )
  expect(ended).toEqual([4, 5, 1, 9, 12])
  for (const asks of forwards) {
    expect(asks.length).toBeLessThanOrEqual(2)
    const tokens = asks.reduce((sum, ask) => sum + ask.tokens.length, 0)
    expect(tokens <= 10 || asks.length === 1).toBe(true)
  }
  expect(forwards.slice(0, 4).every((asks) => asks.length === 2)).toBe(true)
})

test('a list longer than a step moves through it, and memory counts what guidance asks', async () => {
  const { forwards, denoiser } = watched()
  const tasks = Array.from({ length: 7 }, (_, seed) => ({
    from: fog(4),
    plan: planOf({ seed, guidance: seed % 2 }),
  }))
  const last: Frame[] = []
  const batcher = new Batcher(denoiser, { tokens: 12 })
  for await (const { task, frame } of denoiseBatch(batcher, tasks)) last[task] = frame
  for (const asks of forwards) expect(asks.length).toBeLessThanOrEqual(3)
  for (const [i, { from, plan }] of tasks.entries())
    expect(last[i]).toEqual(await lastOf(denoise(plain, from, plan)))
})

test('more than may wait are refused, and a place is free when somebody has gone', async () => {
  const batcher = new Batcher(plain, { canvases: 1, waiting: 1 })
  const [first, second, third] = [0, 1, 2].map(() => denoise(batcher, fog(3), planOf()))
  await first.next()
  await second.next()
  expect(batcher.load).toEqual({ busy: 1, waiting: 1 })
  await expect(third.next()).rejects.toMatchObject({
    code: 'overloaded',
    message: '1 texts are being written and 1 more may wait: try again in a few seconds',
  })
  await first.return()
  expect(batcher.load).toEqual({ busy: 1, waiting: 0 })
  expect(await lastOf(denoise(batcher, fog(3), planOf()))).toMatchObject({ done: 'complete' })
  await second.return()
  expect(batcher.load).toEqual({ busy: 0, waiting: 0 })
})

test('who stops reading keeps nobody waiting, and may come back', async () => {
  const batcher = new Batcher(plain, { canvases: 1 })
  const idle = denoise(batcher, fog(4), planOf({ seed: 1 }))
  for (let i = 0; i < 3; i++) await idle.next()
  expect(await lastOf(denoise(batcher, fog(6), planOf()))).toMatchObject({ done: 'complete' })
  expect(await lastOf(idle)).toEqual(await lastOf(denoise(plain, fog(4), planOf({ seed: 1 }))))
})

test('who waits in line can stop within one step of the others', async () => {
  const { forwards, denoiser } = watched()
  const batcher = new Batcher(denoiser, { canvases: 1 })
  const writing = lastOf(denoise(batcher, fog(50), planOf()))
  const stop = new AbortController()
  const waiting = lastOf(denoise(batcher, fog(5), planOf(), { signal: stop.signal }))
  while (forwards.length < 3) await new Promise((resolve) => setTimeout(resolve))
  const before = forwards.length
  stop.abort()
  expect(await waiting).toMatchObject({ done: 'abort', step: 0, forwards: 0 })
  expect(forwards.length - before).toBeLessThanOrEqual(1)
  expect(await writing).toMatchObject({ done: 'complete' })
})

test('what fails in one text does not touch the others', async () => {
  const lazy: Policy = { ...policies.confidence, name: 'lazy', choose: () => [] }
  const batcher = new Batcher(plain)
  const bad = lastOf(denoise(batcher, fog(3), planOf({ policy: lazy })))
  const good = lastOf(denoise(batcher, fog(9), planOf()))
  await expect(bad).rejects.toThrow('policy lazy did not finish')
  expect(await good).toMatchObject({ done: 'complete', forwards: 9 })
  expect(batcher.load).toEqual({ busy: 0, waiting: 0 })
})

test('a network that fails fails those it was asked for, and can be asked again', async () => {
  let broken = true
  const denoiser = {
    ...plain,
    logits: (asks: readonly Ask[]) =>
      broken ? Promise.reject(new Error('out of memory')) : plain.logits(asks),
  }
  const batcher = new Batcher(denoiser)
  const both = [2, 3].map((length) => lastOf(denoise(batcher, fog(length), planOf())))
  for (const one of both) await expect(one).rejects.toThrow('out of memory')
  broken = false
  expect(await lastOf(denoise(batcher, fog(2), planOf()))).toMatchObject({ done: 'complete' })
})

test('1,000 canvases join, leave and abort at random: none lost, none starved, memory flat', async () => {
  const limits = { canvases: 8, tokens: 60, waiting: Number.POSITIVE_INFINITY }
  const { forwards, denoiser } = watched()
  const batcher = new Batcher(denoiser, limits)
  const luck = (i: number, what: number) => hashed(i, what)
  const names = policiesFor(denoiser).map(({ name }) => name as PolicyName)
  let open = 0
  let most = 0

  const visit = async (i: number): Promise<string> => {
    const from = fog(1 + Math.floor(14 * luck(i, 1)))
    const plan = planOf({ policy: names[i % names.length], seed: i })
    const stop = new AbortController()
    const fate = luck(i, 2)
    const end = Math.floor(6 * luck(i, 3))
    let last: Frame | undefined
    let seen = 0
    most = Math.max(most, ++open)
    try {
      for await (const frame of denoise(batcher, from, plan, { signal: stop.signal })) {
        last = frame
        // a third goes away, a third stops, some dawdle
        if (seen++ === end && fate < 0.33) return 'left'
        if (seen > end && fate > 0.66) stop.abort()
        if (luck(i, 4) < 0.1) await new Promise((resolve) => setTimeout(resolve))
      }
    } finally {
      open--
    }
    if (last!.done === 'complete' && i % 5 === 0)
      expect(last).toEqual(await lastOf(denoise(plain, from, plan)))
    return last!.done!
  }

  const outcomes: Promise<string>[] = []
  for (let i = 0; i < 1000; i++) {
    outcomes.push(visit(i))
    // they come in crowds, and a crowd waits in line
    while (open > 40) await new Promise((resolve) => setTimeout(resolve))
  }
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(outcomes)) counts[outcome] = (counts[outcome] ?? 0) + 1
  expect(Object.values(counts).reduce((a, b) => a + b)).toBe(1000)
  for (const outcome of ['complete', 'abort', 'left']) expect(counts[outcome]).toBeGreaterThan(100)
  expect(most).toBeGreaterThan(limits.canvases)
  for (const asks of forwards) {
    expect(asks.length).toBeLessThanOrEqual(limits.canvases)
    const tokens = asks.reduce((sum, ask) => sum + ask.tokens.length, 0)
    expect(tokens).toBeLessThanOrEqual(limits.tokens)
  }
  expect(batcher.load).toEqual({ busy: 0, waiting: 0 })
})

test('nothing is kept of a canvas that has gone', async () => {
  const batcher = new Batcher(plain)
  const gone: WeakRef<object>[] = []
  const visit = async (i: number) => {
    const plan = planOf({ seed: i })
    gone.push(new WeakRef(plan))
    const frames = denoise(batcher, fog(4), plan)
    for (let read = 0; read < i % 6; read++) await frames.next()
    await frames.return()
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => visit(i)))
  await new Promise((resolve) => setTimeout(resolve, 5))
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  expect(gone.filter((plan) => plan.deref() !== undefined).length).toBeLessThanOrEqual(2)
})
