// The loops of the optimisers as WebAssembly, written here instruction by instruction: four floats at a time, where
// JavaScript takes one (measured: 3 ms instead of 29 for 1.3M parameters). Runs wherever WebAssembly's vectors do
// (Node, every browser since 2023), and gives the same bits everywhere.
import type { OptimiserOptions } from './optimiser.ts'

/** Where the buffers of a parameter lie, in bytes, and its length in floats, a multiple of 4. */
export interface Segment {
  parameters: number
  gradients: number
  first: number
  second: number
  average: number
  length: number
}

export interface AdamWFactors extends Pick<OptimiserOptions, 'beta1' | 'beta2' | 'epsilon'> {
  /** of gradients */
  clipped: number
  /** what decay leaves of a parameter */
  shrink: number
  /** learning rate and 1/√ of the second moment, corrected for their start at zero */
  rate: number
  root: number
  /** what the running average keeps */
  keep: number
}

export interface Kernel {
  adamw(segment: Segment, factors: AdamWFactors): void
  /** first ← momentum · first + gradient, and `to` (bytes) ← momentum · first + gradient: Nesterov's look ahead */
  momentum(segment: Segment, factors: { clipped: number; momentum: number; to: number }): void
  /** A step along the matrix that begins at `along` (bytes). */
  descend(
    segment: Segment,
    factors: { shrink: number; rate: number; keep: number; along: number },
  ): void
  /** Sum of squares in float64. @param from bytes  @param length floats, a multiple of 4 */
  squares(from: number, length: number): number
}

const [i32, f32, f64, v128] = [0x7f, 0x7d, 0x7c, 0x7b]

/** An unsigned number in LEB128. */
const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)])
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...leb(items.length),
  ...items.flat(),
]
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...leb(content.length),
  ...content,
]
const name = (text: string): number[] => vector([...text].map((c) => [c.charCodeAt(0)]))
const simd = (op: number): number[] => [0xfd, ...leb(op)]

const get = (local: number): number[] => [0x20, ...leb(local)]
const set = (local: number): number[] => [0x21, ...leb(local)]
const advance = (pointer: number, bytes: number): number[] => [
  ...[...get(pointer), 0x41, ...leb(bytes), 0x6a],
  ...set(pointer),
]
/** v128.load and .store with the alignment of a float */
const load = [...simd(0), 2, 0]
const store = [...simd(11), 2, 0]
const splat = simd(0x13)
const add = simd(0xe4)
const sub = simd(0xe5)
const mul = simd(0xe6)
const div = simd(0xe7)
const sqrt = simd(0xe3)
/** two floats as float64 */
const loadTwo = (offset: number): number[] => [...simd(0x5d), 2, ...leb(offset), ...simd(0x5f)]

/** Runs `body` until the pointer reaches the end. */
const untilEnd = (pointer: number, end: number, body: readonly number[]): number[] => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...[...get(pointer), ...get(end), 0x4f, 0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
]
const body = (locals: readonly number[][], code: readonly number[]): number[] => {
  const content = [...vector(locals), ...code, 0x0b]
  return [...leb(content.length), ...content]
}

const at = (pointer: number): number[] => [...get(pointer), ...load]
/** old + factor · (new - old) */
const approach = (old: number[], next: number[], factor: number): number[] => [
  ...[...old, ...get(factor), ...next, ...old, ...sub, ...mul, ...add],
]
/** Fills vectors with scalars. */
const spread = (scalars: readonly number[], vectors: readonly number[]): number[] =>
  scalars.flatMap((local, i) => [...get(local), ...splat, ...set(vectors[i])])

function adamwCode(): number[] {
  const [p, g, m, v, a, end] = [0, 1, 2, 3, 4, 5]
  const scalars = Array.from({ length: 8 }, (_, i) => 6 + i)
  const vectors = scalars.map((local) => local + 8)
  const [clipped, towards1, towards2, shrink, rate, root, epsilon, keep] = vectors
  const [gradient, first, second, moved] = [22, 23, 24, 25]
  const step = [
    ...[...at(g), ...get(clipped), ...mul, ...set(gradient)],
    ...[...approach(at(m), get(gradient), towards1), ...set(first)],
    ...approach(at(v), [...get(gradient), ...get(gradient), ...mul], towards2),
    ...set(second),
    ...[...at(p), ...get(shrink), ...mul],
    ...[...get(rate), ...get(first), ...mul],
    ...[...get(second), ...sqrt, ...get(root), ...mul, ...get(epsilon), ...add],
    ...[...div, ...sub, ...set(moved)],
    ...[...get(m), ...get(first), ...store],
    ...[...get(v), ...get(second), ...store],
    ...[...get(p), ...get(moved), ...store],
    ...[...get(a), ...approach(get(moved), at(a), keep), ...store],
    ...[p, g, m, v, a].flatMap((pointer) => advance(pointer, 16)),
  ]
  return body([[12, v128]], [...spread(scalars, vectors), ...untilEnd(p, end, step)])
}

