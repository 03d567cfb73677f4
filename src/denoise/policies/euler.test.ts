// Samplers of noise on embeddings with the exact answers of a small language: their texts are the language's. Words in a
// plane, so that a network is a table of Gaussians.
import { describe, expect, test } from 'vitest'
import { chiSquareP } from '../../../test/support/denoisers.ts'
import { type ToyLanguage, toyLanguage } from '../../noise/fixtures/toy-language.ts'
import { noises, type SigmaRange, schedules } from '../../noise/index.ts'
import {
  type Canvas,
  type Denoiser,
  denoise,
  denoiseBatch,
  type Frame,
  frameFromJSON,
  frameToJSON,
  makePlan,
  type Policy,
  type PolicyName,
  policies,
  states,
} from '../index.ts'

const language = toyLanguage(6, { tokens: 3, length: 2 })
const points = [0, 1, 2].map((v) => (2 * Math.PI * v) / 3).map((a) => [Math.cos(a), Math.sin(a)])
const table = Float32Array.from([...points, [0, 0]].flat())
const between = (...sigma: SigmaRange) => noises.gaussian.between!(sigma)
const usual = between(0.05, 20)
const schedule = schedules.linear
const mask = 3

/** What the vector, or the word that is given, at the other position says of the word at this one. With `twice` also what
 * stands here. */
function exact({ p }: ToyLanguage, { twice = false, noise = usual } = {}): Denoiser {
  return {
    vocabSize: 4,
    maskId: mask,
    banned: [mask],
    context: 2,
    causal: false,
    process: { noise, schedule, words: language.words },
    words: () => table,
    logits: async (asks) =>
      asks.map(({ tokens, rows, time, vectors }) => {
        if (!noise.vectors || !vectors || time === undefined) throw new Error('no vectors came')
        const sigma = noise.vectors.sigma(time, schedule)
        /** [3] density of what stands at a position for each word, the largest 1 */
        const densities = (position: number) => {
          const at = 2 * rows.indexOf(position)
          if (at < 0) return points.map((_, word) => Number(word === tokens[position]))
          const logs = points.map(([x, y]) => (x * vectors[at] + y * vectors[at + 1]) / sigma ** 2)
          return logs.map((log) => Math.exp(log - Math.max(...logs)))
        }
        const logits = new Float32Array(4 * rows.length).fill(-1e9)
        rows.forEach((row, r) => {
          const [own, others] = [densities(row), densities(1 - row)]
          for (let word = 0; word < 3; word++) {
            let sum = 0
            for (let other = 0; other < 3; other++)
              sum += p[row === 0 ? 3 * word + other : 3 * other + word] * others[other]
            logits[4 * r + word] = Math.log(sum * (twice ? own[word] : 1) + 1e-300)
          }
        })
        return logits
      }),
  }
}

const canvasOf = (...tokens: number[]): Canvas => ({
  tokens: Int32Array.from(tokens),
  state: Uint8Array.from(tokens, (id) => (id === mask ? states.fog : states.given)),
})
const open = canvasOf(mask, mask)

async function counts(
  options: { policy: PolicyName | Policy; steps?: number; eta?: number },
  { from = open, network = exact(language), count = 700 } = {},
): Promise<number[]> {
  const plan = makePlan(options, network)
  const tasks = Array.from({ length: count }, (_, seed) => ({ from, plan: { ...plan, seed } }))
  const found = new Array(language.texts.length).fill(0)
  for await (const { frame } of denoiseBatch(network, tasks)) {
    if (frame.done) found[3 * frame.tokens[0] + frame.tokens[1]]++
  }
  return found
}
const law = [...language.p]

test.each([
  { policy: 'euler', steps: 32 },
  { policy: 'heun', steps: 31 },
  { policy: 'euler', steps: 40, eta: 1 },
  { policy: 'posterior', steps: 16 },
] as const)('%j with exact answers writes as the language does', async (how) => {
  expect(chiSquareP(await counts(how), law)).toBeGreaterThan(1e-3)
})

test('fresh noise leaves the law of words that say nothing of each other', async () => {
  const [first, second] = [
    [0.6, 0.3, 0.1],
    [0.2, 0.3, 0.5],
  ]
  const apart = {
    ...language,
    p: Float64Array.from(language.texts, ([x, y]) => first[x] * second[y]),
  }
  const how = { policy: 'psi-constant', steps: 12, eta: 0.5 } as const
  const found = await counts(how, { network: exact(apart) })
  expect(chiSquareP(found, [...apart.p])).toBeGreaterThan(1e-3)
})

test('given words stay, and what is written is conditioned on them', async () => {
  const found = await counts({ policy: 'heun', steps: 31 }, { from: canvasOf(mask, 1) })
  const sum = [0, 1, 2].reduce((all, word) => all + law[3 * word + 1], 0)
  const conditional = law.map((p, x) => (x % 3 === 1 ? p / sum : 0))
  expect(chiSquareP(found, conditional)).toBeGreaterThan(1e-3)
})

