// What is told of a word is what happened: held against the network's own table, step by step.
import { describe, expect, test } from 'vitest'
import { inconsistentRow, tableDenoiser } from '../../test/support/denoisers.ts'
import {
  type Canvas,
  denoise,
  explain,
  type Frame,
  frameFromJSON,
  frameToJSON,
  makePlan,
  type PlanOptions,
  type Policy,
  policies,
  states,
} from './index.ts'

const mask = 5
const row = inconsistentRow(5)
const network = tableDenoiser(5, row)
const words = {
  encode: (text: string) => Array.from(text, (letter) => 'abcde'.indexOf(letter)),
  decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => 'abcde'[id] ?? '').join(''),
}
const canvas: Canvas = {
  tokens: Int32Array.of(2, mask, mask, mask, mask),
  state: Uint8Array.of(states.given, states.fog, states.fog, states.fog, states.fog),
}

async function framesOf(options: PlanOptions, from: Canvas | Frame = canvas): Promise<Frame[]> {
  const frames: Frame[] = []
  const plan = makePlan(options, network)
  for await (const frame of denoise(network, from, plan, { decode: words.decode }))
    frames.push(frame)
  return frames
}

/** Writes all, takes every other word back, writes again. */
const changing: Policy = {
  ...policies.confidence,
  name: 'changing',
  steps: () => 3,
  wants: ({ fog, tokens, step }) => (step === 1 ? Int32Array.of(1, 3) : fog.length ? fog : tokens),
  choose: (predictions, { step }) =>
    predictions.map(({ position, token }) => ({ position, token: step === 1 ? mask : token })),
  done: ({ step }) => step === 3,
}

describe('a word', () => {
  test('was settled when its frame says, as surely as the table says, with what else was close', async () => {
    const frames = await framesOf({ seed: 4, candidates: 3 })
    const explained = explain(frames, words)
    expect(explained.map(({ text }) => text).join('')).toBe(frames.at(-1)!.text)
    expect(explained[0]).toMatchObject({ text: 'c', given: true, before: [] })
    expect(explained[0].settled).toBeUndefined()
    const steps = explained.slice(1).map(({ settled }) => settled!.step)
    expect([...steps].sort()).toEqual([1, 2, 3, 4])
    for (const { position, text, settled, before } of explained.slice(1)) {
      const { step, forward, confidence, candidates } = settled!
      expect(frames[step].changed).toEqual([position])
      expect({ forward, before }).toEqual({ forward: step, before: [] })
      const p = row([...frames[step - 1].tokens], position)
      expect(confidence).toBeCloseTo(p['abcde'.indexOf(text!)], 5)
      const order = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 3)
      expect(candidates.map(({ token }) => token)).toEqual(order)
      expect(candidates.map(({ text }) => text)).toEqual(order.map((id) => 'abcde'[id]))
      for (const { token, probability } of candidates) expect(probability).toBeCloseTo(p[token], 5)
    }
  })

  test('that was taken back tells what it had been, and which forwards that took', async () => {
    const frames = await framesOf({ policy: changing, seed: 3, candidates: 1 })
    const [, twice, once] = explain(frames, words)
    expect(twice.before.map(({ step, forward }) => [step, forward])).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(twice.before.map(({ text }) => text)).toEqual([
      words.decode([frames[1].tokens[1]]),
      null,
    ])
    expect(twice.settled).toMatchObject({ step: 3, forward: 3, text: twice.text })
    expect(once).toMatchObject({ before: [], settled: { step: 1, forward: 1 } })
  })

  test('that waits in the fog has no text yet', async () => {
    const frames = await framesOf({ seed: 4 })
    const waiting = explain(frames.slice(0, 2), words).filter(({ text }) => text === null)
    expect(waiting).toHaveLength(3)
    expect(waiting.every(({ settled, given }) => settled === undefined && !given)).toBe(true)
  })

  test('with guidance was paid for by two forwards a step', async () => {
    const explained = explain(await framesOf({ seed: 4, guidance: 1 }), words)
    const paid = explained.slice(1).map(({ settled }) => settled!.forward)
    expect(paid.sort()).toEqual([2, 4, 6, 8])
  })
})

test('to name candidates changes nothing else, and nobody who did not ask gets them', async () => {
  const plain = await framesOf({ seed: 6 })
  const named = await framesOf({ seed: 6, candidates: 2 })
  expect(plain.every((frame) => !('candidates' in frame))).toBe(true)
  expect(named.map(({ candidates: _, ...frame }) => frame)).toEqual(plain)
  expect(named[0].candidates).toEqual([[], [], [], [], []])
})

test('frames with candidates go over a wire, and are taken up again', async () => {
  const frames = await framesOf({ seed: 6, candidates: 2 })
  const sent = JSON.parse(JSON.stringify(frameToJSON(frames[2])))
  expect(frameFromJSON(sent)).toEqual(frames[2])
  const resumed = await framesOf({ seed: 6, candidates: 2 }, frames[2])
  expect(resumed.at(-1)).toEqual(frames.at(-1))
})
