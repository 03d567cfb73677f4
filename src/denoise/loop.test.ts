import { expect, test } from 'vitest'
import { chiSquareP, inconsistentRow, tableDenoiser } from '../../test/support/denoisers.ts'
import {
  type Ask,
  type Canvas,
  type Denoiser,
  denoise,
  denoiseBatch,
  type Frame,
  type LoopOptions,
  makePlan,
  type PlanOptions,
  type Policy,
  policies,
  states,
} from './index.ts'

const mask = 5
const row = inconsistentRow(5)
const plain = tableDenoiser(5, row)
const decode = (ids: ArrayLike<number>) => Array.from(ids, (id) => 'abcde_'[id]).join('')

const fog = (length: number): Canvas => ({
  tokens: new Int32Array(length).fill(mask),
  state: new Uint8Array(length).fill(states.fog),
})

/** The same network, writing down what it is asked. */
function watched(denoiser: Denoiser) {
  const calls: { rows: number[]; labels?: Int32Array }[][] = []
  return {
    calls,
    denoiser: {
      ...denoiser,
      logits: (asks: readonly Ask[]) => {
        calls.push(asks.map(({ rows, labels }) => ({ rows: [...rows], labels })))
        return denoiser.logits(asks)
      },
    },
  }
}

async function write(
  denoiser: Denoiser,
  from: Canvas | Frame,
  options: PlanOptions = {},
  loop: LoopOptions = {},
): Promise<Frame[]> {
  const frames: Frame[] = []
  const plan = makePlan(options, denoiser)
  for await (const frame of denoise(denoiser, from, plan, { decode, ...loop })) frames.push(frame)
  return frames
}

test('a frame shows fog, what is settled, and how sure the model was', async () => {
  const canvas = { tokens: Int32Array.of(2, mask, mask, mask), state: Uint8Array.of(0, 1, 1, 1) }
  const frames = await write(plain, canvas, { seed: 4 })
  expect(frames.map(({ text }) => text.replace(/[a-e]/g, 'x')).slice(0, 1)).toEqual(['x░░░'])
  expect(frames[0]).toMatchObject({ step: 0, steps: 3, forwards: 0, changed: [], seed: 4 })
  expect([...frames[0].confidence]).toEqual([1, 0, 0, 0])
  expect(frames[0].entropy[0]).toBe(0)
  expect(frames[0].entropy[1]).toBeCloseTo(Math.log(6), 6)
  for (const [i, frame] of frames.slice(1).entries()) {
    const [position] = frame.changed
    const p = row([...frames[i].tokens], position)
    expect(frame.confidence[position]).toBeCloseTo(p[frame.tokens[position]], 5)
    expect(frame.entropy[position]).toBeCloseTo(-p.reduce((h, q) => h + q * Math.log(q), 0), 5)
    for (const [at, state] of frame.state.entries()) {
      if (state !== states.fog) continue
      const best = Math.max(...row([...frames[i].tokens], at))
      expect(frame.confidence[at]).toBeCloseTo(best, 5)
      expect(best).toBeLessThanOrEqual(Math.max(...p) + 1e-6) // the surest came first
    }
  }
  expect(frames.at(-1)).toMatchObject({ step: 3, forwards: 3, done: 'complete' })
  expect(frames.at(-1)!.text).toBe(decode(frames.at(-1)!.tokens))
})

test('confidence divides the fog evenly, the remainder first', async () => {
  const frames = await write(plain, fog(11), { steps: 4 })
  expect(frames.map(({ changed }) => changed.length)).toEqual([0, 3, 3, 3, 2])
})

test('order temperature makes the order of reveal random', async () => {
  const firsts = async (orderTemperature: number) => {
    const counts = [0, 0, 0, 0]
    for (let seed = 0; seed < 1000; seed++) {
      const [, first] = await write(plain, fog(4), { orderTemperature, seed })
      counts[first.changed[0]]++
    }
    return counts
  }
  expect(Math.max(...(await firsts(0)))).toBe(1000)
  expect(chiSquareP(await firsts(1e6), [0.25, 0.25, 0.25, 0.25])).toBeGreaterThan(1e-4)
  const little = await firsts(0.3)
  expect(little.indexOf(Math.max(...little))).toBe((await firsts(0)).indexOf(1000))
  expect(Math.max(...little)).toBeLessThan(1000)
})

