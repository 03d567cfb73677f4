// The cases of the op contract suite: at least one row for every op, with the edges where such ops usually break.
// Each value is written from the definition, entry by entry, never from the engine's own decomposition.
import {
  add,
  attention,
  broadcastTo,
  cast,
  concat,
  constant,
  crossEntropy,
  div,
  equal,
  erf,
  exp,
  fill,
  gather,
  gelu,
  greater,
  int4Matmul,
  int8Matmul,
  layerNorm,
  less,
  log,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  mean,
  mul,
  multiply,
  type ops,
  pad,
  placeRows,
  putAlong,
  range,
  relu,
  replaceRows,
  reshape,
  rmsNorm,
  rotary,
  scatterRows,
  selectRows,
  sigmoid,
  slice,
  softmax,
  sqrt,
  sub,
  sum,
  swiglu,
  takeAlong,
  topIds,
  topValues,
  transpose,
  unpackInt4,
  where,
} from '../index.ts'
import type { Shape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { type Bindings, indices, type OpCase, type Operand, type OpInput } from './op-case.ts'

type Index = readonly number[]

/** f over 0 … n-1 */
const listed = (n: number, f: (i: number) => number): number[] =>
  Array.from({ length: n }, (_, i) => f(i))
const total = (values: number[]): number => values.reduce((a, b) => a + b, 0)

/** 4-bit weights: every byte there is, and scales */
const nibbles = (rows: number, blocks: number): Record<'q' | 'scale', OpInput> => ({
  q: { shape: [rows, blocks, 16], dtype: 'uint8', fill: (entry) => (entry * 37) % 256 },
  scale: { shape: [rows, blocks], range: [0.01, 0.1] },
})
/** the k-th weight of a row */
const nibble = (q: Operand, row: number, k: number): number => {
  const byte = q([row, Math.floor(k / 32), Math.floor((k % 32) / 2)])
  return (k % 2 === 0 ? byte % 16 : Math.floor(byte / 16)) - 8
}
const average = (values: number[]): number => total(values) / values.length
/** the row of the last axis that an index stands in */
const row = (x: Operand, index: Index): number[] =>
  listed(x.dims[x.dims.length - 1], (i) => x([...index.slice(0, -1), i]))
const logTotal = (values: number[]): number => {
  const top = Math.max(...values)
  return top + Math.log(total(values.map((value) => Math.exp(value - top))))
}
/** erf by a series whose terms are all positive, so that nothing cancels (Abramowitz and Stegun 7.1.6). */
const errorFunction = (x: number): number => {
  let [term, sum] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

const x: Record<string, OpInput> = { x: { shape: ['B', 'L', 4] } }
const positive: Record<string, OpInput> = { x: { shape: ['B', 'L', 4], range: [0.5, 3] } }
/** exponentials of these overflow float32 and float64 */
const large: Record<string, OpInput> = { x: { shape: ['B', 'L', 4], range: [998, 1002] } }
/** ids below `count`; with few of them, many repeat */
const ids = (shape: Shape, count: number): OpInput => ({
  shape,
  dtype: 'int32',
  fill: (_, __, uniform) => Math.floor(count * uniform()),
})
const flags = (shape: Shape): OpInput => ({
  shape,
  dtype: 'bool',
  fill: (_, __, uniform) => (uniform() < 0.5 ? 0 : 1),
})
/** true at the first entry of each row of length L, so that no query is left without a key */
const visibleKeys: OpInput = {
  shape: ['B', 'L'],
  dtype: 'bool',
  fill: (entry, { L }, uniform) => (entry % L === 0 || uniform() < 0.6 ? 1 : 0),
}

const seenByQuery = (keys: 'L' | 'R'): OpInput => ({
  shape: ['B', 'L', keys],
  dtype: 'bool',
  fill: (entry, bindings, uniform) => (entry % bindings[keys] === 0 || uniform() < 0.6 ? 1 : 0),
})

const unary = (
  op: (x: Tensor) => Tensor,
  f: (x: number) => number,
  inputs = x,
  says = 'elementwise',
): OpCase => ({
  says,
  inputs,
  build: ({ x }) => op(x),
  value: ({ x }, index) => f(x(index)),
})

const alongRow = (
  op: (x: Tensor) => Tensor,
  f: (values: number[], index: Index) => number,
): OpCase[] =>
  [
    { says: 'over the last axis', inputs: x },
    { says: 'very large values', inputs: large },
    { says: 'a symbolic last axis', inputs: { x: { shape: ['B', 'L'] } } },
  ].map(({ says, inputs }) => ({
    says,
    inputs,
    build: ({ x }) => op(x),
    value: ({ x }, index) => f(row(x, index), index),
  }))

const pairs: [string, Shape, Shape][] = [
  ['equal shapes', ['B', 'L', 3], ['B', 'L', 3]],
  ['a row repeated', ['B', 'L', 3], [3]],
  ['a column repeated', ['B', 1, 3], ['B', 'L', 1]],
  ['the left one repeated', [1, 3], ['B', 'L', 3]],
  ['a number', ['B', 'L'], []],
  ['ranks apart, size 1 on both', ['L', 1], ['B', 1, 3]],
]

const binary = (
  op: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  range: [number, number] = [-2, 2],
): OpCase[] =>
  pairs.map(([says, a, b]) => ({
    says,
    inputs: { a: { shape: a }, b: { shape: b, range } },
    build: ({ a, b }) => op(a, b),
    value: ({ a, b }, index) => f(a(index), b(index)),
  }))

const comparison = (
  op: (a: Tensor, b: Tensor) => Tensor,
  holds: (a: number, b: number) => boolean,
): OpCase[] => [
  ...binary(op, (a, b) => (holds(a, b) ? 1 : 0)).map((row) => ({ ...row, smooth: false })),
  {
    says: 'integers',
    inputs: { a: ids(['B', 'L'], 3), b: ids(['L'], 3) },
    build: ({ a, b }) => op(a, b),
    value: ({ a, b }, index) => (holds(a(index), b(index)) ? 1 : 0),
    smooth: false,
  },
]

/** Reductions over every kind of axes: the reference walks the whole input and keeps what falls on the index. */
const reduction = (
  op: (x: Tensor, attrs: { axes?: readonly number[]; keep?: boolean }) => Tensor,
  f: (values: number[]) => number,
): OpCase[] =>
  [
    { says: 'everything', axes: undefined, keep: false },
    { says: 'everything, axes kept', axes: undefined, keep: true },
    { says: 'the last axis', axes: [-1], keep: false },
    { says: 'the first axis, kept', axes: [0], keep: true },
    { says: 'two axes', axes: [0, 2], keep: false },
    { says: 'no axis at all', axes: [], keep: false },
  ].map(({ says, axes, keep }) => ({
    says,
    inputs: x,
    build: ({ x }) => op(x, { axes, keep }),
    value: ({ x }, index) => {
      const rank = x.dims.length
      const gone = new Set((axes ?? [0, 1, 2]).map((axis) => (axis + rank) % rank))
      const left = keep ? index : spread(index, gone, rank)
      const values = [...indices(x.dims)]
        .filter((at) => at.every((i, axis) => gone.has(axis) || i === left[axis]))
        .map(x)
      return f(values)
    },
  }))

/** An index without the axes that are gone, put back into the rank they had. */
function spread(index: Index, gone: ReadonlySet<number>, rank: number): number[] {
  const rest = [...index]
  return listed(rank, (axis) => (gone.has(axis) ? 0 : rest.shift()!))
}

function products(): OpCase[] {
  const swap = (on: boolean, [rows, columns]: Shape): Shape =>
    on ? [columns, rows] : [rows, columns]
  const entry = (x: Operand, lead: Index, i: number, j: number, turned: boolean) =>
    x(turned ? [...lead, j, i] : [...lead, i, j])
  const cases: OpCase[] = []
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const alpha of [undefined, 0.5]) {
        for (const [says, leadA, leadB] of [
          ['matrices', [], []],
          ['leading axes repeated', ['B', 1], [2]],
          ['one side a matrix', ['B', 2], []],
        ] as [string, Shape, Shape][]) {
          const options = { transposeA, transposeB, alpha }
          cases.push({
            says: `${says}, ${transposeA ? 'aᵀ' : 'a'} ${transposeB ? 'bᵀ' : 'b'}, alpha ${alpha}`,
            inputs: {
              a: { shape: [...leadA, ...swap(transposeA, ['L', 3])] },
              b: { shape: [...leadB, ...swap(transposeB, [3, 'R'])] },
            },
            build: ({ a, b }) => matmul(a, b, options),
            bindings: [
              { B: 2, L: 3, R: 2 },
              { B: 1, L: 1, R: 1 },
              { B: 1, L: 4, R: 3 },
            ],
            value: ({ a, b }, index) => {
              const [i, j] = index.slice(-2)
              const lead = index.slice(0, -2)
              return (
                total(
                  listed(
                    3,
                    (k) => entry(a, lead, i, k, transposeA) * entry(b, lead, k, j, transposeB),
                  ),
                ) * (alpha ?? 1)
              )
            },
          })
        }
      }
    }
  }
  cases.push({
    says: 'a symbolic inner size',
    inputs: { a: { shape: ['B', 2, 'L'] }, b: { shape: ['B', 'L', 3] } },
    build: ({ a, b }) => matmul(a, b),
    value: ({ a, b }, [m, i, j]) => total(listed(a.dims[2], (k) => a([m, i, k]) * b([m, k, j]))),
  })
  return cases
}

