// The numbers of other implementations. Small ones lie in test/fixtures; the whole collection, where somebody has it,
// in ../shared/parity beside the clone.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSafetensors, type Tensor } from '../../src/model/safetensors.ts'

const places = ['../fixtures/', '../../../shared/parity/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** Path of a file or folder; undefined where it is nowhere. */
export const parityPath = (name: string): string | undefined =>
  places.map((place) => place + name).find(existsSync)

/** A recorded file of a folder as JSON. */
export const parityJson = <T>(name: string): T =>
  JSON.parse(readFileSync(parityPath(name)!, 'utf8'))

/** The tensors of `expected.safetensors`. */
export async function expectedTensors(folder: string): Promise<ReadonlyMap<string, Tensor>> {
  const bytes = readFileSync(`${parityPath(folder)}/expected.safetensors`)
  return (await readSafetensors(bytes)).tensors
}

/** [rows][columns] of a matrix of integers. */
export function integerRows({ data, shape: [rows, columns] }: Tensor): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => Number(data[row * columns + column])),
  )
}

/** Largest difference between two lists of numbers, over the rows of `width` that `counts` says yes to. */
export function worstDifference(
  got: ArrayLike<number>,
  expected: Tensor,
  width: number,
  counts: (row: number) => boolean = () => true,
): number {
  if (got.length !== expected.data.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < got.length; i++) {
    if (!counts(Math.floor(i / width))) continue
    const difference = Math.abs(got[i] - Number(expected.data[i]))
    // NaN compares as nothing: it must not pass
    if (!(difference <= worst)) worst = difference
  }
  return worst
}
