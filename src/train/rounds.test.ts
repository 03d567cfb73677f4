// Whole distillations in memory: the student comes closer to its teacher's text than the teacher in as few steps,
// enumerated; a run stopped anywhere is the run that never was; what makes no sense is refused.
import { beforeAll, describe, expect, test } from 'vitest'
import { allTexts } from '../../test/support/denoisers.ts'
import { randomWeights, tinyArchitecture } from '../../test/support/tiny-models.ts'
import { eventsOf, ofType, sharedDevice, tickingClock } from '../../test/support/training.ts'
import { openFloats } from '../api/open-model.ts'
import type { ModelConfig } from '../model/config.ts'
import { openNetwork } from '../model/network.ts'
import { sha256 } from '../model/safetensors.ts'
import { modelShapes } from '../model/shapes.ts'
import { memoryStore, readText, type Store } from '../store/index.ts'
import { type Tokenizer, trainTokenizer } from '../text/index.ts'
import { textData } from './data.ts'
import type { Start } from './design.ts'
import {
  checkDistillation,
  checkTeacher,
  defaultDistillation,
  describeRounds,
  roundsOf,
  stepsLeft,
} from './rounds.ts'
import type { RunSettings } from './run.ts'

const length = 3
const letters = ['a', 'b', 'c']
/** every text of three letters, so often that some can be held out */
const texts = Array.from({ length: 8 }, () =>
  allTexts(letters.length, length).map((ids) => ids.map((id) => letters[id]).join('')),
).flat()

let trained: Tokenizer
let tokenizer: Tokenizer
let start: Start & { config: ModelConfig }
beforeAll(async () => {
  trained = await trainTokenizer('chars', letters, {})
  const words = letters.map((letter) => trained.encode(letter)[0])
  const others = Array.from({ length: trained.size }, (_, id) => id).filter(
    (id) => !words.includes(id),
  )
  // nothing but the three letters can be written
  tokenizer = { ...trained, banned: Int32Array.from(others) }
  const architecture = { ...tinyArchitecture, vocabSize: tokenizer.size, context: 8 }
  const weights = randomWeights(architecture, 7)
  // so sure of itself that every letter it writes changes what it thinks of the others
  for (const [i] of weights.head.data.entries()) weights.head.data[i] *= 12
  start = {
    config: {
      unfog: 1,
      name: 'teacher',
      architecture,
      shift: false,
      noise: { process: 'masked', schedule: 'linear' },
      text: {
        documents: 'line',
        exactLength: true,
        lengths: { counts: { [length]: 1 } },
        labels: [],
      },
      weights: { dtype: 'f32', fingerprint: '0'.repeat(64) },
    },
    tokenizer,
    weights: new Map(Object.entries(weights).map(([name, { data }]) => [name, data])),
  }
})

const distillation = { steps: 2, together: 2, rounds: 1, temperature: 1, topP: 1 }

const settingsOf = (
  out: Store,
  { options, ...changes }: Partial<RunSettings> = {},
): RunSettings => ({
  data: textData('letters', texts),
  out,
  device: sharedDevice,
  start,
  clock: tickingClock(),
  options: {
    tokens: 600,
    from: 'teacher',
    distillation,
    recipe: { batchTokens: 60, times: 'uniform', rate: 1e-3 },
    ...options,
  },
  ...changes,
})

/** What a network predicts of a position of any canvas, of the letters alone. */
async function predictorOf(weights: ReadonlyMap<string, Float32Array>) {
  const shapes = modelShapes(start.config)
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => [name, { data: weights.get(name)!, dims }]),
  )
  const network = openNetwork(sharedDevice, start.config, tokenizer, tensors, { fixed: false })
  const ids = [...letters.map((letter) => tokenizer.encode(letter)[0]), network.maskId]
  const canvases = allTexts(ids.length, length)
  const logits = await network.logits(
    canvases.map((canvas) => ({
      tokens: Int32Array.from(canvas, (id) => ids[id]),
      rows: Int32Array.from({ length }, (_, i) => i),
    })),
  )
  await network.dispose()
  const rows = new Map(
    canvases.map((canvas, i) => [
      canvas.join(),
      canvas.map((_, position) => {
        const row = logits[i].subarray(
          position * network.vocabSize,
          (position + 1) * network.vocabSize,
        )
        const powers = letters.map((_, id) => Math.exp(row[ids[id]]))
        const total = powers.reduce((a, b) => a + b)
        return powers.map((power) => power / total)
      }),
    ]),
  )
  return (canvas: readonly number[], position: number) => rows.get(canvas.join())![position]
}
type Predictor = Awaited<ReturnType<typeof predictorOf>>

