// Caches against released samplers: each question's window, canvas by canvas, and the text that comes out are those that
// Fast-dLLM and dLLM recorded with theirs. And which network takes which cache.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parityJson } from '../../test/support/parity.ts'
import { releasedNetwork } from '../../test/support/released.ts'
import { UnfogError } from '../error/index.ts'
import {
  type CacheName,
  caches,
  type Denoiser,
  denoise,
  type Frame,
  frameFromJSON,
  frameToJSON,
  makePlan,
  type Plan,
  type PlanOptions,
  states,
} from './index.ts'

interface Trace {
  name: string
  params: Record<string, number | string | boolean | null>
  prompt: number[][]
  inputs: number[][]
  model_inputs: number[][][]
  final: number[][]
}
const casesOf = <T = Trace>(file: string): T[] =>
  parityJson<{ cases: T[] }>(`samplers/${file}.json`).cases

let llada: Awaited<ReturnType<typeof releasedNetwork>>
let dream: typeof llada
beforeAll(async () => {
  llada = await releasedNetwork('llada')
  dream = await releasedNetwork('dream')
})
afterAll(async () => {
  await llada.dispose()
  await dream.dispose()
})

const fog = 12

/** A network that notes what it is shown: the positions that are computed anew. */
function watching(network: Denoiser): { network: Denoiser; windows: number[][] } {
  const windows: number[][] = []
  const known = new Set<Int32Array>()
  return {
    windows,
    network: {
      ...network,
      logits: (asks) => {
        for (const { tokens, reuse } of asks) {
          const fresh = reuse && known.has(reuse.of) ? reuse.fresh : undefined
          if (reuse) known.add(reuse.of)
          const all = [...tokens.keys()]
          const anew = fresh && 'at' in fresh ? [...fresh.at] : all.slice(fresh?.from, fresh?.to)
          windows.push(anew.map((position) => tokens[position]))
        }
        return network.logits(asks)
      },
    },
  }
}

async function framesOf(network: Denoiser, prompt: number[], plan: Plan, from?: Frame) {
  const length = prompt.length + fog
  const canvas = {
    tokens: Int32Array.from({ length }, (_, i) => prompt[i] ?? network.maskId),
    state: Uint8Array.from({ length }, (_, i) => (i < prompt.length ? states.given : states.fog)),
  }
  const frames: Frame[] = []
  for await (const frame of denoise(network, from ?? canvas, plan)) frames.push(frame)
  return frames
}

async function follows(
  trace: Trace,
  prompt: number[],
  options: PlanOptions,
  released = llada,
): Promise<void> {
  const { network, windows } = watching(released)
  const plan = makePlan({ temperature: 0, ...options }, network)
  const frames = await framesOf(network, prompt, plan)
  expect([...frames.at(-1)!.tokens]).toEqual(trace.final[0])
  expect(windows).toEqual(trace.model_inputs.map(([row]) => row))
  // a text that is taken up in the middle of a block computes what its beginning had kept
  for (const frame of frames.slice(0, -1)) {
    const wire = frameFromJSON(JSON.parse(JSON.stringify(frameToJSON(frame))))
    const resumed = await framesOf(released, prompt, plan, wire)
    expect(resumed.at(-1)!.tokens).toEqual(frames.at(-1)!.tokens)
  }
}

describe('Fast-dLLM, LLaDA', () => {
  const named = { generate_with_prefix_cache: 'prefix', generate_with_dual_cache: 'dual' } as const
  const all = casesOf<Trace & { function: string }>('fast_dllm_llada')
  for (const trace of all.filter((one) => one.function in named)) {
    test(trace.name, async () => {
      const { steps, threshold, block_length: blockLength } = trace.params as Record<string, number>
      const how: PlanOptions =
        threshold === undefined || threshold === null
          ? { policy: 'low-confidence', steps }
          : { policy: 'threshold', threshold }
      const cache = named[trace.function as keyof typeof named]
      await follows(trace, trace.prompt[0], { ...how, blockLength, cache })
    })
  }

  test('another cache is another text', async () => {
    const different = all
      .filter((one) => one.function === 'generate_with_dual_cache')
      .filter(({ final, name }) => {
        const plain = all.find((one) => one.name === name.replace('_with_dual_cache', ''))!
        return String(plain.final) !== String(final)
      })
    expect(different.length).toBeGreaterThan(0)
  })
})

