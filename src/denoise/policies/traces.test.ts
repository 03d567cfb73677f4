// Released samplers, step by step: what they wrote on tiny checkpoints is what the policies here write, token for
// token, canvas for canvas; where they drew at random, their recorded draws are replayed. A trace was kept only where
// rounding decides nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parityJson } from '../../../test/support/parity.ts'
import { releasedNetwork } from '../../../test/support/released.ts'
import { inverse, type Purpose, type Random, race } from '../../random/index.ts'
import {
  type Canvas,
  type Denoiser,
  denoiseBatch,
  makePlan,
  type PlanOptions,
  type PolicyName,
  states,
} from '../index.ts'
import { linspace, transfers } from '../times.ts'
import { sharesOf } from './scheduled.ts'

interface Trace {
  name: string
  params: Record<string, number | string | boolean | null>
  prompt: number[][]
  attention_mask: number[][] | null
  model_inputs: number[][][]
  final: number[][]
}
const casesOf = <T = Trace>(file: string): T[] =>
  parityJson<{ cases: T[] }>(`samplers/${file}.json`).cases

const networks: Record<string, Awaited<ReturnType<typeof releasedNetwork>>> = {}
beforeAll(async () => {
  for (const folder of ['llada', 'dream', 'mdlm']) networks[folder] = await releasedNetwork(folder)
  networks.a2d = await releasedNetwork('a2d-qwen3')
})
afterAll(async () => {
  for (const network of Object.values(networks)) await network.dispose()
})

/** Prompts and fog behind them, each without its padding. */
const canvasesOf = (prompts: number[][], seen: number[][] | null, fog: number, mask: number) =>
  prompts.map((prompt, b): Canvas => {
    const given = prompt.filter((_, i) => seen?.[b][i] !== 0)
    const length = given.length + fog
    return {
      tokens: Int32Array.from({ length }, (_, i) => given[i] ?? mask),
      state: Uint8Array.from({ length }, (_, i) => (i < given.length ? states.given : states.fog)),
    }
  })

type Draws = (row: number) => Random
const noDraws: Draws = () => ({
  uniform() {
    throw new Error('this sampler draws nothing')
  },
})

/** The canvases of every row, first to last: only those that differ from the one before. */
async function written(
  network: Denoiser,
  canvases: readonly Canvas[],
  options: PlanOptions,
  draws: Draws = noDraws,
): Promise<number[][][]> {
  const tasks = canvases.map((from, seed) => ({
    from,
    plan: makePlan({ ...options, seed }, network),
  }))
  const seen: number[][][] = canvases.map(() => [])
  const how = { random: draws, draw: draws === noDraws ? inverse : race }
  for await (const { task, frame } of denoiseBatch(network, tasks, how)) {
    const tokens = [...frame.tokens]
    if (String(tokens) !== String(seen[task].at(-1))) seen[task].push(tokens)
  }
  return seen
}

/** The recorded canvases of a row, without its padding. */
function recorded({ model_inputs, final, prompt }: Trace, b: number, length: number): number[][] {
  const all = [...model_inputs.map((batch) => batch[b]), final[b]]
  const padding = prompt[b].length + (final[b].length - prompt[b].length) - length
  const rows = all.map((row) => row.slice(padding))
  return rows.filter((row, i) => i === 0 || String(row) !== String(rows[i - 1]))
}

async function follows(
  network: Denoiser,
  trace: Trace,
  fog: number,
  options: PlanOptions,
  draws?: Draws,
): Promise<void> {
  const mask = network.maskId
  const canvases = canvasesOf(trace.prompt, trace.attention_mask ?? null, fog, mask)
  const got = await written(network, canvases, { temperature: 0, ...options }, draws)
  for (const [b, { tokens }] of canvases.entries()) {
    expect(got[b]).toEqual(recorded(trace, b, tokens.length))
  }
}

/** Uniforms by step: a table of the whole canvas, one number or a vocabulary of them for every position. */
const table =
  (steps: Partial<Record<Purpose, number[]>>[]): Draws =>
  () => ({ uniform: (step, position, purpose) => steps[step][purpose]![position] })