/** Probability of each text when it is written in so many equal steps. */
function chainLaw(predicted: Predictor, steps: number): number[] {
  const mask = letters.length
  let canvases = new Map([[new Array(length).fill(mask).join(), 1]])
  for (let step = 0; step < steps; step++) {
    const reveal = 1 / (steps - step)
    const next = new Map<string, number>()
    for (const [key, weight] of canvases) {
      const canvas = key.split(',').map(Number)
      let partial: [number[], number][] = [[[], weight]]
      for (const [position, id] of canvas.entries()) {
        const here: [number, number][] =
          id === mask
            ? [
                [mask, 1 - reveal],
                ...predicted(canvas, position).map((p, v): [number, number] => [v, reveal * p]),
              ]
            : [[id, 1]]
        partial = partial.flatMap(([ids, p]) =>
          here.map(([v, q]): [number[], number] => [[...ids, v], p * q]),
        )
      }
      for (const [ids, p] of partial) next.set(ids.join(), (next.get(ids.join()) ?? 0) + p)
    }
    canvases = next
  }
  return allTexts(letters.length, length).map((text) => canvases.get(text.join()) ?? 0)
}

const divergence = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, value, i) => (value > 0 ? sum + value * Math.log(value / q[i]) : sum), 0)

/** The best that words written on their own can do: the product of how often each stands where. */
function product(law: readonly number[]): number[] {
  const all = allTexts(letters.length, length)
  const marginal = (position: number, id: number) =>
    law.reduce((sum, p, i) => (all[i][position] === id ? sum + p : sum), 0)
  return all.map((text) =>
    text.reduce((product, id, position) => product * marginal(position, id), 1),
  )
}

const weightsIn = async (store: Store) => (await openFloats(store, sharedDevice)).weights
const hashOf = async (store: Store, path = 'model.safetensors') => sha256(await store.read(path))

test('in half the steps a student comes closer to what its teacher writes than the teacher does', async () => {
  const out = memoryStore()
  const recipe = { batchTokens: 150, times: 'uniform', rate: 3e-3, average: 0.98 } as const
  await eventsOf(settingsOf(out, { options: { tokens: 45_000, recipe } }))
  const teacher = await predictorOf(start.weights)
  const student = await predictorOf(await weightsIn(out))
  const wanted = chainLaw(teacher, 2)
  expect(wanted.reduce((a, b) => a + b)).toBeCloseTo(1, 4)
  const [before, after, best] = [chainLaw(teacher, 1), chainLaw(student, 1), product(wanted)].map(
    (law) => divergence(wanted, law),
  )
  // no words that are written on their own can come closer than the best
  expect(after).toBeGreaterThan(best - 1e-3)
  expect(before - best).toBeGreaterThan(1)
  expect(after - best).toBeLessThan(0.05 * (before - best))
})