interface Heads {
  says: string
  heads: number
  groups: number
  causal: boolean
  padded?: boolean
  keys?: 'L' | 'R'
  /** a flag per query and key, not per key */
  perQuery?: boolean
}

const attended = ({
  says,
  heads,
  groups,
  causal,
  padded,
  keys = 'L',
  perQuery = false,
}: Heads): OpCase => ({
  says,
  inputs: {
    q: { shape: ['B', heads, 'L', 2] },
    k: { shape: ['B', groups, keys, 2] },
    v: { shape: ['B', groups, keys, 2] },
    ...(padded ? { visible: visibleKeys } : {}),
    ...(perQuery ? { visible: seenByQuery(keys) } : {}),
  },
  build: ({ q, k, v, visible }) => attention(q, k, v, visible, { scale: 0.7, causal }),
  value: ({ q, k, v, visible }, [b, head, query, channel]) => {
    const group = Math.floor(head / (heads / groups))
    const seen = listed(k.dims[2], (key) => key).filter(
      (key) =>
        !(causal && key > query) &&
        (!visible || visible(perQuery ? [b, query, key] : [b, key]) === 1),
    )
    const scores = seen.map(
      (key) => 0.7 * total(listed(2, (i) => q([b, head, query, i]) * k([b, group, key, i]))),
    )
    const all = logTotal(scores)
    return total(seen.map((key, i) => Math.exp(scores[i] - all) * v([b, group, key, channel])))
  },
})