function momentumCode(): number[] {
  const [g, m, to, end] = [0, 1, 2, 3]
  const [clipped, momentum, gradient, moved] = [6, 7, 8, 9]
  const ahead = (before: number[]): number[] => [
    ...[...get(momentum), ...before, ...mul, ...get(gradient), ...add],
  ]
  const step = [
    ...[...at(g), ...get(clipped), ...mul, ...set(gradient)],
    ...[...ahead(at(m)), ...set(moved)],
    ...[...get(m), ...get(moved), ...store],
    ...[...get(to), ...ahead(get(moved)), ...store],
    ...[g, m, to].flatMap((pointer) => advance(pointer, 16)),
  ]
  return body([[4, v128]], [...spread([4, 5], [clipped, momentum]), ...untilEnd(g, end, step)])
}

function descendCode(): number[] {
  const [p, along, a, end] = [0, 1, 2, 3]
  const [shrink, rate, keep, moved] = [7, 8, 9, 10]
  const step = [
    ...[...at(p), ...get(shrink), ...mul, ...get(rate), ...at(along), ...mul, ...sub],
    ...set(moved),
    ...[...get(p), ...get(moved), ...store],
    ...[...get(a), ...approach(get(moved), at(a), keep), ...store],
    ...[p, along, a].flatMap((pointer) => advance(pointer, 16)),
  ]
  return body([[4, v128]], [...spread([4, 5, 6], [shrink, rate, keep]), ...untilEnd(p, end, step)])
}

function squaresCode(): number[] {
  const [p, end, sum, two] = [0, 1, 2, 3]
  const addSquares = (offset: number): number[] => [
    ...[...get(p), ...loadTwo(offset), ...set(two)],
    ...[...get(sum), ...get(two), ...get(two), ...simd(0xf2), ...simd(0xf0), ...set(sum)],
  ]
  const lane = (i: number): number[] => [...get(sum), ...simd(0x21), i]
  return body(
    [[2, v128]],
    [
      ...untilEnd(p, end, [...addSquares(0), ...addSquares(8), ...advance(p, 16)]),
      ...[...lane(0), ...lane(1), 0xa0],
    ],
  )
}

/** The functions: parameters, results, code. */
const functions = {
  adamw: [[...Array(6).fill(i32), ...Array(8).fill(f32)], [], adamwCode],
  momentum: [[...Array(4).fill(i32), ...Array(2).fill(f32)], [], momentumCode],
  descend: [[...Array(4).fill(i32), ...Array(3).fill(f32)], [], descendCode],
  squares: [[i32, i32], [f64], squaresCode],
} satisfies Record<string, [number[], number[], () => number[]]>

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const rows = Object.entries(functions)
  const types = rows.map(([, [parameters, results]]) => [
    0x60,
    ...vector(parameters.map((t) => [t])),
    ...vector(results.map((t) => [t])),
  ])
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...name('host'), ...name('memory'), 0x02, 0x00, ...leb(1)]])),
    ...section(3, vector(rows.map((_, i) => [i]))),
    ...section(7, vector(rows.map(([key], i) => [...name(key), 0x00, i]))),
    ...section(10, vector(rows.map(([, [, , code]]) => code()))),
  ])
}

/** The loops over one memory. */
export function optimiserKernel(memory: WebAssembly.Memory): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), {
    host: { memory },
  })
  const { adamw, momentum, descend, squares } = exports as Record<
    string,
    (...words: number[]) => number
  >
  return {
    adamw({ parameters, gradients, first, second, average, length }, factors) {
      const { clipped, beta1, beta2, shrink, rate, root, epsilon, keep } = factors
      const end = parameters + 4 * length
      const words = [clipped, 1 - beta1, 1 - beta2, shrink, rate, root, epsilon, keep]
      adamw(parameters, gradients, first, second, average, end, ...words)
    },
    momentum({ gradients, first, length }, { clipped, momentum: kept, to }) {
      momentum(gradients, first, to, gradients + 4 * length, clipped, kept)
    },
    descend({ parameters, average, length }, { shrink, rate, keep, along }) {
      descend(parameters, along, average, parameters + 4 * length, shrink, rate, keep)
    },
    squares: (from, length) => squares(from, from + 4 * length),
  }
}
