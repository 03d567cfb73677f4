// Rotary positions (arXiv 2104.09864), half-split: channel i turns with channel i + D/2 by position · theta^(-2i/D).
// A rotation's gradient is the rotation back, the same op with the sine negated.
import { UnfogError } from '../../error/index.ts'
import { elementTypes } from '../onnx.ts'
import { multiply, sameShape, show } from '../shape.ts'
import { apply, expectType, type Op, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { concat } from './concat.ts'
import { constant } from './constant.ts'
import { gather } from './gather.ts'
import { mul } from './mul.ts'
import { range } from './range.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'
import { sub } from './sub.ts'

export interface Rotary {
  theta: number
  /** most positions */
  context: number
  /** turn back */
  inverse?: boolean
}

/** cos and sin of every position and channel pair, [context × D/2] each. */
export function rotaryTables(
  size: number,
  { theta, context, inverse }: Rotary,
): { cos: Float64Array; sin: Float64Array } {
  const half = size / 2
  const cos = new Float64Array(context * half)
  const sin = new Float64Array(context * half)
  for (let position = 0; position < context; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** ((-2 * i) / size)
      cos[position * half + i] = Math.cos(angle)
      sin[position * half + i] = inverse ? -Math.sin(angle) : Math.sin(angle)
    }
  }
  return { cos, sin }
}

export const rotaryOp: Op<Rotary> = {
  name: 'rotary',
  shape: ([x, places]) => {
    const size = x.shape[3]
    if (x.shape.length !== 4 || typeof size !== 'number' || size % 2 !== 0) {
      throw new UnfogError(
        'bad_shape',
        `rotary needs [B, L, heads, even size], got ${show(x.shape)}`,
      )
    }
    if (places) {
      expectType(places, 'int32', 'rotary')
      if (!sameShape(places.shape, x.shape.slice(0, 2))) {
        throw new UnfogError(
          'bad_shape',
          `rotary needs a place for every position of ${show(x.shape)}, got ${show(places.shape)}`,
        )
      }
    }
    return x.shape
  },
  vjp: ({ inputs: [, places], attrs, dy }) => [
    rotary(dy, { ...attrs, inverse: !attrs.inverse }, places),
    ...(places ? [undefined] : []),
  ],
  emit: (g, [x, places], attrs, { shape }) => {
    const [batch, length, heads, size] = shape
    const half = (size as number) / 2
    const { cos, sin } = rotaryTables(size as number, attrs)
    const flat = g.node('Reshape', [x, g.shape([batch, length, multiply(heads, size)])])
    const tables = [cos, sin].map((table) => g.floats(table, [attrs.context, half]))
    const at = places ? g.node('Cast', [places], { to: elementTypes.int64 }) : g.int64s([0])
    const turned = g.node('RotaryEmbedding', [flat, at, ...tables], {}, 'com.microsoft')
    return g.node('Reshape', [turned, g.shape(shape)])
  },
  lower: ([x, places], attrs) => {
    const [batch, length, , size] = x.shape
    const half = (size as number) / 2
    const { cos, sin } = rotaryTables(size as number, attrs)
    const [c, s] = [cos, sin].map((table) =>
      reshape(
        gather(constant(table, [attrs.context, half]), places ?? range(length)),
        places ? [batch, length, 1, half] : [length, 1, half],
      ),
    )
    const first = slice(x, { axis: 3, start: 0, end: half })
    const second = slice(x, { axis: 3, start: half, end: size as number })
    return concat([sub(mul(first, c), mul(second, s)), add(mul(second, c), mul(first, s))], {
      axis: 3,
    })
  },
}

/** @param x [B, L, heads, D], D even  @param places [B, L] of int32, where each position stands; 0 … L-1 without
 * @returns the same shape, every position turned by the angles of its place */
export const rotary = (x: Tensor, attrs: Rotary, places?: Tensor): Tensor =>
  apply(rotaryOp, places ? [x, places] : [x], attrs)
