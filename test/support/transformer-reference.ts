// The Transformer of src/nn once more, as plain loops in float64 over one canvas: no graph, no kernels, nothing shared
// with the engine but the config and the names of the weights. What the emitted network is held against.
import type { TransformerConfig } from '../../src/nn/index.ts'

export type Weights = Readonly<Record<string, { data: ArrayLike<number> }>>
type Matrix = Float64Array[]

/** @param ids [L]  @param visible [L], false where a position is padding
 * @param paired is the first half of ids a noisy text, and the second the clean one at the same positions?
 * @returns [L][vocabSize] */
export function referenceLogits(
  config: TransformerConfig,
  weights: Weights,
  ids: ArrayLike<number>,
  visible: readonly boolean[] = Array.from(ids, () => true),
  paired = false,
): Matrix {
  const { width, vocabSize, layers } = config
  const embed = weights.embed.data
  let x: Matrix = Array.from(ids, (id) =>
    Float64Array.from({ length: width }, (_, i) => embed[id * width + i]),
  )
  for (let block = 0; block < layers; block++) {
    const at = `block.${block}`
    const [a, b, c, d, e, f] = timed(config, weights, `${at}.time`, 6)
    const first = modulated(normed(config, weights, x, `${at}.norm1`), a, b)
    x = added(x, gated(attend(config, weights, first, visible, at, paired), c))
    const second = modulated(normed(config, weights, x, `${at}.norm2`), d, e)
    x = added(x, gated(feedForward(config, weights, second, at), f))
  }
  const [shift, scale] = timed(config, weights, 'time', 2)
  x = modulated(normed(config, weights, x, 'norm'), shift, scale)
  return x.map((row) =>
    Float64Array.from({ length: vocabSize }, (_, v) => {
      let sum = weights['head.bias']?.data[v] ?? 0
      for (let i = 0; i < width; i++) {
        sum +=
          row[i] * (config.tiedHead ? embed[v * width + i] : weights.head.data[i * vocabSize + v])
      }
      return sum
    }),
  )
}

const added = (a: Matrix, b: Matrix): Matrix => a.map((row, l) => row.map((v, i) => v + b[l][i]))

const silu = (v: number): number => v / (1 + Math.exp(-v))

/** What time 0 says at one place: `count` vectors of the stream's size, or nothing. */
function timed(
  { timeWidth, width }: TransformerConfig,
  weights: Weights,
  name: string,
  count: number,
): Float64Array[] {
  if (!timeWidth) return []
  const zero = [Float64Array.from({ length: 256 }, (_, i) => (i < 128 ? 1 : 0))]
  const inner = linear(weights, zero, 'time.in', timeWidth).map((row) => row.map(silu))
  const time = linear(weights, inner, 'time.out', timeWidth).map((row) => row.map(silu))
  const [all] = linear(weights, time, name, count * width)
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width))
}

const modulated = (x: Matrix, shift?: Float64Array, scale?: Float64Array): Matrix =>
  shift && scale ? x.map((row) => row.map((v, i) => v * (1 + scale[i]) + shift[i])) : x
const gated = (x: Matrix, gate?: Float64Array): Matrix =>
  gate ? x.map((row) => row.map((v, i) => v * gate[i])) : x

/** x · W (+ b), W stored [in, out] */
function linear(weights: Weights, x: Matrix, name: string, size: number): Matrix {
  const w = weights[name].data
  const bias = weights[`${name}.bias`]?.data
  return x.map((row) =>
    Float64Array.from({ length: size }, (_, o) => {
      let sum = bias ? bias[o] : 0
      for (let i = 0; i < row.length; i++) sum += row[i] * w[i * size + o]
      return sum
    }),
  )
}

function rms(row: Float64Array, eps: number): Float64Array {
  const mean = row.reduce((sum, v) => sum + v * v, 0) / row.length
  return row.map((v) => v / Math.sqrt(mean + eps))
}

function normed(config: TransformerConfig, weights: Weights, x: Matrix, name: string): Matrix {
  const weight = weights[name]?.data
  const bias = weights[`${name}.bias`]?.data
  return x.map((row) => {
    const mean = config.norm === 'rms' ? 0 : row.reduce((sum, v) => sum + v, 0) / row.length
    const unit = rms(
      row.map((v) => v - mean),
      config.normEps,
    )
    return unit.map((v, i) => v * (weight ? weight[i] : 1) + (bias ? bias[i] : 0))
  })
}