describe('LLaDA', () => {
  const options = ({ params }: Trace): PlanOptions => ({
    policy: params.remasking === 'random' ? 'random' : 'low-confidence',
    steps: params.steps as number,
    blockLength: params.block_length as number,
    guidance: (params.cfg_scale as number) ?? 0,
    ban: params.logits_eos_inf ? [params.eos_id as number] : [],
    // at temperature 0 both flags of the released code reach the same numbers (trap 1)
    ...(params.confidence_eos_eot_inf
      ? { unsure: [params.eos_id as number, params.eot_id as number] }
      : {}),
  })

  for (const trace of casesOf('llada_generate')) {
    // a mask in a prompt is text here, see below
    if (trace.name === 'prompt_contains_mask') continue
    test(trace.name, async () => {
      await follows(networks.llada, trace, trace.params.gen_length as number, options(trace))
    })
  }

  type Drawn = Trace & { uniforms: { kind: string; u: number[] }[] }
  for (const trace of casesOf<Drawn>('llada_stochastic')) {
    test(`${trace.name}, its draws replayed`, async () => {
      const { temperature, gen_length } = trace.params as Record<string, number>
      const steps: Partial<Record<Purpose, number[]>>[] = []
      for (const { kind, u } of trace.uniforms) {
        const purpose = kind === 'gumbel' ? 'token' : 'position'
        if (steps.length === 0 || purpose in steps.at(-1)!) steps.push({})
        steps.at(-1)![purpose] = u
      }
      const asked = { ...options(trace), temperature }
      // where the released sampler ends with a mask that it predicted, unfog writes a token (trap 4)
      const fog = trace.final[0].includes(networks.llada.maskId)
      const draws = table(steps)
      if (!fog) return follows(networks.llada, trace, gen_length, asked, draws)
      const [canvas] = canvasesOf(trace.prompt, null, gen_length, networks.llada.maskId)
      const [frames] = await written(networks.llada, [canvas], asked, draws)
      const expected = recorded(trace, 0, canvas.tokens.length)
      expect(frames.slice(0, expected.length)).toEqual(expected)
      expect(frames.at(-1)).not.toContain(networks.llada.maskId)
    })
  }

  test('trap 1: an end token that counts for nothing changes the other certainties too', async () => {
    const [trace] = casesOf('llada_generate').filter(
      ({ name }) => name === 'confidence_eos_eot_inf',
    )
    const { eot_id, eos_id } = trace.params as Record<string, number>
    const wrong = { ...options(trace), unsure: [eot_id === 0 ? eos_id : eot_id] }
    await expect(follows(networks.llada, trace, 12, wrong)).rejects.toThrow()
  })

  test('trap 2: a mask among given tokens is text: it stays, takes no turn, and nothing stays in the fog', async () => {
    const [trace] = casesOf('llada_generate').filter(({ name }) => name === 'prompt_contains_mask')
    const { llada } = networks
    const [canvas] = canvasesOf(trace.prompt, null, 12, llada.maskId)
    const [frames] = await written(llada, [canvas], { temperature: 0, ...options(trace) })
    const prompt = trace.prompt[0]
    expect(prompt).toContain(llada.maskId)
    expect(frames.at(-1)!.slice(0, prompt.length)).toEqual(prompt)
    expect(frames.at(-1)!.slice(prompt.length)).not.toContain(llada.maskId)
    // the released sampler wrote into the prompt
    expect(trace.final[0].slice(0, prompt.length)).not.toEqual(prompt)
  })

  test('trap 3: guidance hides what was given, not what was written since', async () => {
    const [trace] = casesOf('llada_generate').filter(({ name }) => name === 'cfg_1.5')
    const { guidance: _, ...without } = options(trace)
    await expect(follows(networks.llada, trace, 12, without)).rejects.toThrow()
    // the unconditional half of the recorded batches
    const asked: number[][] = []
    const watching: Denoiser = {
      ...networks.llada,
      logits: (asks) => {
        asked.push(...asks.map(({ tokens }) => [...tokens]))
        return networks.llada.logits(asks)
      },
    }
    await follows(watching, trace, 12, options(trace))
    expect(asked).toEqual(trace.model_inputs.flat())
  })

  test('trap 4: a network that always predicts the mask is written with all the same', async () => {
    const { llada } = networks
    const stubborn: Denoiser = {
      ...llada,
      async logits(asks) {
        const answers = await llada.logits(asks)
        for (const answer of answers) {
          for (let row = 0; row < answer.length; row += llada.vocabSize)
            answer[row + llada.maskId] = 99
        }
        return answers
      },
    }
    for (const policy of ['low-confidence', 'threshold', 'factor', 'entropy'] as PolicyName[]) {
      const [canvas] = canvasesOf([[1, 2]], null, 6, llada.maskId)
      const [frames] = await written(stubborn, [canvas], { policy, temperature: 0 })
      expect(frames.at(-1)).not.toContain(llada.maskId)
    }
  })

  test('trap 5: the first steps take the remainder', async () => {
    const [trace] = casesOf('llada_generate').filter(({ name }) => name === 'one_block_few_steps')
    const fog = trace.model_inputs.map(([row]) => row.filter((id) => id === 95).length)
    expect(fog.map((count, i) => count - (fog[i + 1] ?? 0))).toEqual([3, 3, 2, 2, 2])
  })
})

