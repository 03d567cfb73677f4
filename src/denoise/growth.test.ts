// Canvases that grow and shrink: with the exact answers every policy that writes one word a step writes the language,
// all its lengths included; given words condition it; a text is the same in any batch and taken up again from any frame.
import { expect, test } from 'vitest'
import { chiSquareP, hashed } from '../../test/support/denoisers.ts'
import { lengthsLanguage } from '../noise/fixtures/lengths-language.ts'
import { growthOf } from '../noise/index.ts'
import { categorical, seeded, stream } from '../random/index.ts'
import {
  type Canvas,
  type Denoiser,
  denoise,
  denoiseBatch,
  type Frame,
  frameFromJSON,
  frameToJSON,
  makeCanvas,
  makePlan,
  type PlanOptions,
  type Policy,
  policies,
  policiesFor,
  states,
} from './index.ts'

const share = 0.2
const most = 12
const language = lengthsLanguage(3, { share, most, longest: 2 })
const { texts, p, maskId } = language
const growth = growthOf({ share, most, ...language })

const network = (becomes: typeof language.becomes = language.becomes): Denoiser => ({
  vocabSize: maskId + 1,
  maskId,
  banned: [maskId],
  context: most,
  causal: false,
  growth,
  logits: async (asks) =>
    asks.map(({ tokens, rows }) => {
      const logits = Array.from(rows, (row) => {
        if (tokens[row] !== maskId) throw new Error('what stands there already was asked about')
        // the mask is the network's favourite: whoever forgets to ban it never ends
        return [...becomes(tokens, row).map(Math.log), 9]
      })
      return Float32Array.from(logits.flat())
    }),
})
const exact = network()

const fogged = (length: number): Canvas => ({
  tokens: new Int32Array(length).fill(maskId),
  state: new Uint8Array(length).fill(states.fog),
})

/** As many masks as a text begins with whose length is drawn from the language. */
function begun(seed: number): Canvas {
  const next = stream(seeded(seed), 'length')
  return fogged(growth.masks(texts[categorical(p, next())].length, next))
}

const nameOf = (tokens: ArrayLike<number>) => Array.from(tokens).join('')
const names = texts.map(nameOf)

async function counts(
  denoiser: Denoiser,
  options: PlanOptions,
  canvas: (seed: number) => Canvas,
  samples = 2000,
): Promise<number[]> {
  const found = new Array(texts.length).fill(0)
  const plan = makePlan(options, denoiser)
  for (let from = 0; from < samples; from += 500) {
    const tasks = Array.from({ length: 500 }, (_, i) => ({
      from: canvas(from + i),
      plan: { ...plan, seed: from + i },
    }))
    for await (const { frame } of denoiseBatch(denoiser, tasks)) {
      if (!frame.done) continue
      const text = names.indexOf(nameOf(frame.tokens))
      expect(text).toBeGreaterThanOrEqual(0)
      found[text]++
    }
  }
  return found
}

const oneAStep = ['confidence', 'margin', 'first-hitting', 'left-to-right', 'ancestral'] as const

test.each(oneAStep)('%s writes the language, all its lengths', async (policy) => {
  expect(chiSquareP(await counts(exact, { policy }, begun), [...p])).toBeGreaterThan(1e-4)
})

test('given words condition it, from a gap of one mask by what trees say of its length', async () => {
  const canvas = { tokens: Int32Array.of(1, maskId), state: Uint8Array.of(0, 1) }
  // a mask is k words with the chance f(k), and texts are begun as often as forests over them are counted
  const weights = texts.map((text, x) =>
    text[0] === 1
      ? (p[x] * chanceOfWords(text.length - 1)) / Math.exp(growth.forests(text.length).logTotal)
      : 0,
  )
  const sum = weights.reduce((a, b) => a + b)
  const law = weights.map((weight) => weight / sum)
  const found = await counts(exact, {}, () => canvas)
  expect(chiSquareP(found, law)).toBeGreaterThan(1e-4)
  expect(new Set(texts.filter((_, x) => found[x] > 0).map(({ length }) => length)).size).toBe(2)
})

/** f(k): what one mask yields, from its own recursion. */
function chanceOfWords(k: number): number {
  const d = (1 - Math.sqrt(1 - 4 * share * share)) / (2 * share)
  const f = [d]
  for (let n = 1; n <= k; n++) {
    const inner = f.slice(1).reduce((sum, one, i) => sum + one * (f[n - 1 - i] ?? 0), 0)
    f.push((Number(n === 1) * (1 - 2 * share) + share * inner) / (1 - 2 * share * d))
  }
  return f[k]
}

test('trees of another shape do not write the language', async () => {
  const other = lengthsLanguage(3, { share: 0.4, most, longest: 2 })
  const found = await counts(network(other.becomes), {}, begun)
  expect(chiSquareP(found, [...p])).toBeLessThan(1e-9)
})