/** Channel i turns with channel i + D/2 by position · theta^(-2i/D). */
function turned(head: Float64Array, position: number, theta: number): Float64Array {
  const half = head.length / 2
  const result = head.slice()
  for (let i = 0; i < half; i++) {
    const angle = position * theta ** ((-2 * i) / head.length)
    result[i] = head[i] * Math.cos(angle) - head[i + half] * Math.sin(angle)
    result[i + half] = head[i + half] * Math.cos(angle) + head[i] * Math.sin(angle)
  }
  return result
}

function attend(
  config: TransformerConfig,
  weights: Weights,
  x: Matrix,
  visible: readonly boolean[],
  block: string,
  paired: boolean,
): Matrix {
  const { heads, kvHeads, headSize, width, qkNorm, normEps, ropeTheta } = config
  const sees = sight(config, x.length, paired)
  const position = (l: number) => (paired ? l % (x.length / 2) : l)
  const at = `${block}.attn`
  const qkv = linear(weights, x, `${at}.qkv`, (heads + 2 * kvHeads) * headSize)
  const head = (l: number, index: number) => qkv[l].slice(index * headSize, (index + 1) * headSize)
  const positioned = (l: number, index: number, gain: string) => {
    const raw = head(l, index)
    if (qkNorm === 'none') return turned(raw, position(l), ropeTheta)
    const weight = qkNorm === 'gain' ? weights[`${at}.${gain}`].data : undefined
    const unit = rms(raw, normEps).map((v, i) => (weight ? v * weight[i] : v))
    return turned(unit, position(l), ropeTheta)
  }
  const mixed = x.map((_, l) => {
    const out = new Float64Array(heads * headSize)
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor(h / (heads / kvHeads))
      const q = positioned(l, h, 'qnorm')
      const seen = x.flatMap((_, m) => (visible[m] && sees(l, m) ? [m] : []))
      const scores = seen.map((m) => {
        const k = positioned(m, heads + shared, 'knorm')
        return q.reduce((sum, v, i) => sum + v * k[i], 0) / Math.sqrt(headSize)
      })
      const most = Math.max(...scores)
      const shares = scores.map((s) => Math.exp(s - most))
      const total = shares.reduce((sum, s) => sum + s, 0)
      seen.forEach((m, s) => {
        const v = head(m, heads + kvHeads + shared)
        for (let i = 0; i < headSize; i++) out[h * headSize + i] += (shares[s] / total) * v[i]
      })
    }
    return out
  })
  return linear(weights, mixed, `${at}.out`, width)
}

/** May place l look at place m? */
function sight({ attention, blocks }: TransformerConfig, places: number, paired: boolean) {
  if (attention === 'full') return () => true
  if (attention === 'causal' || !blocks) return (l: number, m: number) => m <= l
  const length = paired ? places / 2 : places
  const noisy = (l: number) => paired && l < length
  const block = (l: number) =>
    Math.max(-1, Math.floor(((l % length) - blocks.from) / blocks.length))
  return (l: number, m: number) =>
    noisy(m)
      ? noisy(l) && block(m) === block(l)
      : noisy(l)
        ? block(m) < block(l)
        : block(m) <= block(l)
}

/** By its series, and far out by its continued fraction: 1e-14 everywhere. */
function erf(x: number): number {
  if (x < 0) return -erf(-x)
  if (x > 3) {
    let fraction = 0
    for (let k = 60; k > 0; k--) fraction = k / 2 / (x + fraction)
    return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction))
  }
  let [sum, term] = [x, x]
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

const activations = {
  swiglu: (up: number, gate: number) => (gate / (1 + Math.exp(-gate))) * up,
  relu2: (up: number) => Math.max(0, up) ** 2,
  gelu: (up: number) => (up * (1 + erf(up / Math.SQRT2))) / 2,
  'gelu-tanh': (up: number) =>
    (up * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (up + 0.044715 * up ** 3)))) / 2,
}

function feedForward(
  config: TransformerConfig,
  weights: Weights,
  x: Matrix,
  block: string,
): Matrix {
  const { hidden, activation, width } = config
  const at = `${block}.mlp`
  const up = linear(weights, x, `${at}.up`, hidden)
  const gate = activation === 'swiglu' ? linear(weights, x, `${at}.gate`, hidden) : up
  const act = activations[activation]
  const inner = up.map((row, l) => row.map((v, i) => act(v, gate[l][i])))
  return linear(weights, inner, `${at}.down`, width)
}
