// A model that is to learn from conversations needs tokens for the roles, one that is to choose lengths tokens for masks
// that become two, or nothing, and one whose words vanish piece by piece ids for what is half known. One that has none gets
// them: new rows of its embedding, and new columns of its head, that begin as the mean of the others.
import { halfKnown } from '../noise/index.ts'
import { withGrowth, withRoles } from '../text/index.ts'
import type { Start } from './design.ts'

/** The same model with tokens after all others: for roles, for growth, for pieces. */
export function grownStart(
  start: Start,
  asked: { roles: boolean; growth: boolean; pieces?: number },
): Start {
  const grown = asked.growth ? withGrowth(start.tokenizer) : start.tokenizer
  const tokenizer = asked.roles ? withRoles(grown) : grown
  const size = vocabularyOf(tokenizer.size, asked.pieces)
  const { vocabSize, width } = start.config.architecture
  const more = size - vocabSize
  // what has fewer has learnt from pieces, which is refused where that is known
  if (more <= 0) return start
  const weights = new Map(start.weights)
  weights.set('embed', moreRows(weights.get('embed')!, vocabSize, width, more))
  const head = weights.get('head')
  if (head) weights.set('head', moreColumns(head, vocabSize, width, more))
  const architecture = { ...start.config.architecture, vocabSize: size }
  return { config: { ...start.config, architecture }, tokenizer, weights }
}

/** Ids of a network: those of its tokenizer, and of what is half known where words have so many pieces. */
export const vocabularyOf = (size: number, pieces: number | undefined): number =>
  size + (pieces === undefined ? 0 : halfKnown({ count: pieces, of: size }))

function moreRows(matrix: Float32Array, rows: number, width: number, more: number): Float32Array {
  const mean = new Float32Array(width)
  for (let i = 0; i < matrix.length; i++) mean[i % width] += matrix[i] / rows
  const grown = new Float32Array((rows + more) * width)
  grown.set(matrix)
  for (let row = rows; row < rows + more; row++) grown.set(mean, row * width)
  return grown
}

function moreColumns(
  matrix: Float32Array,
  columns: number,
  rows: number,
  more: number,
): Float32Array {
  const grown = new Float32Array(rows * (columns + more))
  for (let row = 0; row < rows; row++) {
    const old = matrix.subarray(row * columns, (row + 1) * columns)
    const at = row * (columns + more)
    grown.set(old, at)
    grown.fill(old.reduce((sum, x) => sum + x, 0) / columns, at + columns, at + columns + more)
  }
  return grown
}
