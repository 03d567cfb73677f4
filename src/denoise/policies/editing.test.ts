// The published rule, written out once more as plain loops over a canvas, against the policy in the loop.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  foggedCanvas,
  inconsistentRow,
  processOf,
  tableDenoiser,
} from '../../../test/support/denoisers.ts'
import { type Ask, type Denoiser, denoise, type Frame, makePlan, policiesFor } from '../index.ts'

const V = 5
const L = 7

type Row = (tokens: readonly number[], position: number) => readonly number[]
/** A network that sees the words it is asked about. */
const networkOf = (row: Row): Denoiser => ({
  ...tableDenoiser(V, row),
  // the mask as improbable as another word: thresholds are on probabilities among all ids
  logits: async (asks) =>
    asks.map(({ tokens, rows }) =>
      Float32Array.from([...rows].flatMap((i) => [...row([...tokens], i).map(Math.log), -30])),
    ),
  process: processOf(V, 'hybrid'),
})

interface Thresholds {
  threshold: number
  editThreshold: number
}

async function framesOf(network: Denoiser, options: Thresholds, from = foggedCanvas(L, V)) {
  const plan = makePlan({ policy: 'editing', temperature: 0, length: L, ...options }, network)
  const frames: Frame[] = []
  for await (const frame of denoise(network, from, plan)) frames.push(frame)
  return frames
}

/** @returns the canvas after every forward */
function published(row: Row, { threshold, editThreshold }: Thresholds, most: number): number[][] {
  let canvas: number[] = new Array(L).fill(V)
  const seen: number[][] = []
  while (seen.length < most) {
    const next = [...canvas]
    const best: { p: number; token: number }[] = []
    for (let i = 0; i < L; i++) {
      const p = row(canvas, i)
      const token = p.indexOf(Math.max(...p))
      best.push({ p: p[token], token })
    }
    const masked = best.map((_, i) => i).filter((i) => canvas[i] === V)
    let transferred = masked.filter((i) => best[i].p > threshold)
    if (transferred.length === 0 && masked.length > 0) {
      let surest = masked[0]
      for (const i of masked) if (best[i].p > best[surest].p) surest = i
      transferred = [surest]
    }
    let edits = 0
    for (const i of transferred) next[i] = best[i].token
    for (let i = 0; i < L; i++) {
      if (canvas[i] === V || best[i].p <= editThreshold || best[i].token === canvas[i]) continue
      next[i] = best[i].token
      edits++
    }
    canvas = next
    seen.push(canvas)
    if (masked.length === 0 && edits === 0) break
  }
  return seen
}

test('it writes what the published rule writes, forward by forward', async () => {
  let edited = 0
  let endless = 0
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1000),
      fc.constantFrom(0, 0.3, 0.45, 0.6, 1),
      fc.constantFrom(0, 0.35, 0.5, 0.65, 1),
      async (salt, threshold, editThreshold) => {
        const row = inconsistentRow(V, salt)
        const options = { threshold, editThreshold }
        const frames = await framesOf(networkOf(row), options)
        const expected = published(row, options, L + 16)
        const last = frames.at(-1)!
        expect(last.forwards).toBe(expected.length)
        expect([...last.tokens]).toEqual(expected.at(-1))
        for (const { step, tokens } of frames.slice(1))
          expect([...tokens]).toEqual(expected[step - 1])
        const rewritten = expected.some((canvas, n) =>
          canvas.some((id, i) => n > 0 && expected[n - 1][i] !== V && expected[n - 1][i] !== id),
        )
        if (rewritten) edited++
        if (expected.length === L + 16) endless++
      },
    ),
    { numRuns: 120 },
  )
  // the cases are not all alike
  expect(edited).toBeGreaterThan(15)
  expect(endless).toBeGreaterThan(0)
})

test('words are shown where they are asked about, and a text without doubts costs one forward more', async () => {
  const asked: Ask[] = []
  const certain: Row = (_, i) => Array.from({ length: V }, (_, v) => (v === i % V ? 0.99 : 0.0025))
  const network = networkOf(certain)
  const logging: Denoiser = {
    ...network,
    logits(asks) {
      asked.push(...asks.map((ask) => ({ ...ask, tokens: ask.tokens.slice() })))
      return network.logits(asks)
    },
  }
  const frames = await framesOf(logging, { threshold: 0.9, editThreshold: 0.9 })
  expect(frames.at(-1)).toMatchObject({ forwards: 2, done: 'complete' })
  expect([...asked[1].tokens]).toEqual([...frames.at(-1)!.tokens])
  expect([...asked[1].rows]).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('a text that was stopped goes on to the same end', async () => {
  // words copy what stands before them, and the first changes its mind when all stand
  const row: Row = (tokens, i) => {
    const word = i === 0 ? Number(!tokens.includes(V)) : tokens[i - 1]
    return Array.from({ length: V }, (_, v) => (word === V ? 1 / V : v === word ? 0.96 : 0.01))
  }
  const network = networkOf(row)
  const options = { threshold: 0.9, editThreshold: 0.9 }
  const whole = (await framesOf(network, options)).at(-1)!
  expect([...whole.tokens]).toEqual(new Array(L).fill(1))
  const plan = makePlan({ policy: 'editing', temperature: 0, length: L, ...options }, network)
  for (let stopped = 0; stopped < whole.step; stopped++) {
    const stop = new AbortController()
    let last: Frame | undefined
    for await (last of denoise(network, foggedCanvas(L, V), plan, { signal: stop.signal }))
      if (last.step === stopped) stop.abort()
    expect(last!.done).toBe('abort')
    expect((await framesOf(network, options, last)).at(-1)!.tokens).toEqual(whole.tokens)
  }
})

test('it is for noise that leaves both fog and wrong words', () => {
  const [hybrid, uniform, masked] = (['hybrid', 'uniform', 'masked'] as const).map((noise) => ({
    causal: false,
    process: processOf(V, noise),
  }))
  expect(policiesFor(hybrid).map(({ name }) => name)).toContain('editing')
  for (const network of [uniform, masked, { causal: false }])
    expect(() => makePlan({ policy: 'editing' }, network)).toThrow(
      'lifts fog and replaces wrong words',
    )
})