/** Two texts of one length side by side, or one alone, in blocks of two behind a block of one. */
const inBlocks = (says: string, paired: boolean): OpCase => {
  const texts = paired ? 2 : 1
  const operand: OpInput = { shape: ['B', 2, texts, 'L', 2] }
  const block = (position: number) => (position === 0 ? 0 : Math.ceil(position / 2))
  /** may this position of one text see that of another? The clean text is the last */
  const sees = ([text, position]: Index, [other, at]: Index) => {
    const noisy = text < texts - 1
    if (other < texts - 1) return noisy && block(at) === block(position)
    return noisy ? block(at) < block(position) : block(at) <= block(position)
  }
  return {
    says,
    inputs: { q: operand, k: operand, v: operand },
    build: (inputs) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) =>
        reshape(inputs[name], ['B', 2, multiply(texts, 'L'), 2]),
      )
      const blocks = { length: 2, from: 1, context: 9, paired }
      return attention(q, k, v, undefined, { scale: 0.7, causal: false, blocks })
    },
    value: ({ q, k, v }, [b, head, query, channel]) => {
      const length = q.dims[3]
      const places = Array.from({ length: texts * length }, (_, at) => [
        Math.floor(at / length),
        at % length,
      ])
      const seen = places.filter((place) => sees(places[query], place))
      const scores = seen.map(
        (place) =>
          0.7 *
          total(listed(2, (i) => q([b, head, ...places[query], i]) * k([b, head, ...place, i]))),
      )
      const all = logTotal(scores)
      return total(
        seen.map((place, i) => Math.exp(scores[i] - all) * v([b, head, ...place, channel])),
      )
    },
  }
}

/** One of the two channels that turn together, at position l. */
const turned = (
  x: Operand,
  [b, l, h, i]: Index,
  size: number,
  theta: number,
  sign: number,
): number => {
  const half = size / 2
  const angle = sign * l * theta ** ((-2 * (i % half)) / size)
  const [first, second] = [x([b, l, h, i % half]), x([b, l, h, (i % half) + half])]
  return i < half
    ? first * Math.cos(angle) - second * Math.sin(angle)
    : second * Math.cos(angle) + first * Math.sin(angle)
}

