// The one Transformer (pre-norm, rotary positions), as functions over graph tensors. Activations are [B·L, width]:
// every dense layer is one plain matrix product, and only attention looks at batch and length apart.
import {
  type Attention,
  add,
  attention,
  constant,
  type Dim,
  gather,
  gelu,
  geluTanh,
  landmark,
  layerNorm,
  matmul,
  mul,
  multiply,
  named,
  namedFromRoot,
  parameter,
  placeRows,
  range,
  relu,
  replaceRows,
  reshape,
  rmsNorm,
  rotary,
  type Shape,
  scalar,
  selectRows,
  sigmoid,
  slice,
  sub,
  swiglu,
  type Tensor,
  transpose,
} from '../graph/index.ts'
import type { TransformerConfig } from './config.ts'
import { checkConfig, parameterShapes, timeFeatures } from './parameters.ts'

/** the logit of what cannot be: far below any other, and finite, so that gradients stay finite */
export const never = -1e9

/** What the time does to a norm, [1, width] each: x becomes x · (1 + scale) + shift. */
interface Modulation {
  shift: Tensor
  scale: Tensor
  /** what comes back into the stream is multiplied by it */
  gate?: Tensor
}

/** A part of a text that is computed anew, among positions whose keys and values are kept. */
export interface Window {
  /** [B, N] of int32: where its positions stand in the text */
  places: Tensor
  /** [B, kvHeads, N] of int32: where their keys and values stand among the kept ones, counted as [B, kvHeads, L] */
  slots: Tensor
  /** [B, N, L], false where a position must not see another */
  visible: Tensor
  /** [B, kvHeads, L, headSize] per block of the network; what stands at the window's places is not read */
  kept: readonly KeyValues[]
}

/** Keys (turned to their places) and values of one block of the network. */
export interface KeyValues {
  key: Tensor
  value: Tensor
}

/** Texts of different lengths, one behind the other, T tokens in all. Dense layers see no padding; attention alone lays
 * the texts out in a grid of B rows and L columns. */
export interface Packing {
  /** [T] of int32: where each token stands in its own text */
  places: Tensor
  /** [T] of int32: its cell of the grid, counted as B·L */
  cells: Tensor
  /** [B, L] of int32: the token that asks in each cell; any where there is none */
  queries: Tensor
  /** [B, L] of int32: the token that is looked at in each cell; where there is none to be seen, one that is seen
   * elsewhere in the row, which hides more cheaply than any other (see `faint`) */
  keys: Tensor
  /** [B, L], false where there is none to be seen */
  visible: Tensor
}

/** Vectors that the network is shown in places of a text, beside the ids that stand there. */
export interface ShownVectors {
  /** [R] of int32, places in ids, all different */
  places: Tensor
  /** [R, vectors.shown] */
  values: Tensor
}

/** Words that are shown softly, in place of the ids that stand there. */
export interface SoftWords {
  /** [R] of int32, places in ids, all different */
  places: Tensor
  /** [R] of int32: the ids that stand there */
  hard: Tensor
  /** [R, vocabSize]: how much of each word is shown */
  weights: Tensor
}

const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))

/** Looks parameters up by name, each made once. */
function parametersOf(config: TransformerConfig): (name: string) => Tensor | undefined {
  const made = new Map(
    Object.entries(parameterShapes(config)).map(([name, shape]) => [name, parameter(name, shape)]),
  )
  return (name) => made.get(name)
}

export interface Transformer {
  /** in the order of `parameterShapes` */
  readonly parameters: readonly Tensor[]
  /** Logits of some rows; behind the attention of the last block only these are computed. Banned ids have no
   * probability.
   * @param ids [B, L] of int32; or, for a network that sees blocks, [B, 2, L] of noisy texts and the clean ones behind
   * them: then one forward asks every block at once, each with the clean blocks before it
   * @param rows [R] of int32, places in ids, all different
   * @param visible [B, L], false where a position is padding; of both texts of a pair
   * @param shown vectors, of a network of noise on embeddings, or soft words
   * @returns [R, vocabSize] */
  logits(ids: Tensor, rows: Tensor, visible?: Tensor, shown?: ShownVectors | SoftWords): Tensor
  /** The same for texts that are packed. At least two tokens, and rows of the grid of at least two cells: one alone takes
   * another path through the kernels.
   * @param ids [T] of int32  @param rows [R] of int32, places in ids, all different */
  packedLogits(
    ids: Tensor,
    rows: Tensor,
    packing: Packing,
    shown?: ShownVectors | SoftWords,
  ): Tensor
  /** The vectors of all words, [vocabSize, vectors.width], each of length 1; undefined for a network that has none. */
  readonly words: Tensor | undefined
  /** The same for a part of a text, whose other positions are there as keys and values. Which position sees which is
   * told by the window, whatever the network's attention.
   * @param ids [B, N]  @param rows [R], into B·N
   * @returns logits [R, vocabSize], and the window's own keys and values, [B, kvHeads, N, headSize] per block */
  windowLogits(ids: Tensor, rows: Tensor, window: Window): { logits: Tensor; made: KeyValues[] }
}