describe('Dream', () => {
  const policies: Record<string, PolicyName> = {
    maskgit_plus: 'maskgit-plus',
    topk_margin: 'topk-margin',
    entropy: 'entropy',
    origin: 'origin',
  }
  const options = ({ params }: Trace): PlanOptions => ({
    policy: policies[params.alg as string],
    steps: params.steps as number,
    eps: params.eps as number,
    ...(params.top_p ? { topP: params.top_p as number } : {}),
    ...(params.top_k ? { topK: params.top_k as number } : {}),
  })
  type Drawn = Trace & { uniforms_per_step_row_major_over_masked_positions?: number[][] }

  for (const trace of casesOf<Drawn>('dream_generate')) {
    test(trace.name, async () => {
      const lists = trace.uniforms_per_step_row_major_over_masked_positions
      const fog = trace.params.max_new_tokens as number
      const draws = lists && recordedByPosition(trace, lists)
      await follows(networks.dream, trace, fog, options(trace), draws)
    })
  }

  /** The draws of all masked positions of a batch, one after another, given to their rows and positions. */
  function recordedByPosition({ model_inputs, attention_mask }: Trace, lists: number[][]): Draws {
    return (b) => ({
      uniform(step, position) {
        const padding = attention_mask?.[b].filter((seen) => seen === 0).length ?? 0
        let at = 0
        for (const [row, tokens] of model_inputs[step].entries()) {
          for (const [column, id] of tokens.entries()) {
            if (id !== networks.dream.maskId) continue
            if (row === b && column === position + padding) return lists[step][at]
            at++
          }
        }
        throw new Error('a position that was not masked')
      },
    })
  }

  test('trap 8: shares are counted in float32', () => {
    type Schedule = { n_mask: number; steps: number; eps: number } & Record<string, number[]>
    for (const { n_mask, steps, eps, timesteps, number_transfer_tokens } of casesOf<Schedule>(
      'dream_schedule',
    )) {
      expect([...linspace(eps, steps)]).toEqual(timesteps)
      let fog = n_mask
      number_transfer_tokens.forEach((expected, step) => {
        const count = transfers(fog, step, steps, eps)
        expect(count).toBe(expected)
        fog -= count
      })
    }
  })

  test('trap 8: top-k and top-p change certainties where the best token is taken anyway', async () => {
    const filtered = casesOf('dream_generate').filter(({ name }) => /top_[kp]_[0-9]/.test(name))
    expect(filtered.length).toBe(3)
    let changed = 0
    for (const trace of filtered) {
      const { topK: _, topP: __, ...without } = options(trace)
      changed += await follows(networks.dream, trace, 12, without).then(
        () => 0,
        () => 1,
      )
    }
    expect(changed).toBeGreaterThan(0)
  })
})

