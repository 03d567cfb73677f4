// Networks small enough to enumerate, for the laws of denoising: three lines each, as the contract promises.
import {
  type Canvas,
  type Denoiser,
  denoiseBatch,
  type LoopOptions,
  type Plan,
  states,
} from '../../src/denoise/index.ts'
import { noises, schedules } from '../../src/noise/index.ts'
import { philox } from '../../src/random/index.ts'

/** A network from a function: probabilities (or weights) of the real tokens at `position` of a canvas.
 * The mask id is the number of real tokens. */
export function tableDenoiser(
  realTokens: number,
  row: (tokens: readonly number[], position: number) => readonly number[],
  more: Partial<Denoiser> = {},
): Denoiser {
  const known = new Map<string, number[]>()
  const rowOf = (tokens: Int32Array, position: number): number[] => {
    const key = `${tokens.join()}:${position}`
    let logits = known.get(key)
    if (!logits) {
      // the mask is the network's favourite: whoever forgets to ban it fails every law
      logits = [...row([...tokens], position).map(Math.log), 9]
      known.set(key, logits)
    }
    return logits
  }
  const answer = (tokens: Int32Array, rows: Int32Array) => {
    const logits = new Float32Array(rows.length * (realTokens + 1))
    for (const [i, position] of rows.entries())
      logits.set(rowOf(tokens, position), i * (realTokens + 1))
    return logits
  }
  return {
    vocabSize: realTokens + 1,
    maskId: realTokens,
    banned: [realTokens],
    context: 64,
    causal: false,
    logits: async (asks) => asks.map(({ tokens, rows }) => answer(tokens, rows)),
    ...more,
  }
}

/** What a network of so many real tokens has learnt to undo. */
export const processOf = (realTokens: number, noise: 'uniform' | 'hybrid' | 'masked') => ({
  noise: noises[noise],
  schedule: schedules.linear,
  words: Int32Array.from({ length: realTokens }, (_, id) => id),
})

/** A network that reads from left to right, from the same function. */
export const causalDenoiser = (
  realTokens: number,
  row: (tokens: readonly number[], position: number) => readonly number[],
  more: Partial<Denoiser> = {},
): Denoiser =>
  tableDenoiser(realTokens, (tokens, i) => row(tokens.slice(0, i), i), { causal: true, ...more })

/** The same network, which writes down what it is asked: its name, the canvas, the rows. */
export const logged = (name: string, network: Denoiser, log: string[]): Denoiser => ({
  ...network,
  logits(asks) {
    for (const { tokens, rows } of asks) log.push(`${name} ${tokens.join('')} ${rows.join('')}`)
    return network.logits(asks)
  },
})

/** A canvas of nothing but fog. */
export const foggedCanvas = (length: number, mask: number): Canvas => ({
  tokens: new Int32Array(length).fill(mask),
  state: new Uint8Array(length).fill(states.fog),
})

/** How often each of `allTexts` is written from a canvas, by seeds 0, 1, 2, …
 * @param samples texts in all, a multiple of 500 */
export async function timesWritten(
  denoiser: Denoiser,
  from: Canvas,
  plan: Plan,
  samples: number,
  options: LoopOptions = {},
): Promise<number[]> {
  const words = denoiser.vocabSize - 1
  const found = new Array(words ** from.tokens.length).fill(0)
  // together as many as the garbage collector likes to have at once
  const together = 500
  for (let first = 0; first < samples; first += together) {
    const tasks = Array.from({ length: together }, (_, i) => ({
      from,
      plan: { ...plan, seed: first + i },
    }))
    for await (const { frame } of denoiseBatch(denoiser, tasks, options)) {
      if (frame.done) found[frame.tokens.reduce((sum, id) => sum * words + id, 0)]++
    }
  }
  return found
}

/** A number in (0, 1) that depends on all of `words`. */
export function hashed(...words: number[]): number {
  let state: [number, number] = [1, 2]
  for (const word of words) {
    const [a, b] = philox([word >>> 0, 0, 0, 0], state)
    state = [a, b]
  }
  return (state[0] + 0.5) / 4294967296
}

/** Random conditionals that agree with no joint distribution, far from uniform. */
export const inconsistentRow =
  (realTokens: number, salt = 0) =>
  (tokens: readonly number[], position: number): number[] => {
    const weights = Array.from(
      { length: realTokens },
      (_, v) => hashed(salt, position, v, ...tokens) ** 2 + 0.02,
    )
    const total = weights.reduce((a, b) => a + b)
    return weights.map((weight) => weight / total)
  }

/** All texts of `length` over `realTokens` tokens, in lexical order. */
export function allTexts(realTokens: number, length: number): number[][] {
  if (length === 0) return [[]]
  return allTexts(realTokens, length - 1).flatMap((text) =>
    Array.from({ length: realTokens }, (_, v) => [...text, v]),
  )
}

/** The exact conditionals of a joint distribution over `allTexts`: p(x_position | what is not masked). */
export const conditionalRow =
  (joint: readonly number[], realTokens: number) =>
  (tokens: readonly number[], position: number): number[] => {
    const weights = new Array(realTokens).fill(0)
    for (const [i, text] of allTexts(realTokens, tokens.length).entries()) {
      const fits = tokens.every((id, at) => id === realTokens || id === text[at])
      if (fits) weights[text[position]] += joint[i]
    }
    const total = weights.reduce((a, b) => a + b)
    return weights.map((weight) => weight / total)
  }

/** Probability of a chi-square as large as this, if the counts came from `expected` (cells of probability 0 must be
 * empty). The regularised incomplete gamma function by its power series. */
export function chiSquareP(counts: readonly number[], expected: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b)
  let statistic = 0
  let cells = 0
  for (const [i, p] of expected.entries()) {
    if (p === 0 && counts[i] > 0) return 0
    if (p === 0) continue
    statistic += (counts[i] - n * p) ** 2 / (n * p)
    cells++
  }
  if (cells === 1) return 1
  const a = (cells - 1) / 2
  const x = statistic / 2
  if (x > 600) return 0
  let gamma = Number.isInteger(a) ? 1 : Math.sqrt(Math.PI) // Γ(1), Γ(1/2)
  for (let k = Number.isInteger(a) ? 1 : 0.5; k <= a; k++) gamma *= k // Γ(a+1)
  let term = (x ** a * Math.exp(-x)) / gamma
  let lower = 0
  for (let k = 1; term > 1e-17 || k < x; k++) {
    lower += term
    term *= x / (a + k)
  }
  return Math.max(0, 1 - lower)
}