/** @param banned token ids that are never predicted (mask, padding, labels)
 * @throws UnfogError `bad_model` when the config contradicts itself */
export function transformer(config: TransformerConfig, banned: Iterable<number> = []): Transformer {
  checkConfig(config)
  const lookup = parametersOf(config)
  const get = (name: string) => lookup(name)!

  const norm = (x: Tensor, name: string, by?: Modulation): Tensor =>
    namedFromRoot(name, () => {
      const normal =
        config.norm === 'rms'
          ? rmsNorm(x, lookup(name), { eps: config.normEps })
          : layerNorm(x, lookup(name), lookup(`${name}.bias`), { eps: config.normEps })
      return by ? add(mul(normal, add(by.scale, scalar(1))), by.shift) : normal
    })

  /** x · W (+ b), named and looked up by the whole name. */
  const linear = (x: Tensor, name: string): Tensor =>
    namedFromRoot(name, () => {
      const product = matmul(x, get(name))
      const bias = lookup(`${name}.bias`)
      return bias ? add(product, bias) : product
    })

  /** The embedding of time 0, [1, timeWidth]; undefined for a network that knows no time. */
  const time = (): Tensor | undefined => {
    if (!config.timeWidth) return undefined
    const zero = Float32Array.from({ length: timeFeatures }, (_, i) =>
      i < timeFeatures / 2 ? 1 : 0,
    )
    return namedFromRoot('time', () => {
      const features = constant(zero, [1, timeFeatures])
      return silu(linear(silu(linear(features, 'time.in')), 'time.out'))
    })
  }

  /** The vectors that a time gives to one place of the network, each [1, width]. */
  const modulations = (time: Tensor | undefined, name: string): Tensor[] => {
    if (!time) return []
    const all = linear(time, name)
    const { width } = config
    return namedFromRoot(name, () =>
      Array.from({ length: (all.shape[1] as number) / width }, (_, i) =>
        slice(all, { axis: 1, start: i * width, end: (i + 1) * width }),
      ),
    )
  }

  /** A part of the joint projection as heads, normalised and turned: [B, L, heads, D].
   * @param dims [B, L], or [B, 2, L] of pairs, both texts of which stand at the same positions */
  const heads = (
    x: Tensor,
    dims: Shape,
    start: number,
    count: number,
    role: 'q' | 'k' | 'v',
    at: string,
    places?: Tensor,
  ): Tensor =>
    namedFromRoot(`${at}.${role}`, () => {
      const size = config.headSize
      const part = slice(x, { axis: 1, start: start * size, end: (start + count) * size })
      const length = dims[dims.length - 1]
      let split = reshape(part, [multiply(...dims.slice(0, -1)), length, count, size])
      if (role !== 'v') {
        if (config.qkNorm !== 'none')
          split = rmsNorm(split, lookup(`${at}.${role}norm`), { eps: config.normEps })
        split = rotary(split, { theta: config.ropeTheta, context: config.context }, places)
      }
      return reshape(split, [dims[0], multiply(...dims.slice(1)), count, size])
    })

  /** Queries, keys and values of the joint projection. */
  const project = (x: Tensor, dims: Shape, at: string, places?: Tensor): Tensor[] => {
    const { heads: queries, kvHeads } = config
    const qkv = linear(x, `${at}.qkv`)
    return [
      heads(qkv, dims, 0, queries, 'q', at, places),
      heads(qkv, dims, queries, kvHeads, 'k', at, places),
      heads(qkv, dims, queries + kvHeads, kvHeads, 'v', at),
    ]
  }

  const attentionAttrs = (paired: boolean): Attention => {
    const { headSize, attention, blocks, context } = config
    return {
      scale: 1 / Math.sqrt(headSize),
      causal: attention === 'causal',
      ...(blocks ? { blocks: { ...blocks, context, paired } } : {}),
    }
  }

  /** [B, L, heads, D] and [B, heads, L, D] */
  const swapped = (x: Tensor): Tensor => transpose(x, [0, 2, 1, 3])

  /** Every position looks at those it may see; the answer before its projection, [B·L, heads · headSize]. */
  const attend = (x: Tensor, ids: Tensor, visible: Tensor | undefined, at: string): Tensor => {
    const parts = project(x, ids.shape, at)
    return namedFromRoot(at, () => {
      const [q, k, v] = parts.map(swapped)
      const seen = visible && reshape(visible, [visible.shape[0], k.shape[2]])
      const perHead = attention(q, k, v, seen, attentionAttrs(ids.shape.length === 3))
      return reshape(swapped(perHead), [multiply(...ids.shape), config.heads * config.headSize])
    })
  }

  /** Where heads of a grid lie among those of its tokens. Copying them there is what changing their order costs anyway.
   * @param grid [B, L] of int32  @returns [B, heads, L], counted as [T, heads] */
  const ofCells = (grid: Tensor, tokens: Dim, count: number): Tensor => {
    const byToken = reshape(range(multiply(tokens, count)), [tokens, count])
    return transpose(gather(byToken, grid), [0, 2, 1])
  }

  /** The way back. @param cells [T] of int32  @returns [T, heads], counted as [B, heads, L] */
  const ofTokens = (cells: Tensor, [batch, length]: Shape, count: number): Tensor => {
    const byHead = reshape(range(multiply(batch, count, length)), [batch, count, length])
    const byCell = reshape(transpose(byHead, [0, 2, 1]), [multiply(batch, length), count])
    return gather(byCell, cells)
  }

  /** As attend, for packed texts; [T, heads · headSize]. */
  const attendPacked = (packing: Packing) => {
    const { heads: queries, kvHeads, headSize } = config
    const { cells, visible } = packing
    const [tokens] = cells.shape
    const asking = namedFromRoot('packing.q', () => ofCells(packing.queries, tokens, queries))
    const seen = namedFromRoot('packing.kv', () => ofCells(packing.keys, tokens, kvHeads))
    const back = namedFromRoot('packing', () => ofTokens(cells, visible.shape, queries))
    // a text of its own each: kernels turn no more positions of one than the context has
    const dims = [tokens, 1]
    const places = reshape(packing.places, dims)
    const rowsOf = (x: Tensor): Tensor => reshape(x, [multiply(...x.shape.slice(0, -1)), headSize])
    return (x: Tensor, at: string): Tensor => {
      const [q, k, v] = project(x, dims, at, places)
      return namedFromRoot(at, () => {
        const perHead = attention(
          gather(rowsOf(q), asking),
          gather(rowsOf(k), seen),
          gather(rowsOf(v), seen),
          visible,
          { ...attentionAttrs(false), copies: true },
        )
        return reshape(gather(rowsOf(perHead), back), [tokens, queries * headSize])
      })
    }
  }

  const feedForward = (x: Tensor, at: string): Tensor => {
    const up = linear(x, `${at}.up`)
    const inner = namedFromRoot(at, () => {
      if (config.activation === 'swiglu') return swiglu(linear(x, `${at}.gate`), up)
      if (config.activation === 'gelu') return gelu(up)
      if (config.activation === 'gelu-tanh') return geluTanh(up)
      const positive = relu(up)
      return mul(positive, positive)
    })
    return linear(inner, `${at}.down`)
  }

  /** As attend, where every position looks at the kept ones too. */
  const attendKept = (
    x: Tensor,
    ids: Tensor,
    { places, slots, visible, kept }: Window,
    index: number,
    at: string,
  ): { mixed: Tensor; made: KeyValues } => {
    const { heads: queries, headSize } = config
    const parts = project(x, ids.shape, at, places)
    return namedFromRoot(at, () => {
      const [q, k, v] = parts.map(swapped)
      const among = (kept: Tensor, fresh: Tensor): Tensor => {
        const flat = (y: Tensor) => reshape(y, [multiply(...y.shape.slice(0, 3)), headSize])
        const at = reshape(slots, [multiply(...slots.shape)])
        return reshape(replaceRows(flat(kept), at, flat(fresh)), kept.shape)
      }
      const [key, value] = [among(kept[index].key, k), among(kept[index].value, v)]
      const scale = 1 / Math.sqrt(headSize)
      const perHead = attention(q, key, value, visible, { scale, causal: false })
      const shape = [multiply(...ids.shape), queries * headSize]
      return {
        mixed: reshape(swapped(perHead), shape),
        made: { key: k, value: v },
      }
    })
  }

  /** @param attend mixes the positions  @param rows the only rows that are wanted, if not all */
  const block = (
    x: Tensor,
    attend: (x: Tensor, at: string) => Tensor,
    at: string,
    time: Tensor | undefined,
    rows?: Tensor,
  ): Tensor =>
    namedFromRoot(at, () => {
      const wanted = (all: Tensor) => (rows ? selectRows(all, rows) : all)
      const [first, second] = pairOf(modulations(time, `${at}.time`))
      const back = (part: Tensor, by?: Modulation) => (by?.gate ? mul(part, by.gate) : part)
      const mixed = wanted(attend(norm(x, `${at}.norm1`, first), `${at}.attn`))
      const attended = add(wanted(x), back(linear(mixed, `${at}.attn.out`), first))
      const fed = feedForward(norm(attended, `${at}.norm2`, second), `${at}.mlp`)
      return add(attended, back(fed, second))
    })

  const forbidden = new Float32Array(config.vocabSize)
  for (const id of banned) forbidden[id] = never
  const bans = forbidden.includes(never)

  /** What is shown in places of a text, in the stream, [B·L, width]. */
  const placed = ({ places, values }: ShownVectors, ids: Tensor): Tensor =>
    namedFromRoot('vectors', () =>
      placeRows(matmul(values, get('vectors.in')), places, multiply(...ids.shape)),
    )

  /** What soft words are beside the hard ones, in the stream, [B·L, width]. */
  const softened = ({ places, hard, weights }: SoftWords, ids: Tensor): Tensor =>
    namedFromRoot('embed.soft', () => {
      const change = sub(matmul(weights, get('embed')), gather(get('embed'), hard))
      return placeRows(change, places, multiply(...ids.shape))
    })

  /** Only directions are learnt: the noise on a word counts against a length of 1. */
  const unitVectors = (width: number): Tensor =>
    namedFromRoot('vectors', () =>
      mul(rmsNorm(get('vectors'), undefined, { eps: 1e-12 }), scalar(1 / Math.sqrt(width))),
    )

  /** From ids to logits, with the attention of each block as it is given. */
  const whole = (
    ids: Tensor,
    rows: Tensor,
    attend: (x: Tensor, at: string, index: number) => Tensor,
    shown?: ShownVectors | SoftWords,
  ): Tensor => {
    let x = named('embed', () =>
      reshape(gather(get('embed'), ids), [multiply(...ids.shape), config.width]),
    )
    if (shown) x = add(x, 'values' in shown ? placed(shown, ids) : softened(shown, ids))
    x = landmark(x)
    const at = time()
    for (let i = 0; i < config.layers; i++) {
      const last = i === config.layers - 1
      const wanted = last ? rows : undefined
      x = landmark(block(x, (y, name) => attend(y, name, i), `block.${i}`, at, wanted))
    }
    const [shift, scale] = modulations(at, 'time')
    const last = norm(x, 'norm', at && { shift, scale })
    return named('head', () => {
      const product = config.tiedHead
        ? matmul(last, get('embed'), { transposeB: true })
        : matmul(last, get('head'))
      const bias = lookup('head.bias')
      const logits = bias ? add(product, bias) : product
      return bans ? add(logits, constant(forbidden)) : logits
    })
  }

  return {
    parameters: Object.keys(parameterShapes(config)).map(get),
    words: config.vectors && unitVectors(config.vectors.width),
    logits: (ids, rows, visible, shown) =>
      whole(ids, rows, (x, at) => attend(x, ids, visible, at), shown),
    packedLogits(ids, rows, packing, shown) {
      const attend = attendPacked(packing)
      return whole(ids, rows, attend, shown)
    },
    windowLogits(ids, rows, window) {
      const made: KeyValues[] = []
      const logits = whole(ids, rows, (x, at, index) => {
        const { mixed, made: own } = attendKept(x, ids, window, index, at)
        made.push(own)
        return mixed
      })
      return { logits, made }
    },
  }
}

/** Six vectors of a block as the modulations of its two halves. */
const pairOf = (vectors: readonly Tensor[]): Modulation[] =>
  vectors.length === 0
    ? []
    : [0, 3].map((i) => ({ shift: vectors[i], scale: vectors[i + 1], gate: vectors[i + 2] }))