const heads: Record<string, OpInput> = { x: { shape: ['B', 'L', 2, 6] } }
const rows: readonly Bindings[] = [
  { N: 5, R: 3 },
  { N: 1, R: 1 },
  { N: 4, R: 4 },
  { N: 3, R: 0 },
]
/** all different: the last rows, backwards */
const distinct: OpInput = { shape: ['R'], dtype: 'int32', fill: (entry, { N }) => N - 1 - entry }

const scattered = (says: string, count: number, fill: OpInput['fill']): OpCase => ({
  says,
  inputs: { x: { shape: ['B', 'L', 2] }, ids: { shape: ['B', 'L'], dtype: 'int32', fill } },
  build: ({ x, ids }) => scatterRows(x, ids, count),
  value: ({ x, ids }, [id, channel]) =>
    total([...indices(ids.dims)].filter((at) => ids(at) === id).map((at) => x([...at, channel]))),
})

const hot: OpInput = ids(['B', 'L'], 4)

const ranks: OpInput = { shape: ['K'], dtype: 'int32', fill: (entry) => entry }
const fewRanks: Bindings[] = [
  { B: 2, L: 3, K: 1 },
  { B: 1, L: 1, K: 4 },
  { B: 3, L: 2, K: 3 },
]
/** indices by falling value, in their order among equals */
const byRank = (values: number[]): number[] =>
  [...values.keys()].sort((a, b) => values[b] - values[a] || a - b)

