// The posterior sampler under every noise: its texts follow the enumerated chain, given words stay, a text does not
// depend on its batch, and what cannot go together is refused.
import { describe, expect, test } from 'vitest'
import { chainLaw, equalSteps } from '../../../test/support/chain-law.ts'
import {
  chiSquareP,
  inconsistentRow,
  tableDenoiser,
  timesWritten,
} from '../../../test/support/denoisers.ts'
import {
  halfKnown,
  maskedByWord,
  maskedInPieces,
  schedules,
  type WordNoise,
  wordNoises,
} from '../../noise/index.ts'
import {
  type Canvas,
  type Denoiser,
  denoise,
  denoiseBatch,
  type Frame,
  makePlan,
  type Policy,
  policies,
  states,
} from '../index.ts'

const V = 3
const mask = V
/** as in the laws of policies: enough for every wrong twin to be rejected with p < 1e-9 */
const samples = 8000
const words = Int32Array.of(0, 1, 2)
const schedule = schedules.cosine
const world = { vocabSize: V + 1, maskId: mask, words, schedule }
const row = inconsistentRow(V)
const canvasOf = (...tokens: number[]): Canvas => ({
  tokens: Int32Array.from(tokens),
  state: Uint8Array.from(tokens, (id) => (id === mask ? states.fog : states.given)),
})
const rows: WordNoise[] = [
  ...Object.values<WordNoise>(wordNoises).filter(({ causal }) => !causal),
  { ...maskedByWord([-0.7, 0, 1.2, 0]), name: 'masked by word' },
]

/** The T-step chain; the last step takes what is most probable. */
const law = (noise: WordNoise, steps: number, given: Canvas, greedy?: boolean): number[] =>
  chainLaw(row, { noise, world }, equalSteps(steps), given, greedy)

describe.each(rows)('under $name noise', (noise) => {
  const network: Denoiser = tableDenoiser(V, row, { process: { noise, schedule, words } })
  const plan = (options: { steps?: number; seed?: number; policy?: Policy } = {}) =>
    makePlan({ policy: 'posterior', ...options }, network)

  const counts = (from: Canvas, steps: number, policy?: Policy): Promise<number[]> =>
    timesWritten(network, from, plan(policy ? { steps, policy } : { steps }), samples)

  const open = canvasOf(mask, mask, mask)
  test.each([1, 2, 4])('a chain of %i steps is the enumerated one', async (steps) => {
    const found = await counts(open, steps)
    expect(chiSquareP(found, law(noise, steps, open))).toBeGreaterThan(1e-4)
    // without its greedy tail it is another one
    expect(chiSquareP(found, law(noise, steps, open, false))).toBeLessThan(1e-9)
  })

  test('given words stay, and the chain is conditioned on them', async () => {
    const from = canvasOf(mask, 1, mask)
    const found = await counts(from, 3)
    expect(chiSquareP(found, law(noise, 3, from))).toBeGreaterThan(1e-4)
  })

  test('time the wrong way round is another chain', async () => {
    const flipped: Policy = {
      ...policies.posterior,
      choose: (predictions, { step, steps }) =>
        predictions.map((prediction) =>
          step === steps - 1
            ? prediction.earlier(1, 0, 'likeliest')
            : prediction.earlier((step + 2) / steps, (step + 1) / steps, 'drawn'),
        ),
    }
    const found = await counts(open, 4, flipped)
    expect(chiSquareP(found, law(noise, 4, open))).toBeLessThan(1e-9)
  })

  test('a text is the same alone and in any batch, and from any of its frames', async () => {
    const alone = async (from: Canvas | Frame, seed: number) => {
      const frames: Frame[] = []
      for await (const frame of denoise(network, from, plan({ steps: 6, seed }))) frames.push(frame)
      return frames
    }
    const tasks = [3, 4, 5].map((seed) => ({ from: open, plan: plan({ steps: 6, seed }) }))
    const together: Frame[][] = tasks.map(() => [])
    for await (const { task, frame } of denoiseBatch(network, tasks)) together[task].push(frame)
    for (const [i, seed] of [3, 4, 5].entries()) {
      const frames = await alone(open, seed)
      expect(together[i]).toEqual(frames)
      for (const frame of frames.slice(0, -1)) {
        const resumed = await alone({ ...frame, done: undefined }, seed)
        expect([...resumed[resumed.length - 1].tokens]).toEqual([
          ...frames[frames.length - 1].tokens,
        ])
      }
    }
  })

  test('policies that believe what stands are refused where nothing settles', () => {
    for (const policy of Object.keys(policies) as (keyof typeof policies)[]) {
      const make = () => makePlan({ policy }, network)
      const { takes, moves, redraws, guesses, reads, judges }: Policy = policies[policy]
      if (moves)
        expect(make).toThrow(`moves noisy embeddings, and under ${noise.name} noise there are none`)
      else if (noise.paces && takes.includes('survival'))
        expect(make).toThrow('reveals all words at one pace')
      else if (judges === 'words and fog' && (noise.settles || !noise.hides))
        expect(make).toThrow('lifts fog and replaces wrong words')
      else if (judges && noise.settles) expect(make).toThrow('has learnt of no wrong one')
      else if (noise.settles && guesses)
        expect(make).toThrow('needs a model that reads from left to right')
      else if (noise.settles && reads) expect(make).toThrow('this model has not learnt')
      else if (noise.settles || redraws) expect(make).not.toThrow()
      else expect(make).toThrow(`under ${noise.name} noise any word may be wrong: use --policy`)
    }
    expect(makePlan({}, network).policy.name).toBe(noise.settles ? 'confidence' : 'posterior')
  })

  test('guidance is refused where no fog is known', () => {
    const make = () => makePlan({ guidance: 1 }, network)
    if (noise.hides) expect(make).not.toThrow()
    else expect(make).toThrow('knows no fog: leave it out')
  })
})

describe('words in pieces', () => {
  // three words and the mask of two digits each, and four ids of what is half known
  const pieces = { count: 2, of: V + 1 }
  const noise = maskedInPieces(pieces)
  const size = pieces.of + halfKnown(pieces)
  const others = Array.from({ length: size - V }, (_, i) => V + i)
  // whoever forgets to ban what is no word fails every law
  const favourites = (tokens: readonly number[], position: number) => [
    ...row(tokens, position),
    ...others.slice(1).map(() => Math.exp(9)),
  ]
  const network: Denoiser = tableDenoiser(size - 1, favourites, {
    maskId: mask,
    banned: others,
    process: { noise, schedule, words },
  })
  const open = canvasOf(mask, mask)
  const cut = { noise, world: { ...world, vocabSize: size } }

  test.each([1, 2, 4])('a chain of %i steps is the enumerated one', async (steps) => {
    const plan = makePlan({ policy: 'posterior', steps }, network)
    const found = await timesWritten(network, open, plan, samples)
    expect(chiSquareP(found, chainLaw(row, cut, equalSteps(steps), open))).toBeGreaterThan(1e-4)
    const carefree = chainLaw(row, cut, equalSteps(steps), open, false)
    expect(chiSquareP(found, carefree)).toBeLessThan(1e-9)
  })
})