test('only the rows that a policy wants are asked, all drafts in one call', async () => {
  const { calls, denoiser } = watched(plain)
  const tasks = [
    { from: fog(3), plan: makePlan({ policy: 'left-to-right', labels: [4, 2] }, plain) },
    { from: fog(2), plan: makePlan({ policy: 'confidence' }, plain) },
    { from: fog(4), plan: makePlan({ policy: 'first-hitting' }, plain) },
  ]
  const last: Frame[] = []
  for await (const { task, frame } of denoiseBatch(denoiser, tasks)) last[task] = frame
  expect(calls.map((asks) => asks.length)).toEqual([3, 3, 2, 1])
  expect(calls.slice(0, 3).map(([{ rows }]) => rows)).toEqual([[0], [1], [2]])
  expect(calls[0][0].labels).toEqual(Int32Array.of(4, 2))
  expect(calls[0][1].rows).toEqual([0, 1])
  expect(calls[1][1].rows.length).toBe(1)
  for (const asks of calls) expect(asks.at(-1)!.rows.length).toBe(1)
  expect(last.map(({ forwards }) => forwards)).toEqual([3, 2, 4])
})

test('a step of ancestral sampling that reveals nothing costs no forward', async () => {
  const { calls, denoiser } = watched(plain)
  const frames = await write(denoiser, fog(5), { policy: 'ancestral', steps: 500, seed: 3 })
  expect(frames.at(-1)).toMatchObject({ done: 'complete', steps: 500 })
  expect(calls.length).toBe(frames.length - 1)
  expect(calls.length).toBeLessThanOrEqual(5)
  expect(calls.flatMap(([{ rows }]) => rows).sort()).toEqual([0, 1, 2, 3, 4])
  expect(frames.at(-1)!.step).toBeGreaterThan(100)
})

test('a canvas without fog comes back as it is', async () => {
  const { calls, denoiser } = watched(plain)
  const given = { tokens: Int32Array.of(1, 2), state: new Uint8Array(2) }
  const frames = await write(denoiser, given)
  expect(frames.length).toBe(1)
  expect(frames[0]).toMatchObject({ text: 'bc', done: 'complete', forwards: 0 })
  expect(await write(denoiser, fog(0))).toMatchObject([{ text: '', done: 'complete' }])
  expect(calls.length).toBe(0)
})

test('a mask token that was given is text', async () => {
  const canvas = { tokens: Int32Array.of(mask, mask), state: Uint8Array.of(0, 1) }
  const frames = await write(plain, canvas)
  expect(frames[0].text).toBe('_░')
  expect(frames.at(-1)!.tokens[0]).toBe(mask)
})

test('abort ends within one step, and the text can be taken up again', async () => {
  const whole = await write(plain, fog(8), { seed: 9 })
  for (let stop = 0; stop < 8; stop++) {
    const controller = new AbortController()
    const { calls, denoiser } = watched(plain)
    const frames: Frame[] = []
    const plan = makePlan({ seed: 9 }, plain)
    for await (const frame of denoise(denoiser, fog(8), plan, {
      signal: controller.signal,
      decode,
    })) {
      frames.push(frame)
      if (frame.step === stop) controller.abort()
    }
    expect(calls.length).toBe(stop)
    expect(frames.at(-1)).toEqual({ ...whole[stop], changed: [], done: 'abort' })
    const resumed = await write(plain, frames.at(-1)!, { seed: 9 })
    expect(resumed.at(-1)).toEqual(whole.at(-1))
  }
})

test('one task of a batch can be stopped alone', async () => {
  const controller = new AbortController()
  const plan = makePlan({}, plain)
  const last: Frame[] = []
  const tasks = [
    { from: fog(6), plan, signal: controller.signal },
    { from: fog(6), plan },
  ]
  for await (const { task, frame } of denoiseBatch(plain, tasks)) {
    last[task] = frame
    if (frame.step === 2) controller.abort()
  }
  expect(last.map(({ done, step }) => [done, step])).toEqual([
    ['abort', 2],
    ['complete', 6],
  ])
})

// an end token that comes with probability 1 at position 3, and nowhere else
const ending = tableDenoiser(5, (tokens, i) => (i === 3 ? [0, 0, 0, 0, 1] : row(tokens, i)), {
  eosId: 4,
  banned: [],
})
const sure = { ...ending, causal: true }

