// Summaries change nothing that is written: every policy, with all that says how tokens are drawn, writes the same frames
// from summaries as from whole rows, bit for bit; alone and in one batch; with weights of 32 and of 8 bits, with and
// without a cache. And the summaries themselves are what float64 makes of the logits.
import { afterAll, describe, expect, test } from 'vitest'
import { parityPath } from '../../test/support/parity.ts'
import { releasedNetwork } from '../../test/support/released.ts'
import { randomText, type TinyModel, tinyModel } from '../../test/support/tiny-models.ts'
import { type Network, openNetwork } from '../model/network.ts'
import { formOf, quantiseWeights, storedShapes } from '../model/quantise.ts'
import { parameterShapes } from '../nn/index.ts'
import { cpu } from '../runtime/cpu.node.ts'
import {
  type Ask,
  type Canvas,
  type Denoiser,
  denoiseBatch,
  type Frame,
  makePlan,
  type PlanOptions,
  type PolicyName,
  policies,
  policiesFor,
  readRow,
  states,
} from './index.ts'
import { rowOf } from './sample.ts'

const opened: Pick<Network, 'dispose'>[] = []
afterAll(async () => {
  for (const network of opened) await network.dispose()
})

function open({ config, tokenizer, weights }: TinyModel, form?: 'int8'): Network {
  const shapes = parameterShapes(config.architecture)
  const floats = new Map(Object.entries(weights).map(([n, { data }]) => [n, data]))
  const bytes = form ? quantiseWeights(floats, shapes, form, 'all') : floats
  const stored = Object.entries(storedShapes(shapes, (n) => formOf(bytes.get(n))))
  const tensors = stored.map(([n, dims]) => [n, { data: bytes.get(n)!, dims }] as const)
  const device = cpu({ threads: 1 })
  const network = openNetwork(device, config, tokenizer, Object.fromEntries(tensors))
  opened.push(network)
  return network
}

/** The same network; what it answers is noted, and changed on the way in. */
function asking(network: Denoiser, change: (ask: Ask) => Ask = (ask) => ask) {
  const brought = { logits: 0, summaries: 0 }
  const denoiser: Denoiser = {
    ...network,
    async logits(asks) {
      const answers = await network.logits(asks.map(change))
      for (const answer of answers) {
        if (answer.length > 0) brought.logits++
        if (answer.summaries) brought.summaries++
      }
      return answers
    },
  }
  return { denoiser, brought }
}

/** whole rows beside every summary */
const whole = (ask: Ask): Ask => ({
  ...ask,
  summarise: ask.summarise && { ...ask.summarise, logits: true },
})
/** no summaries: rows are read here */
const bare = ({ summarise: _, ...ask }: Ask): Ask => ask

const draws: PlanOptions[] = [
  { temperature: 0 },
  { temperature: 0, candidates: 3 },
  { temperature: 1 },
  { temperature: 0.7, topK: 4, candidates: 2 },
  { temperature: 1.3, topK: 5, topP: 0.8 },
  { temperature: 1, topP: 0.9 },
  { temperature: 1, minP: 0.1 },
  { temperature: 0.9, topK: 6, minP: 0.3 },
  { temperature: 0, ban: [40, 41, 42, 65] },
  { temperature: 1, topK: 3, ban: [40, 41], guidance: 0.5 },
]

/** Every policy that such a network can be written by, with every way to draw. */
const corpus = (network: Denoiser, more: PlanOptions = {}): PlanOptions[] =>
  policiesFor(network)
    .map(({ name }) => name as PolicyName)
    .flatMap((policy, p) => draws.map((draw, d) => ({ policy, seed: 8 * p + d, ...draw, ...more })))

async function framesOf(network: Denoiser, texts: Canvas[], options: PlanOptions[]) {
  const frames: Frame[][] = options.map(() => [])
  const tasks = options.map((one, i) => ({
    from: texts[i % texts.length],
    plan: makePlan(one, network),
  }))
  for await (const { task, frame } of denoiseBatch(network, tasks)) frames[task].push(frame)
  return frames
}

/** Two words given, some fog. */
const canvases = (network: Denoiser, model: TinyModel): Canvas[] =>
  [4, 7].map((length, seed) => {
    const tokens = randomText(model, length, seed).fill(network.maskId, 2)
    const state = new Uint8Array(length).fill(states.fog).fill(states.given, 0, 2)
    return { tokens, state }
  })

