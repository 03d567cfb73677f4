// Blocks: the parts of a text that are written one after another, and a noisy look at each of them. With everything
// before a block clean, the weighted costs add up to the bound of block diffusion (arXiv 2503.09573).
import type { Look, Noise, World } from './noise.ts'
import { scattered } from './times.ts'

/** The blocks of a text, first and past-the-end positions.
 * @param block tokens of a block; the whole text is one without
 * @param before tokens that stand before the text and are counted with it */
export function blocksOf(length: number, block?: number, before = 0): [from: number, to: number][] {
  if (block === undefined) return [[0, length]]
  const blocks: [number, number][] = []
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + block - ((before + from) % block))
    blocks.push([from, to])
    from = to
  }
  return blocks
}

/** A look at every block of a text, each at its own level of noise. A block of one word is paid exactly.
 * @param noise one in which words settle: its looks have no time of their own, which blocks could not share
 * @param u in (0, 1), from which every block has its place, evenly spread */
export function lookInBlocks(
  noise: Pick<Noise, 'look'>,
  clean: Int32Array,
  blocks: readonly (readonly [from: number, to: number])[],
  u: number,
  next: () => number,
  world: Pick<World, 'maskId' | 'words'>,
): Look {
  if (blocks.length === 1) return noise.look(clean, u, next, world)
  const noisy = clean.slice()
  const rows: number[] = []
  const weights: number[] = []
  blocks.forEach(([from, to], i) => {
    const part = noise.look(clean.subarray(from, to), scattered(u, i), next, world)
    noisy.set(part.noisy, from)
    for (const row of part.rows) {
      rows.push(from + row)
      weights.push(part.worth)
    }
  })
  return {
    noisy,
    rows: Int32Array.from(rows),
    weights: Float64Array.from(weights),
    worth: 1,
    time: 1,
    masked: rows.length / clean.length,
  }
}
