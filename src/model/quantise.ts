// Weights in fewer bits. int8: whole numbers from -127 to 127 and a scale per output (of the embedding: per token), so
// that the largest magnitude is 127. int4: from -8 to 7, with a scale for every 32 inputs of an output, two numbers a
// byte. Beside a quantised tensor `name` lies `name.scale`; what is not quantised stays as it was.
import { int4Block, type QuantisedForm } from '../graph/index.ts'
import type { DtypeName } from './dtype.ts'
import type { Shapes } from './folder.ts'

/** What a tensor of a model is made of. */
export type WeightData = Float32Array | Int8Array | Uint8Array

interface Packing {
  /** of the bytes in a file */
  readonly dtype: DtypeName
  /** shapes of the bytes and of the scales */
  shapes(shape: readonly number[], byRows: boolean): { values: number[]; scale: number[] }
  pack(matrix: Matrix): { values: WeightData; scale: Float32Array }
}

/** A matrix seen as outputs, each with its inputs. */
interface Matrix {
  outputs: number
  inputs: number
  /** place of a weight, in the matrix as it lies */
  at(output: number, input: number): number
  data: Float32Array
}

/** The embedding is read by rows, and so is a head that is tied to it. */
const byRows = (name: string): boolean => name === 'embed'

function matrixOf(name: string, [rows, columns]: readonly number[], data: Float32Array): Matrix {
  return byRows(name)
    ? { outputs: rows, inputs: columns, at: (o, i) => o * columns + i, data }
    : { outputs: columns, inputs: rows, at: (o, i) => i * columns + o, data }
}

export const packings: Record<QuantisedForm, Packing> = {
  int8: {
    dtype: 'I8',
    shapes: (shape, byRows) => ({ values: [...shape], scale: [shape[byRows ? 0 : 1]] }),
    pack({ outputs, inputs, at, data }) {
      const values = new Int8Array(data.length)
      const scale = new Float32Array(outputs)
      for (let o = 0; o < outputs; o++) {
        let largest = 0
        for (let i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(data[at(o, i)]))
        scale[o] = largest / 127
        // a scale may be too small for a float32: then the weights are nothing
        if (scale[o] === 0) continue
        for (let i = 0; i < inputs; i++) {
          const steps = Math.round(data[at(o, i)] / scale[o])
          values[at(o, i)] = Math.max(-127, Math.min(127, steps))
        }
      }
      return { values, scale }
    },
  },
  int4: {
    dtype: 'U8',
    shapes(shape, byRows) {
      const [outputs, inputs] = byRows ? shape : [shape[1], shape[0]]
      const blocks = Math.ceil(inputs / int4Block)
      return { values: [outputs, blocks, int4Block / 2], scale: [outputs, blocks] }
    },
    pack({ outputs, inputs, at, data }) {
      const blocks = Math.ceil(inputs / int4Block)
      // 8 means 0, in both halves of a byte
      const values = new Uint8Array((outputs * blocks * int4Block) / 2).fill(0x88)
      const scale = new Float32Array(outputs * blocks)
      for (let o = 0; o < outputs; o++) {
        for (let b = 0; b < blocks; b++) {
          const from = b * int4Block
          const to = Math.min(inputs, from + int4Block)
          let extreme = 0
          for (let i = from; i < to; i++) {
            const weight = data[at(o, i)]
            if (Math.abs(weight) > Math.abs(extreme)) extreme = weight
          }
          // the side with the largest magnitude gets the eighth step
          const step = Math.fround(extreme / -8)
          scale[o * blocks + b] = step
          if (step === 0) continue
          for (let i = from; i < to; i++) {
            const steps = Math.max(-8, Math.min(7, Math.round(data[at(o, i)] / step)))
            const place = (o * blocks * int4Block + i) >> 1
            const shift = (i & 1) * 4
            values[place] = (values[place] & ~(15 << shift)) | ((steps + 8) << shift)
          }
        }
      }
      return { values, scale }
    },
  },
}

/** A matrix from this many weights on is large: it gains in speed as int8 (docs/quantisation.md); of smaller ones some gain
 * and some lose. */
export const largeMatrix = 2 ** 17

/** Which matrices are quantised: those that gain speed, or all, for memory. */
export const scopes = {
  large: (size: number) => size >= largeMatrix,
  all: () => true,
} satisfies Record<string, (size: number) => boolean>

export type Scope = keyof typeof scopes

const sizeOf = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1)

/** Where words lie under noise on embeddings, and how their vectors are read: small, and all that noise is measured by. */
const isExact = (name: string): boolean => name.startsWith('vectors')

/** Names of the matrices that a scope chooses. */
export const chosen = (shapes: Shapes, scope: Scope): string[] =>
  Object.entries(shapes).flatMap(([name, shape]) =>
    shape.length === 2 && !isExact(name) && scopes[scope](sizeOf(shape)) ? [name] : [],
  )

/** The weights with the chosen matrices quantised, each followed by its scales. */
export function quantiseWeights(
  weights: ReadonlyMap<string, Float32Array>,
  shapes: Shapes,
  form: QuantisedForm,
  scope: Scope,
): Map<string, WeightData> {
  const names = new Set(chosen(shapes, scope))
  return new Map(
    Object.entries(shapes).flatMap(([name, shape]): [string, WeightData][] => {
      const data = weights.get(name)!
      if (!names.has(name)) return [[name, data]]
      const { values, scale } = packings[form].pack(matrixOf(name, shape, data))
      return [
        [name, values],
        [`${name}.scale`, scale],
      ]
    }),
  )
}

/** The form that bytes are in; undefined for floats. */
export const formOf = (
  data: { BYTES_PER_ELEMENT: number } | undefined,
): QuantisedForm | undefined =>
  data instanceof Int8Array ? 'int8' : data instanceof Uint8Array ? 'int4' : undefined

/** Shapes of the tensors that parameters are stored as, given which of them are quantised, and how. */
export const storedShapes = (
  shapes: Shapes,
  form: (name: string) => QuantisedForm | undefined,
): Record<string, readonly number[]> =>
  Object.fromEntries(
    Object.entries(shapes).flatMap(([name, shape]): [string, readonly number[]][] => {
      const quantised = shape.length === 2 ? form(name) : undefined
      if (!quantised) return [[name, shape]]
      const { values, scale } = packings[quantised].shapes(shape, byRows(name))
      return [
        [name, values],
        [`${name}.scale`, scale],
      ]
    }),
  )