const written = (frames: Frame[][]) => frames.map((text) => [...text.at(-1)!.tokens])

async function same(network: Denoiser, texts: Canvas[], options: PlanOptions[]) {
  const [few, all, none] = [asking(network), asking(network, whole), asking(network, bare)]
  const frames = await framesOf(few.denoiser, texts, options)
  expect(await framesOf(all.denoiser, texts, options)).toEqual(frames)
  // rounded another way, a text is another one only where two positions are equally sure to seven digits
  expect(written(await framesOf(none.denoiser, texts, options))).toEqual(written(frames))
  for (const i of [0, 3, options.length - 1]) {
    const alone = await framesOf(network, [texts[i % texts.length]], [options[i]])
    expect(alone[0]).toEqual(frames[i])
  }
  expect(few.brought.summaries).toBeGreaterThan(0)
  expect(few.brought.logits).toBeLessThan(all.brought.logits)
  expect(none.brought.summaries).toBe(0)
}

describe('texts are the same from summaries as from whole rows', () => {
  for (const form of [undefined, 'int8'] as const) {
    test(`a network that sees both sides, ${form ?? 'fp32'}`, async () => {
      const model = await tinyModel()
      const network = open(model, form)
      await same(network, canvases(network, model), corpus(network))
    })
  }

  test('one that sees only to the left, and may end its texts', async () => {
    const model = await tinyModel({ causal: true })
    const network = open(model)
    for (const cache of ['exact', 'none'] as const)
      await same(network, canvases(network, model), corpus(network, { cache }))
  })

  test.skipIf(!parityPath('llada'))('a released one, which shows its mask', async () => {
    const released = await releasedNetwork('llada')
    opened.push(released)
    const network = { ...released, banned: [3, 4, 5] }
    const tokens = Int32Array.from({ length: 9 }, (_, i) => (i < 2 ? 7 : network.maskId))
    const state = Uint8Array.from(tokens, (id) => (id === 7 ? states.given : states.fog))
    await same(network, [{ tokens, state }], corpus(network))
  })
})

test('a policy that says so and reads whole rows all the same writes something else', async () => {
  const model = await tinyModel()
  const network = open(model)
  const wrong = { ...policies['low-confidence'], summaries: true } as const
  const options = { topK: 1, temperature: 1, seed: 2 }
  const texts = canvases(network, model)
  const [right] = await framesOf(network, texts.slice(1), [
    { ...options, policy: 'low-confidence' },
  ])
  const [other] = await framesOf(network, texts.slice(1), [{ ...options, policy: wrong }])
  expect(other.map(({ tokens }) => [...tokens])).not.toEqual(right.map(({ tokens }) => [...tokens]))
})

test('a summary is what float64 makes of the logits of its row', async () => {
  const model = await tinyModel()
  const network = open(model)
  const tokens = randomText(model, 12, 1).fill(network.maskId, 3)
  const rows = Int32Array.of(3, 4, 9, 11)
  const more = [[], [70, 71, 72], [...Array(60).keys()], []]
  const banned = more.map((ids) => [...network.banned, network.maskId, ...ids])
  const [answer] = await network.logits([
    { tokens, rows, summarise: { banned, most: 4, logits: true } },
  ])
  const [plain] = await network.logits([{ tokens, rows }])
  expect([...answer]).toEqual([...plain])
  for (const [i, { ids, values, rest, weighted }] of answer.summaries!.entries()) {
    const logits = answer.subarray(i * network.vocabSize, (i + 1) * network.vocabSize)
    const flags = new Uint8Array(network.vocabSize)
    for (const id of banned[i]) flags[id] = 1
    const order = [...logits.keys()].filter((id) => !flags[id])
    order.sort((a, b) => logits[b] - logits[a] || a - b)
    expect(ids).toEqual(Int32Array.from(order.slice(0, 4)))
    expect(values).toEqual(Float32Array.from(ids, (id) => logits[id]))
    const [found, expected] = [
      rowOf({ best: ids[0], most: values[0], rest, weighted }),
      readRow(logits, flags),
    ]
    expect(found.best).toBe(expected.best)
    // sums of float32
    for (const name of ['top', 'entropy', 'logSumExp'] as const)
      expect(Math.abs(found[name] - expected[name])).toBeLessThan(2e-6)
  }
})