describe('a run that distils', () => {
  const rounds = { steps: 4, together: 2, rounds: 2, temperature: 1, topP: 0.9 }
  const asked = { ...settingsOf(memoryStore()).options, distillation: rounds }
  /** with the tokenizer that its folder holds */
  const inRounds = (out: Store, changes: Partial<RunSettings> = {}) =>
    settingsOf(out, { start: { ...start, tokenizer: trained }, options: asked, ...changes })
  const whole = memoryStore()
  let events: Awaited<ReturnType<typeof eventsOf>>
  beforeAll(async () => {
    events = await eventsOf(inRounds(whole))
  })

  test('has rounds for phases, each of which leaves a model, and keeps its last weights', async () => {
    expect(ofType(events, 'phase').map(({ phase }) => phase)).toEqual(['round 1', 'round 2'])
    expect(await hashOf(whole, 'round-1/model.safetensors')).not.toBe(await hashOf(whole))
    expect(ofType(events, 'concern')).toEqual([])
    const [done] = ofType(events, 'done')
    expect(done).toMatchObject({ aborted: false, kept: { tokens: done.tokens } })
    const [plan] = ofType(events, 'plan')
    expect(plan.reasons).toContain(describeRounds(rounds))
    // a divergence, which is 0 only where nothing is left to learn
    for (const { loss } of ofType(events, 'report')) expect(loss).toBeGreaterThan(0)
  })

  test('leaves a model that writes in few steps, and says what it was distilled from', async () => {
    const { config, weights } = await openFloats(whole, sharedDevice)
    expect(config.sampling).toEqual({ policy: 'confidence', temperature: 1, steps: 1 })
    expect(config.training?.distilled).toEqual({ from: 'teacher', ...rounds })
    expect(weights.get('embed')).not.toEqual(start.weights.get('embed'))
    const card = await readText(whole, 'README.md')
    expect(card).toContain('Distilled from teacher')
    expect(card).toContain('in 1 step what teacher writes in 4')
  })

  for (const stops of [[0], [200], [300], [450], [100, 300, 310, 500]]) {
    test(`stopped at ${stops.join(', ')} tokens and gone on with ends bit-identical`, async () => {
      const out = memoryStore()
      for (const stop of stops) {
        const controller = new AbortController()
        const settings = inRounds(out, { signal: controller.signal })
        await eventsOf(settings, (event) => {
          if (stop === 0 || (event.type === 'report' && event.tokens >= stop)) controller.abort()
        })
      }
      const [{ resumed }] = ofType(await eventsOf(inRounds(out)), 'plan')
      expect(resumed).toBe(true)
      for (const path of ['model.safetensors', 'round-1/model.safetensors'])
        expect(await hashOf(out, path)).toBe(await hashOf(whole, path))
    })
  }

  test('does not go on with another teacher, or in another way', async () => {
    const again = (changes: Partial<RunSettings>) => eventsOf(inRounds(whole, changes))
    const { config } = start
    const other = { ...config, weights: { ...config.weights, fingerprint: '1'.repeat(64) } }
    await expect(again({ start: { ...start, config: other } })).rejects.toThrow(
      'was distilled from other weights than teacher holds now',
    )
    const options = { ...asked, distillation: { ...rounds, rounds: 1 } }
    await expect(again({ options })).rejects.toThrow('was started with --rounds 2 and not 1')
  })

  test('refuses options that are none', async () => {
    const tried = (changes: Partial<typeof rounds>) =>
      eventsOf(
        inRounds(memoryStore(), {
          options: { ...asked, distillation: { ...rounds, ...changes } },
        }),
      )
    await expect(tried({ rounds: 3 })).rejects.toThrow(
      '--steps 4 cannot be divided by --together 2 in 3 rounds',
    )
    await expect(tried({ together: 1 })).rejects.toThrow('--together 1 is not a whole number')
    await expect(tried({ rounds: 0 })).rejects.toThrow('--rounds 0 is not a whole number')
    await expect(tried({ topP: 0 })).rejects.toThrow('--topP 0 is not a number above 0')
    await expect(tried({ temperature: -1 })).rejects.toThrow('--temperature -1 is not')
  })
})

test('rounds divide the steps, and last as long as each other', () => {
  const phases = roundsOf({ ...defaultDistillation, steps: 64, rounds: 3 }, 1000)
  expect(phases.map(({ name, until }) => [name, until])).toEqual([
    ['round 1', 333],
    ['round 2', 667],
    ['round 3', 1000],
  ])
  expect(phases.map(({ teaching }) => teaching?.steps)).toEqual([64, 32, 16])
  expect(stepsLeft({ steps: 64, together: 2, rounds: 3 })).toBe(8)
  expect(stepsLeft({ steps: 16, together: 16, rounds: 1 })).toBe(1)
  expect(() => checkDistillation(defaultDistillation)).not.toThrow()
})

describe('a teacher', () => {
  const refused: [string, (config: ModelConfig) => ModelConfig, RegExp][] = [
    [
      'that writes from left to right',
      (config) => ({
        ...config,
        architecture: { ...config.architecture, attention: 'causal' },
        noise: { process: 'autoregressive', schedule: 'linear' },
      }),
      /writes word by word/,
    ],
    [
      'that writes in blocks of one word',
      ({ architecture, ...config }) => ({
        ...config,
        architecture: { ...architecture, attention: 'block', blocks: { length: 1, from: 1 } },
      }),
      /writes word by word/,
    ],
    ...['uniform', 'hybrid', 'gaussian'].map(
      (process): [string, (config: ModelConfig) => ModelConfig, RegExp] => [
        `of ${process} noise`,
        (config) => ({ ...config, noise: { process, schedule: 'linear' } }),
        new RegExp(`has learnt ${process} noise`),
      ],
    ),
    [
      'whose words have paces',
      (config) => ({ ...config, noise: { process: 'masked', schedule: 'learnt' } }),
      /a pace for each word/,
    ],
    [
      'that was released',
      (config) => ({ ...config, text: { ...config.text, special: { mask: 1 } } }),
      /a released model/,
    ],
  ]
  for (const [what, changed, why] of refused) {
    test(`${what} has no steps to save`, () => {
      expect(() => checkTeacher(changed(start.config))).toThrow(why)
    })
  }

  test('of masked noise has, in blocks too', () => {
    const { architecture } = start.config
    const blocks = { length: 2, from: 1 }
    for (const config of [
      start.config,
      { ...start.config, architecture: { ...architecture, attention: 'block' as const, blocks } },
    ])
      expect(() => checkTeacher(config)).not.toThrow()
  })
})