describe('Fast-dLLM, Dream', () => {
  const cached = casesOf('fast_dllm_dream').filter(
    ({ params }) => params.block_length && params.threshold,
  )
  test('has traces', () => expect(cached.length).toBe(16))
  for (const trace of cached) {
    test(trace.name, async () => {
      const { threshold, block_length: blockLength } = trace.params as Record<string, number>
      const cache: CacheName = trace.params.dual_cache ? 'dual' : 'prefix'
      const how: PlanOptions = { policy: 'opened', threshold, blockLength, cache }
      await follows(trace, trace.prompt[0], how, dream)
    })
  }
})

describe('Fast-dLLM, Dream by entropy', () => {
  const cached = casesOf('fast_dllm_dream').filter(({ params }) => params.alg === 'entropy')
  test('has traces', () => expect(cached.length).toBe(8))
  for (const trace of cached) {
    test(trace.name, async () => {
      const { steps, block_length: blockLength } = trace.params as Record<string, number>
      const cache: CacheName = trace.params.dual_cache ? 'dual' : 'prefix'
      // it asks at steps that settle nothing, too: the same question once more
      const inputs = trace.model_inputs.filter(
        (input, i) => i === 0 || String(input) !== String(trace.model_inputs[i - 1]),
      )
      const how: PlanOptions = { policy: 'entropy', steps, blockLength, cache }
      await follows({ ...trace, model_inputs: inputs }, trace.prompt[0], how, dream)
    })
  }
})

describe('dLLM, LLaDA', () => {
  const cached = casesOf('dllm_fastdllm_llada').filter(
    ({ params }) => params.use_cache && !params.temperature,
  )
  test('has traces', () => expect(cached.length).toBeGreaterThan(20))
  for (const trace of cached) {
    test(trace.name, async () => {
      const { factor, threshold, block_size, steps } = trace.params as Record<string, number>
      const rule: PlanOptions = factor
        ? { policy: 'factor', factor }
        : threshold
          ? { policy: 'threshold', threshold }
          : { policy: 'scheduled', steps }
      const cache = trace.params.use_cache as CacheName
      await follows(trace, trace.inputs[0], { ...rule, blockLength: block_size, cache })
    })
  }
})

test('a word is computed once more after it was written, and then with all others at every eighth question', async () => {
  const { network, windows } = watching(llada)
  const plan = makePlan({ policy: 'confidence', cache: 'delayed', seed: 3 }, network)
  const frames = await framesOf(network, [5, 6, 7], plan)
  expect(windows.length).toBe(fog)
  windows.forEach((window, step) => {
    const before = frames[step]
    const written =
      step === 0
        ? []
        : [...before.tokens.keys()].filter(
            (at) => before.tokens[at] !== frames[step - 1].tokens[at],
          )
    const anew = [...before.tokens.keys()].filter(
      (at) => step % 8 === 0 || before.tokens[at] === network.maskId || written.includes(at),
    )
    expect(window).toEqual(anew.map((at) => before.tokens[at]))
  })
  expect(windows.map((window) => window.length)).toEqual([15, 12, 11, 10, 9, 8, 7, 6, 15, 4, 3, 2])
})

describe('a cache is for a kind of network', () => {
  const refusal = (cache: string, causal: boolean): string => {
    try {
      makePlan({ cache: cache as CacheName }, { causal })
      return ''
    } catch (error) {
      expect(error).toBeInstanceOf(UnfogError)
      expect(error).toMatchObject({ code: 'usage', param: 'cache' })
      return (error as Error).message
    }
  }

  test('and refused by any other', () => {
    expect(refusal('exact', false)).toContain('use --cache prefix, dual or delayed')
    expect(refusal('prefix', true)).toContain('use --cache exact')
    expect(refusal('dual', true)).toContain('use --cache exact')
    expect(refusal('toString', true)).toContain('choose one of none, exact, prefix, dual, delayed')
    for (const causal of [true, false]) expect(refusal('none', causal)).toBe('')
  })

  test('where nobody says, an exact one', () => {
    expect(makePlan({}, { causal: true }).cache).toBe(caches.exact)
    expect(makePlan({}, { causal: false }).cache).toBe(caches.none)
  })

  test('each says what it is', () => {
    for (const [name, cache] of Object.entries(caches)) {
      expect(cache.name).toBe(name)
      expect(cache.about.length).toBeGreaterThan(10)
      expect(cache.source).not.toBe('')
    }
  })
})