test('a canvas that never stops growing is stopped at its largest, and ends', async () => {
  const greedy = network(() => [1e-3, 1e-3, 1, 1e-12])
  for (const maximum of [5, 9]) {
    const frames: Frame[] = []
    const plan = makePlan({ maximum, seed: 1 }, greedy)
    for await (const frame of denoise(greedy, fogged(2), plan)) frames.push(frame)
    expect(frames.at(-1)).toMatchObject({ done: 'complete' })
    expect(frames.at(-1)!.tokens.length).toBe(maximum)
  }
  const undecided = network(() => [1e-3, 1e-3, 0.5, 0.5])
  for await (const frame of denoise(undecided, fogged(4), makePlan({ seed: 2 }, undecided)))
    expect(frame.step).toBeLessThan(2 * 8 * most)
})

const writing = policiesFor(exact)

test('policies that write from the fog can write, others are refused by name', () => {
  const named = writing.map(({ name }) => name)
  expect(named).toContain('revise')
  expect(named).toContain('remdm-cap')
  expect(named).not.toContain('posterior')
  expect(() => makePlan({ policy: 'posterior' }, exact)).toThrow('--policy posterior asks about')
  expect(() => makePlan({ length: 5 }, exact)).toThrow('--length 5 cannot be chosen')
  expect(() => makePlan({ cache: 'dual' }, exact)).toThrow('--cache dual')
})

/** Answers of no language: policies that write several words at once leave any. */
const any = network((tokens, row) => {
  const chance = (id: number) => 0.05 + hashed(id, row, ...Array.from(tokens))
  return [chance(0), chance(1), 0.4 * chance(2), 0.6 * chance(3)]
})

async function framesOf(from: Canvas | Frame, options: PlanOptions): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of denoise(any, from, makePlan(options, any))) frames.push(frame)
  return frames
}

test.each(writing.map(({ name }) => name))(
  '%s: frames tell what grew; any of them goes on to the same text, alone or among others',
  async (name) => {
    const policy: Policy = policies[name as keyof typeof policies]
    const canvas = {
      tokens: Int32Array.of(maskId, 0, maskId, maskId),
      state: Uint8Array.of(1, 0, 1, 1),
    }
    for (let seed = 0; seed < 6; seed++) {
      const options = {
        policy,
        seed,
        ...(policy.takes.includes('steps') && seed % 2 ? { steps: 2 } : {}),
      }
      const frames = await framesOf(canvas, options)
      const last = frames.at(-1)!
      expect(last.done).toBe('complete')
      for (const id of last.tokens) expect(id).toBeLessThan(2)
      const shown = new Map<number, number>()
      for (const { step, tokens, state, keys, changed } of frames) {
        expect(keys).toHaveLength(tokens.length)
        expect(new Set(keys).size).toBe(tokens.length)
        expect([...state].filter((one) => one === states.given)).toHaveLength(1)
        // what is new or differs is said to have changed, and nothing else
        keys!.forEach((key, at) => {
          const before = shown.get(key)
          if (step > 0) expect(changed.includes(at)).toBe(before !== tokens[at])
          shown.set(key, tokens[at])
        })
      }
      for (const frame of frames.slice(0, -1)) {
        const wire = frameFromJSON(JSON.parse(JSON.stringify(frameToJSON(frame))))
        const resumed = await framesOf({ ...wire, done: undefined }, options)
        const changed = resumed.length > 1 ? last.changed : []
        expect(resumed.at(-1)).toEqual({ ...last, changed })
      }
      const peers = [1, 2].map((i) => ({ from: fogged(i), plan: makePlan({ seed: i }, any) }))
      const tasks = [...peers, { from: canvas, plan: makePlan(options, any) }]
      for await (const { task, frame } of denoiseBatch(any, tasks))
        if (task === 2 && frame.done) expect(frame).toEqual(last)
    }
  },
)

test('a gap of unknown length begins with as many masks as the lengths of texts say', () => {
  const words = {
    encode: (text: string) => Int32Array.from([...text.replaceAll(' ', '')], Number),
    decode: (ids: ArrayLike<number>) => Array.from(ids).join(''),
  }
  const canvasOf = (infill: string, seed = 0, lengths?: number[]) =>
    makeCanvas(makePlan({ infill, seed }, exact), exact, words, lengths)
  const fog = ({ state }: Canvas) => state.filter((one) => one === states.fog).length
  expect(fog(canvasOf('1[3]0'))).toBe(3)
  // texts of 8 tokens, two of them given: six more or less; the more forests, the more often
  const many = Array.from({ length: 200 }, (_, seed) =>
    fog(canvasOf('1[*]0', seed, [...new Array(8).fill(0), 1])),
  )
  const mean = many.reduce((a, b) => a + b) / many.length
  expect(mean).toBeGreaterThan(6)
  expect(mean).toBeLessThan(7.3)
  expect(new Set(many).size).toBeGreaterThan(4)
  // two gaps share them, and each has one
  const two = canvasOf('[*]1[*]', 4, [...new Array(9).fill(0), 1])
  expect(two.state[0]).toBe(states.fog)
  expect(two.state.at(-1)).toBe(states.fog)
  // no text is as long as what is given: each gap is one mask
  expect(fog(canvasOf('1[*]0', 1, [0, 1]))).toBe(1)
  const plain = { ...exact, growth: undefined }
  expect(() => makeCanvas(makePlan({ infill: '1[*]0' }, plain), plain, words)).toThrow(
    '--infill has [*]',
  )
})
