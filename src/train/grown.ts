// A model that is to learn from conversations needs tokens for the roles, one that is to choose lengths tokens for masks
// that become two, or nothing. One that has none gets them: new rows of its embedding, and new columns of its head, that
// begin as the mean of the others.
import { withGrowth, withRoles } from '../text/index.ts'
import type { Start } from './design.ts'

/** The same model with tokens after all others: for roles, for growth. */
export function grownStart(start: Start, asked: { roles: boolean; growth: boolean }): Start {
  const grown = asked.growth ? withGrowth(start.tokenizer) : start.tokenizer
  const tokenizer = asked.roles ? withRoles(grown) : grown
  if (tokenizer === start.tokenizer) return start
  const { vocabSize, width } = start.config.architecture
  const more = tokenizer.size - vocabSize
  const weights = new Map(start.weights)
  weights.set('embed', moreRows(weights.get('embed')!, vocabSize, width, more))
  const head = weights.get('head')
  if (head) weights.set('head', moreColumns(head, vocabSize, width, more))
  const architecture = { ...start.config.architecture, vocabSize: tokenizer.size }
  return { config: { ...start.config, architecture }, tokenizer, weights }
}

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