export const opCases = {
  add: binary(add, (a, b) => a + b),
  attention: [
    attended({ says: 'full', heads: 2, groups: 2, causal: false }),
    attended({ says: 'causal', heads: 2, groups: 2, causal: true }),
    attended({ says: 'padded', heads: 2, groups: 2, causal: false, padded: true }),
    attended({ says: 'causal, padded', heads: 2, groups: 2, causal: true, padded: true }),
    attended({ says: 'grouped heads', heads: 4, groups: 2, causal: false, padded: true }),
    attended({ says: 'one group', heads: 3, groups: 1, causal: true }),
    attended({ says: 'other keys than queries', heads: 2, groups: 1, causal: false, keys: 'R' }),
    attended({
      says: 'each query sees keys of its own',
      heads: 4,
      groups: 2,
      causal: false,
      keys: 'R',
      perQuery: true,
    }),
    inBlocks('in blocks', false),
    inBlocks('noisy blocks beside clean ones', true),
  ],
  broadcastTo: [
    {
      says: 'a row to a batch',
      inputs: { x: { shape: ['L', 1] }, like: { shape: ['B', 'L', 3] } },
      build: ({ x, like }) => add(broadcastTo(x, ['B', 'L', 3]), mul(like, like)),
      value: ({ x, like }, index) => x(index) + like(index) ** 2,
    },
  ],
  cast: [
    {
      says: 'a condition as a factor',
      inputs: { x: { shape: ['B', 'L'] }, flag: flags(['B', 'L']) },
      build: ({ x, flag }) => mul(x, cast(flag)),
      value: ({ x, flag }, index) => x(index) * flag(index),
    },
    {
      says: 'integers',
      inputs: { id: ids(['B', 'L'], 9) },
      build: ({ id }) => cast(id),
      value: ({ id }, index) => id(index),
      smooth: false,
    },
    {
      says: 'a float stays what it is, its gradient too',
      inputs: { x: { shape: ['B', 'L'] }, flag: flags(['B', 'L']) },
      build: ({ x, flag }) => mul(cast(x), cast(flag)),
      value: ({ x, flag }, index) => x(index) * flag(index),
    },
  ],
  concat: [
    {
      says: 'three parts of the last axis',
      inputs: {
        a: { shape: ['B', 'L', 2] },
        b: { shape: ['B', 'L', 1] },
        c: { shape: ['B', 'L', 3] },
      },
      build: ({ a, b, c }) => concat([a, b, c], { axis: -1 }),
      value: ({ a, b, c }, [i, j, k]) =>
        k < 2 ? a([i, j, k]) : k < 3 ? b([i, j, 0]) : c([i, j, k - 3]),
    },
    {
      says: 'the same tensor twice, a middle axis',
      inputs: { a: { shape: ['B', 2, 3] } },
      build: ({ a }) => concat([a, a], { axis: 1 }),
      value: ({ a }, [i, j, k]) => a([i, j % 2, k]),
    },
    {
      says: 'symbolic sizes, which have no gradient yet',
      inputs: { a: { shape: ['B', 2] }, b: { shape: ['B', 2] } },
      build: ({ a, b }) => concat([a, b], { axis: 0 }),
      value: ({ a, b }, [i, j]) => (i < a.dims[0] ? a([i, j]) : b([i - a.dims[0], j])),
      smooth: false,
    },
  ],
  constant: [
    {
      says: 'a table and a number',
      inputs: { x: { shape: ['B', 9] } },
      build: ({ x }) => {
        const table = constant([1, 2, 3, 4, 5, 6, 7, 8, 9])
        const another = constant([1, 2, 3, 4, 5, 6, 7, 9, 8])
        return add(mul(x, table), mul(another, constant([0.1], [])))
      },
      value: ({ x }, [i, j]) => x([i, j]) * (j + 1) + 0.1 * (j < 7 ? j + 1 : 16 - j),
    },
  ],
  crossEntropy: [
    ['over the last axis', 2],
    ['very large values', 1000],
  ].map(([says, offset]) => ({
    says: says as string,
    inputs: {
      logits: { shape: ['B', 'L', 4], range: [Number(offset) - 2, Number(offset) + 2] },
      ids: hot,
    },
    build: ({ logits, ids }) => crossEntropy(logits, ids),
    value: ({ logits, ids }, index) => {
      const values = row(logits, [...index, 0])
      return logTotal(values) - values[ids(index)]
    },
  })),
  div: binary(div, (a, b) => a / b, [0.5, 3]),
  equal: [
    ...comparison(equal, (a, b) => a === b),
    {
      says: 'conditions',
      inputs: { a: flags(['B', 'L']), b: flags(['L']) },
      build: ({ a, b }) => equal(a, b),
      value: ({ a, b }, index) => (a(index) === b(index) ? 1 : 0),
      smooth: false,
    },
  ],
  erf: [
    unary(erf, errorFunction),
    unary(erf, errorFunction, { x: { shape: ['B', 'L', 4], range: [-9, 9] } }, 'far out'),
  ],
  exp: [unary(exp, Math.exp)],
  fill: [
    {
      says: 'a symbolic shape',
      inputs: { x: { shape: ['B', 'L'] } },
      build: ({ x }) => mul(x, fill(0.3, ['B', 'L'])),
      value: ({ x }, index) => x(index) * 0.3,
    },
    {
      says: 'a number',
      inputs: { x: { shape: ['B', 'L'] } },
      build: ({ x }) => mul(x, fill(0.3, [])),
      value: ({ x }, index) => x(index) * 0.3,
    },
  ],
  gather: [
    {
      says: 'few rows, many ids',
      inputs: { table: { shape: [2, 3] }, ids: ids(['B', 'L'], 2) },
      build: ({ table, ids }) => gather(table, ids),
      value: ({ table, ids }, [i, j, k]) => table([ids([i, j]), k]),
    },
    {
      says: 'a symbolic table',
      inputs: {
        table: { shape: ['R', 3] },
        ids: { shape: ['L'], dtype: 'int32', fill: (entry, { R }) => (2 * entry) % R },
      },
      build: ({ table, ids }) => gather(table, ids),
      value: ({ table, ids }, [i, k]) => table([ids([i]), k]),
    },
    {
      says: 'more rows than a one-hot product is used for',
      inputs: {
        table: { shape: [2050, 1] },
        ids: { ...ids(['B', 'L'], 2), fill: (entry) => 2049 * (entry % 2) },
      },
      build: ({ table, ids }) => gather(table, ids),
      value: ({ table, ids }, [i, j, k]) => table([ids([i, j]), k]),
      bindings: [{ B: 1, L: 3 }],
    },
  ],
  gelu: [unary(gelu, (x) => (x * (1 + errorFunction(x * Math.SQRT1_2))) / 2)],
  greater: comparison(greater, (a, b) => a > b),
  int4Matmul: [
    {
      says: 'a row that is no whole number of blocks',
      inputs: { x: { shape: ['L', 40] }, ...nibbles(3, 2) },
      build: ({ x, q, scale }) => int4Matmul(x, q, scale),
      value: ({ x, q, scale }, [i, n]) =>
        total(listed(40, (k) => x([i, k]) * nibble(q, n, k) * scale([n, Math.floor(k / 32)]))),
      smooth: false,
    },
  ],
  int8Matmul: [
    {
      says: 'rows of their own sizes, whose numbers the bytes hold exactly',
      inputs: {
        x: {
          shape: ['B', 'L', 6],
          // -s, 0 or s; a row of zeros too
          fill: (entry) => (((entry * 7) % 3) - 1) * (Math.floor(entry / 6) % 4) * 0.75,
        },
        q: { shape: [6, 5], dtype: 'int8', fill: (entry) => ((entry * 89) % 255) - 127 },
        scale: { shape: [5], range: [0.001, 0.01] },
      },
      build: ({ x, q, scale }) => int8Matmul(x, q, scale),
      value: ({ x, q, scale }, [i, j, n]) =>
        total(listed(6, (k) => x([i, j, k]) * q([k, n]))) * scale([n]),
      smooth: false,
    },
  ],
  layerNorm: ([false, true] as const).map((learnt) => ({
    says: learnt ? 'with weight and bias' : 'plain',
    inputs: { ...x, ...(learnt ? { weight: { shape: [4] }, bias: { shape: [4] } } : {}) },
    build: ({ x, weight, bias }) => layerNorm(x, weight, bias, { eps: 0.1 }),
    value: ({ x, weight, bias }, index) => {
      const values = row(x, index)
      const middle = average(values)
      const variance = average(values.map((value) => (value - middle) ** 2))
      const normal = (x(index) - middle) / Math.sqrt(variance + 0.1)
      return weight ? normal * weight(index) + bias(index) : normal
    },
  })),
  less: comparison(less, (a, b) => a < b),
  log: [unary(log, Math.log, positive)],
  logSoftmax: alongRow(
    logSoftmax,
    (values, index) => values[index[index.length - 1]] - logTotal(values),
  ),
  logsumexp: alongRow(logsumexp, logTotal),
  matmul: products(),
  max: reduction(max, (values) => Math.max(...values)),
  mean: reduction(mean, average),
  mul: binary(mul, (a, b) => a * b),
  pad: [
    {
      says: 'in the middle of the last axis',
      inputs: { x: { shape: ['B', 'L', 2] } },
      build: ({ x }) => pad(x, { axis: -1, start: 1, shape: ['B', 'L', 4] }),
      value: ({ x }, [i, j, k]) => (k === 1 || k === 2 ? x([i, j, k - 1]) : 0),
    },
    {
      says: 'at the start of a symbolic axis',
      inputs: { x: { shape: ['B', 1, 2] }, like: { shape: ['B', 'L', 2] } },
      build: ({ x, like }) => add(like, pad(x, { axis: 1, start: 0, shape: ['B', 'L', 2] })),
      value: ({ x, like }, [i, j, k]) => like([i, j, k]) + (j === 0 ? x([i, 0, k]) : 0),
    },
  ],
  placeRows: [
    {
      says: 'rows at their places',
      inputs: { x: { shape: ['R', 2] }, rows: distinct, like: { shape: ['N', 2] } },
      build: ({ x, rows, like }) => mul(like, placeRows(x, rows, 'N')),
      bindings: rows,
      value: ({ x, rows, like }, [i, j]) =>
        total(listed(rows.dims[0], (r) => (rows([r]) === i ? x([r, j]) * like([i, j]) : 0))),
    },
  ],
  putAlong: [
    {
      says: 'one value per row',
      inputs: { base: { shape: ['B', 'L', 4] }, ids: hot, values: { shape: ['B', 'L'] } },
      build: ({ base, ids, values }) => putAlong(base, ids, values),
      value: ({ base, ids, values }, [i, j, k]) =>
        base([i, j, k]) + (ids([i, j]) === k ? values([i, j]) : 0),
    },
  ],
  range: [
    {
      says: 'a symbolic size',
      inputs: { x: { shape: ['B', 'L'] } },
      build: ({ x }) => mul(x, cast(range('L'))),
      value: ({ x }, [i, j]) => x([i, j]) * j,
    },
    {
      says: 'a product of sizes',
      inputs: { x: { shape: ['B', 'L', 2] } },
      build: ({ x }) => mul(reshape(x, [multiply('B', 'L', 2)]), cast(range('2*B*L'))),
      value: ({ x }, [i]) =>
        x([Math.floor(i / 2 / x.dims[1]), Math.floor(i / 2) % x.dims[1], i % 2]) * i,
    },
  ],
  relu: [unary(relu, (x) => Math.max(x, 0))],
  replaceRows: [
    {
      says: 'new rows among kept ones',
      inputs: { table: { shape: ['N', 2] }, rows: distinct, x: { shape: ['R', 2] } },
      build: ({ table, rows, x }) => replaceRows(table, rows, x),
      bindings: rows,
      value: ({ table, rows, x }, [i, j]) => {
        const r = listed(rows.dims[0], (r) => rows([r])).indexOf(i)
        return r < 0 ? table([i, j]) : x([r, j])
      },
    },
  ],
  reshape: [
    {
      says: 'axes merged and split',
      inputs: x,
      build: ({ x }) => reshape(reshape(x, [multiply('B', 'L'), 4]), ['B', 'L', 2, 2]),
      value: ({ x }, [i, j, k, l]) => x([i, j, 2 * k + l]),
    },
    {
      says: 'axes of size 1',
      inputs: x,
      build: ({ x }) => reshape(x, ['B', 1, 'L', 4, 1]),
      value: ({ x }, [i, , j, k]) => x([i, j, k]),
    },
  ],
  rmsNorm: ([false, true] as const).map((learnt) => ({
    says: learnt ? 'with weight' : 'plain',
    inputs: { ...x, ...(learnt ? { weight: { shape: [4] } } : {}) },
    build: ({ x, weight }) => rmsNorm(x, weight, { eps: 0.1 }),
    value: ({ x, weight }, index) => {
      const square = average(row(x, index).map((value) => value ** 2))
      return (x(index) / Math.sqrt(square + 0.1)) * (weight?.(index) ?? 1)
    },
  })),
  rotary: [
    {
      says: 'turned',
      inputs: heads,
      build: ({ x }) => rotary(x, { theta: 100, context: 6 }),
      value: ({ x }, index) => turned(x, index, 6, 100, 1),
    },
    {
      says: 'turned by places',
      inputs: {
        ...heads,
        places: { shape: ['B', 'L'], dtype: 'int32', fill: (entry) => (5 * entry + 2) % 7 },
      },
      build: ({ x, places }) => rotary(x, { theta: 100, context: 7 }, places),
      value: ({ x, places }, [b, l, h, i]) => {
        const moved = Object.assign(([, , ...rest]: Index) => x([b, l, ...rest]), x)
        return turned(moved, [b, places([b, l]), h, i], 6, 100, 1)
      },
    },
    {
      says: 'turned back',
      inputs: heads,
      build: ({ x }) => rotary(x, { theta: 100, context: 6, inverse: true }),
      value: ({ x }, index) => turned(x, index, 6, 100, -1),
    },
    {
      says: 'there and back is nothing',
      inputs: heads,
      build: ({ x }) => {
        const there = rotary(x, { theta: 10000, context: 9 })
        return rotary(there, { theta: 10000, context: 9, inverse: true })
      },
      value: ({ x }, index) => x(index),
    },
  ],
  scatterRows: [
    scattered('few rows, ids repeat', 3, (_, __, uniform) => Math.floor(3 * uniform())),
    scattered('one row takes all', 2, () => 1),
    scattered('many rows, ids repeat', 2049, (entry) => 2048 * (entry % 2)),
  ],
  selectRows: [
    {
      says: 'each at most once',
      inputs: { x: { shape: ['N', 2] }, rows: distinct },
      build: ({ x, rows }) => selectRows(x, rows),
      bindings: rows,
      value: ({ x, rows }, [i, j]) => x([rows([i]), j]),
    },
    {
      says: 'rows of a batch laid flat',
      inputs: {
        x: { shape: ['B', 'L', 2] },
        rows: { ...distinct, fill: (entry, { B, L }) => B * L - 1 - entry },
      },
      build: ({ x, rows }) => selectRows(reshape(x, [multiply('B', 'L'), 2]), rows),
      value: ({ x, rows }, [i, k]) => {
        const at = rows([i])
        return x([Math.floor(at / x.dims[1]), at % x.dims[1], k])
      },
    },
  ],
  sigmoid: [
    unary(sigmoid, logistic),
    unary(sigmoid, logistic, { x: { shape: ['B', 'L', 4], range: [-900, 900] } }, 'far out'),
  ],
  slice: [
    {
      says: 'the middle of the last axis',
      inputs: x,
      build: ({ x }) => slice(x, { axis: -1, start: 1, end: 3 }),
      value: ({ x }, [i, j, k]) => x([i, j, k + 1]),
    },
    {
      says: 'the start of a symbolic axis',
      inputs: x,
      build: ({ x }) => slice(x, { axis: 1, start: 0, end: 1 }),
      value: ({ x }, [i, , k]) => x([i, 0, k]),
    },
    {
      says: 'parts that tile the whole, out of order',
      inputs: x,
      build: ({ x }) => {
        const part = (start: number, end: number) => slice(x, { axis: 2, start, end })
        return mul(part(3, 4), add(part(0, 1), mul(part(1, 3), part(1, 3))))
      },
      value: ({ x }, [i, j, k]) => x([i, j, 3]) * (x([i, j, 0]) + x([i, j, k + 1]) ** 2),
    },
    {
      says: 'parts that overlap',
      inputs: x,
      build: ({ x }) =>
        mul(slice(x, { axis: 2, start: 0, end: 3 }), slice(x, { axis: 2, start: 1, end: 4 })),
      value: ({ x }, [i, j, k]) => x([i, j, k]) * x([i, j, k + 1]),
    },
  ],
  softmax: alongRow(softmax, (values, index) =>
    Math.exp(values[index[index.length - 1]] - logTotal(values)),
  ),
  sqrt: [unary(sqrt, Math.sqrt, positive)],
  sub: binary(sub, (a, b) => a - b),
  sum: reduction(sum, total),
  swiglu: [
    {
      says: 'gate and up',
      inputs: { gate: { shape: ['B', 'L', 3] }, up: { shape: ['B', 'L', 3] } },
      build: ({ gate, up }) => swiglu(gate, up),
      value: ({ gate, up }, index) => gate(index) * logistic(gate(index)) * up(index),
    },
  ],
  takeAlong: [
    {
      says: 'one entry per row',
      inputs: { ...x, ids: hot },
      build: ({ x, ids }) => takeAlong(x, ids),
      value: ({ x, ids }, index) => x([...index, ids(index)]),
    },
  ],
  topIds: [
    {
      says: 'as many as a vector has entries, the first among equals first',
      inputs: {
        x: { shape: ['B', 'L', 4], fill: (entry) => [1, 3, 3, 2][(entry + (entry >> 2)) % 4] },
        ranks,
      },
      build: ({ x, ranks }) => cast(topIds(x, ranks)),
      bindings: fewRanks,
      value: ({ x }, index) => byRank(row(x, index))[index[2]],
      smooth: false,
    },
  ],
  topValues: [
    {
      says: 'as many as a vector has entries',
      inputs: { ...x, ranks },
      build: ({ x, ranks }) => topValues(x, ranks),
      bindings: fewRanks,
      value: ({ x }, index) => row(x, index)[byRank(row(x, index))[index[2]]],
      smooth: false,
    },
  ],
  transpose: [
    {
      says: 'three axes round',
      inputs: x,
      build: ({ x }) => transpose(x, [2, 0, 1]),
      value: ({ x }, [k, i, j]) => x([i, j, k]),
    },
  ],
  unpackInt4: [
    {
      says: 'two numbers a byte, filler left out',
      inputs: nibbles(3, 2),
      build: ({ q, scale }) => unpackInt4(q, scale, 40),
      value: ({ q, scale }, [n, k]) => nibble(q, n, k) * scale([n, Math.floor(k / 32)]),
      smooth: false,
    },
  ],
  where: [
    {
      says: 'equal shapes',
      inputs: { flag: flags(['B', 'L']), a: { shape: ['B', 'L'] }, b: { shape: ['B', 'L'] } },
      build: ({ flag, a, b }) => where(flag, a, b),
      value: ({ flag, a, b }, index) => (flag(index) ? a(index) : b(index)),
    },
    {
      says: 'every operand repeated somewhere',
      inputs: { flag: flags(['B', 1, 1]), a: { shape: ['L', 1] }, b: { shape: [3] } },
      build: ({ flag, a, b }) => where(flag, a, b),
      value: ({ flag, a, b }, index) => (flag(index) ? a(index) : b(index)),
    },
  ],
} satisfies Record<keyof typeof ops, OpCase[]>