test('a text whose length is not given ends at its end token; the rest is dropped', async () => {
  const frames = await write(sure, fog(9), { seed: 1, topK: 1 })
  const last = frames.at(-1)!
  const end = last.tokens.indexOf(4)
  expect(end).toBeGreaterThanOrEqual(0)
  expect(last.tokens.length).toBe(end + 1)
  expect(last.state.length).toBe(end + 1)
  expect(last.text).toBe(decode(last.tokens.subarray(0, end)))
  expect(last).toMatchObject({ done: 'complete', changed: [end], forwards: end + 1 })
  expect(frames[0].steps).toBeUndefined()
})

test('a masked text ends when no fog is left before its first end token', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const last = (await write(ending, fog(9), { policy: 'first-hitting', seed })).at(-1)!
    const end = last.tokens.indexOf(4)
    expect(end).toBe(last.tokens.length - 1)
    expect(end).toBeLessThanOrEqual(3)
    expect(last.state.includes(states.fog)).toBe(false)
  }
})

test('the end token is never written inside a text: length given, a gap, or text behind', async () => {
  const likely = tableDenoiser(5, () => [0.01, 0.01, 0.01, 0.01, 0.96], { eosId: 4, banned: [] })
  for (let seed = 0; seed < 20; seed++) {
    const fixed = (await write(likely, fog(6), { length: 6, seed })).at(-1)!
    const gap = (await write(likely, fog(6), { infill: '[6]', seed })).at(-1)!
    for (const { tokens } of [fixed, gap]) {
      expect(tokens.length).toBe(6)
      expect(tokens.includes(4)).toBe(false)
    }
    const before = { tokens: Int32Array.of(mask, mask, 1, mask), state: Uint8Array.of(1, 1, 0, 1) }
    const open = (await write(likely, before, { seed })).at(-1)!
    expect(open.tokens.subarray(0, 3).includes(4)).toBe(false)
    expect(open.tokens.length).toBe(4)
  }
})

test('a policy may take words back and change what is settled', async () => {
  // writes everything at once, puts every other word back into the fog, writes again
  const revising: Policy = {
    ...policies.confidence,
    name: 'revising',
    steps: () => 3,
    wants: ({ fog, tokens, step }) => (step === 1 ? Int32Array.from(tokens.keys()) : fog),
    choose: (predictions, { step }) =>
      step === 1
        ? predictions
            .filter(({ position }) => position % 2 === 0)
            .map(({ position }) => ({ position, token: mask }))
        : predictions.map(({ position, token }) => ({ position, token })),
    done: ({ step }) => step === 3,
  }
  const frames = await write(plain, fog(4), { policy: revising })
  expect(frames.map(({ state }) => [...state])).toEqual([
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [1, 2, 1, 2],
    [2, 2, 2, 2],
  ])
  expect(frames.map(({ changed }) => changed)).toEqual([[], [0, 1, 2, 3], [0, 2], [0, 2]])
  // a position that is drawn again has a new uniform: on equal odds it keeps its token once in five times
  const even = tableDenoiser(5, () => [1, 1, 1, 1, 1])
  let kept = 0
  for (let seed = 0; seed < 200; seed++) {
    const [, first, , last] = await write(even, fog(4), { policy: revising, seed })
    if (first.tokens[0] === last.tokens[0]) kept++
  }
  expect(Math.abs(kept - 40)).toBeLessThan(4 * Math.sqrt(200 * 0.2 * 0.8))
})

test('a policy that breaks its promise is stopped', async () => {
  const lazy: Policy = { ...policies.confidence, name: 'lazy', choose: () => [] }
  await expect(write(plain, fog(3), { policy: lazy })).rejects.toThrow(
    'policy lazy did not finish in the 3 steps it promised',
  )
  const rude: Policy = { ...lazy, name: 'rude', choose: () => [{ position: 0, token: 1 }] }
  const canvas = { tokens: Int32Array.of(2, mask), state: Uint8Array.of(0, 1) }
  await expect(write(plain, canvas, { policy: rude })).rejects.toThrow('rude changed given text')
})

test('what cannot begin is refused', async () => {
  await expect(write(plain, fog(65))).rejects.toMatchObject({ code: 'context_length' })
  const [frame] = await write(plain, fog(2), { seed: 1 })
  await expect(write(plain, frame, { seed: 2 })).rejects.toThrow('a frame of seed 1')
})