describe('Fast-dLLM without a cache', () => {
  const plain = casesOf<Trace & { function: string }>('fast_dllm_llada')
  for (const trace of plain.filter((one) => one.function === 'generate')) {
    test(trace.name, async () => {
      const { steps, threshold, block_length: blockLength } = trace.params as Record<string, number>
      const how: PlanOptions =
        threshold === undefined || threshold === null
          ? { policy: 'low-confidence', steps, blockLength }
          : { policy: 'threshold', threshold, blockLength }
      await follows(networks.llada, trace, 12, how)
    })
  }

  for (const trace of casesOf('fast_dllm_dream').filter(({ name }) =>
    name.startsWith('no_cache'),
  )) {
    test(trace.name, async () => {
      const { threshold, steps } = trace.params as Record<string, number>
      await follows(networks.dream, trace, 12, { policy: 'threshold', threshold, steps })
    })
  }

  const dllm = casesOf<Trace & { inputs: number[][] }>('dllm_fastdllm_llada')
  const uncached = dllm.filter(({ params }) => params.use_cache === null && !params.temperature)
  for (const trace of uncached) {
    test(`dLLM's ${trace.name}`, async () => {
      const { factor, threshold, block_size, max_new_tokens, steps } = trace.params as Record<
        string,
        number
      >
      const rule: PlanOptions = factor
        ? { policy: 'factor', factor }
        : threshold
          ? { policy: 'threshold', threshold }
          : { policy: 'scheduled', steps }
      const asked = { ...rule, blockLength: block_size }
      await follows(networks.llada, { ...trace, prompt: trace.inputs }, max_new_tokens, asked)
    })
  }

  test('trap 6: the surest is written though it is not sure enough', async () => {
    const { llada } = networks
    const [canvas] = canvasesOf([[3, 4]], null, 5, llada.maskId)
    const [frames] = await written(llada, [canvas], {
      policy: 'threshold',
      threshold: 1,
      temperature: 0,
    })
    expect(frames.length).toBe(6)
  })

  test('trap 7: the r-th best needs 1 - factor/(r + 1), counted from 1', async () => {
    expect(uncached.some(({ params }) => params.factor)).toBe(true)
    const [trace] = uncached.filter(({ params }) => params.factor === 2)
    const how: PlanOptions = { policy: 'factor', factor: 4, blockLength: 4 }
    await expect(
      follows(networks.llada, { ...trace, prompt: trace.inputs }, 12, how),
    ).rejects.toThrow()
  })
})

describe("dLLM's sampler for masked diffusion", () => {
  // what unfog does otherwise: guidance hides all that was given; blocks begin behind the last given word
  const otherwise = ['cfg_keep_tokens', 'infill_blocks']
  const cosine = (t: number) => 1 - Math.cos((Math.PI / 2) * (1 - t))
  const survivals: Record<string, ((t: number) => number) | undefined> = {
    CosineAlphaScheduler: cosine,
  }
  type Asked = Trace & {
    inputs: number[][]
    checkpoint: string
    params: Record<string, number[]>
  }
  const cases = [
    ...casesOf<Asked>('dllm_mdlm'),
    ...casesOf<Asked>('dllm_bd3lm').filter(({ name }) => name.startsWith('mdlm')),
  ]

  for (const trace of cases) {
    if (otherwise.some((name) => trace.name.startsWith(name))) continue
    test(trace.name, async () => {
      const network = trace.checkpoint === 'llada' ? networks.llada : networks.a2d
      const { maskId } = network
      const {
        max_new_tokens = 0,
        block_size,
        steps,
        cfg_scale = 0,
      } = trace.params as Record<string, number>
      // shifted logits: the row before a position; every canvas begins with a given word
      const shifted: Denoiser = {
        ...network,
        logits: (asks) =>
          network.logits(asks.map((ask) => ({ ...ask, rows: ask.rows.map((row) => row - 1) }))),
      }
      const canvases = trace.inputs.map((input): Canvas => {
        const tokens = [...input, ...new Array(max_new_tokens).fill(maskId)]
        return {
          tokens: Int32Array.from(tokens),
          state: Uint8Array.from(tokens, (id) => (id === maskId ? states.fog : states.given)),
        }
      })
      const got = await written(trace.params.right_shift_logits ? shifted : network, canvases, {
        policy: 'scheduled',
        steps,
        blockLength: block_size ?? undefined,
        guidance: cfg_scale,
        ban: trace.params.suppress_tokens as number[] | undefined,
        // its name says otherwise: forbidden at no step, and never counted as sure
        unsure: trace.params.begin_suppress_tokens as number[] | undefined,
        survival: survivals[trace.params.scheduler as string],
        temperature: 0,
      })
      for (const [b, { tokens }] of canvases.entries()) {
        // trap 9: padding of the batch stands behind a text, and is seen by nobody
        const all = [...trace.model_inputs.map((batch) => batch[b]), trace.final[b]]
        const rows = all.map((row) => row.slice(0, tokens.length))
        const expected = rows.filter((row, i) => i === 0 || String(row) !== String(rows[i - 1]))
        // where the released sampler ends with a mask that it predicted, unfog writes a token (trap 4)
        const masks = expected.at(-1)!.includes(maskId)
        if (masks) expect(got[b].slice(0, expected.length - 1)).toEqual(expected.slice(0, -1))
        else expect(got[b]).toEqual(expected)
        expect(got[b].at(-1)).not.toContain(maskId)
      }
    })
  }

  test('trap 5: expected numbers are rounded to even, and steps that write nothing are none', () => {
    const { num_transfer_tokens: cases } = parityJson<{
      num_transfer_tokens: {
        scheduler: string
        mask_counts: number[]
        steps: number
        num_transfer_tokens: number[][]
      }[]
    }>('math/dllm_schedulers.json')
    expect(cases.length).toBeGreaterThan(10)
    for (const { scheduler, mask_counts, steps, num_transfer_tokens } of cases) {
      for (const [i, count] of mask_counts.entries()) {
        expect(sharesOf(count, steps, survivals[scheduler] ?? ((t) => 1 - t))).toEqual(
          num_transfer_tokens[i].filter((share) => share > 0),
        )
      }
    }
  })
})