describe('a wrong twin is another law:', () => {
  test('a vector that counts twice', async () => {
    const network = exact(language, { twice: true })
    expect(chiSquareP(await counts({ policy: 'euler', steps: 32 }, { network }), law)).toBeLessThan(
      1e-6,
    )
  })

  test('time the wrong way round', async () => {
    const flipped: Policy = {
      ...policies.euler,
      choose: (predictions, { step, steps }) =>
        predictions.map((prediction) =>
          step === steps - 1
            ? prediction.earlier(1 / steps, 0, 'likeliest')
            : prediction.earlier((step + 1) / steps, (step + 2) / steps, 'flowing'),
        ),
    }
    expect(chiSquareP(await counts({ policy: flipped, steps: 32 }), law)).toBeLessThan(1e-6)
  })

  test('one step', async () => {
    expect(chiSquareP(await counts({ policy: 'euler', steps: 1 }), law)).toBeLessThan(1e-6)
  })
})

/** Where the vectors stand when σ is 1, half-way down from the same noise. */
async function flowed(policy: PolicyName, steps: number): Promise<Float32Array> {
  let half = new Float32Array()
  // from 3/4 on: there a number of steps is as even as any other
  const network = exact(language, { noise: between(0.05, Math.sqrt(3)) })
  const watched: Denoiser = {
    ...network,
    logits(asks) {
      // the last question at that time
      if (asks[0].time === 0.5) half = Float32Array.from(asks[0].vectors!)
      return network.logits(asks)
    },
  }
  const plan = makePlan({ policy, steps, seed: 5 }, watched)
  for await (const _ of denoise(watched, open, plan));
  return half
}

test("Heun's error is of second order, Euler's of first", async () => {
  const truth = await flowed('heun', 255)
  const error = async (policy: PolicyName, steps: number) =>
    Math.hypot(...(await flowed(policy, steps)).map((z, i) => z - truth[i]))
  const euler = [await error('euler', 16), await error('euler', 64)]
  const heun = [await error('heun', 31), await error('heun', 127)]
  expect(euler[0] / euler[1]).toBeGreaterThan(3)
  expect(euler[0] / euler[1]).toBeLessThan(5.5)
  expect(heun[0] / heun[1]).toBeGreaterThan(8)
  expect(heun[1]).toBeLessThan(euler[1] / 4)
})

test.each(['euler', 'heun', 'posterior'] as const)(
  '%s: a text is the same alone, in any batch, and from any of its frames',
  async (policy) => {
    const network = exact(language)
    const plan = (seed: number) => makePlan({ policy, steps: 9, seed }, network)
    const alone = async (from: Canvas | Frame, seed: number) => {
      const frames: Frame[] = []
      for await (const frame of denoise(network, from, plan(seed))) frames.push(frame)
      return frames
    }
    const together: Frame[][] = [[], []]
    const tasks = [3, 4].map((seed) => ({ from: open, plan: plan(seed) }))
    for await (const { task, frame } of denoiseBatch(network, tasks)) together[task].push(frame)
    for (const [i, seed] of [3, 4].entries()) {
      const frames = await alone(open, seed)
      expect(together[i]).toEqual(frames)
      const last = frames[frames.length - 1]
      for (const frame of frames.slice(0, -1)) {
        const wire = frameFromJSON(JSON.parse(JSON.stringify(frameToJSON(frame))))
        const resumed = await alone({ ...wire, done: undefined }, seed)
        expect(resumed[resumed.length - 1].vectors).toEqual(last.vectors)
        expect(resumed[resumed.length - 1].tokens).toEqual(last.tokens)
      }
    }
  },
)

test('what makes no sense is refused by name, with the reason', () => {
  const network = exact(language)
  for (const policy of Object.keys(policies) as PolicyName[]) {
    const make = () => makePlan({ policy }, network)
    const { judges, redraws }: Policy = policies[policy]
    if (judges === 'words and fog') expect(make).toThrow('lifts fog and replaces wrong words')
    else if (judges) expect(make).toThrow('under gaussian noise a model has learnt of no wrong one')
    else if (redraws) expect(make).not.toThrow()
    else expect(make).toThrow('under gaussian noise any word may be wrong: use --policy euler')
  }
  expect(makePlan({}, network).policy.name).toBe('euler')
  expect(() => makePlan({ guidance: 1 }, network)).toThrow('knows no fog: leave it out')
  expect(() => makePlan({ cache: 'dual' }, network)).toThrow('every vector moves at every step')
  expect(() => makePlan({ policy: 'heun', eta: 1 }, network)).toThrow('takes no --eta')
})