describe('RND1', () => {
  type Framed = Trace & { prefix_ids: number[]; suffix_ids: number[] | null }

  for (const trace of casesOf<Framed>('rnd1_generate').filter(({ params }) => params.eb_gamma)) {
    test(`entropy bound: ${trace.name}`, async () => {
      const { a2d } = networks
      // the released sampler reads the row before a position; its canvas ends with padding that it never writes
      const shifted: Denoiser = {
        ...a2d,
        logits: (asks) =>
          a2d.logits(asks.map((ask) => ({ ...ask, rows: ask.rows.map((row) => row - 1) }))),
      }
      const canvases = [trace.model_inputs[0][0]].map(
        (tokens): Canvas => ({
          tokens: Int32Array.from(tokens),
          state: Uint8Array.from(tokens, (id) => (id === a2d.maskId ? states.fog : states.given)),
        }),
      )
      const [frames] = await written(shifted, canvases, {
        policy: 'entropy-bound-top',
        entropyBound: trace.params.eb_gamma as number,
        temperature: 0,
      })
      expect(frames).toEqual(recorded({ ...trace, prompt: [[]] }, 0, canvases[0].tokens.length))
    })
  }
})

describe('MDLM', () => {
  interface Drawn {
    sampler: string
    num_steps: number
    eps: number
    B: number
    L: number
    final: number[][]
    forward_inputs: number[][][]
    uniforms: number[][][][]
  }
  for (const [i, trace] of casesOf<Drawn>('mdlm_stochastic').entries()) {
    test(`${trace.sampler} ${i}, its draws replayed`, async () => {
      const { mdlm } = networks
      const width = mdlm.vocabSize
      const empty = Array.from({ length: trace.B }, () => [])
      const got = await written(
        mdlm,
        canvasesOf(empty, null, trace.L, mdlm.maskId),
        { policy: 'ddpm', steps: trace.num_steps, eps: trace.eps, temperature: 1 },
        (b) => ({
          uniform: (step, at) => trace.uniforms[step][b][Math.floor(at / width)][at % width],
        }),
      )
      for (const [b, canvases] of got.entries()) {
        const whole = { ...trace, prompt: empty, model_inputs: trace.forward_inputs }
        expect(canvases).toEqual(recorded(whole as unknown as Trace, b, trace.L))
      }
    })
  }
})
