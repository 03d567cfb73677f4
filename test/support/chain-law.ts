// The law of a chain of steps back under any noise, canvas by canvas: what a sampler's texts are counted against.
import { type Canvas, states } from '../../src/denoise/index.ts'
import { superposed, type WordNoise, type World } from '../../src/noise/index.ts'
import { allTexts } from './denoisers.ts'

/** A step between two noise times, and its share of fresh noise (0 without). */
export interface Step {
  from: number
  to: number
  fresh?: number
}

/** Probability of each of `allTexts`.
 * @param row probabilities of the words at a position of a canvas
 * @param greedy does the last step take what is most probable? */
export function chainLaw(
  row: (tokens: readonly number[], position: number) => readonly number[],
  { noise, world }: { noise: WordNoise; world: World },
  steps: readonly Step[],
  given: Canvas,
  greedy = true,
): number[] {
  const length = given.tokens.length
  const canvases = allTexts(world.vocabSize, length)
  const each = (canvas: ArrayLike<number>, kernel: (i: number) => ArrayLike<number>) =>
    canvases.map((after) =>
      after.reduce((p, id, i) => {
        const fixed = given.state[i] === states.given
        return p * (fixed ? Number(id === canvas[i]) : kernel(i)[id])
      }, 1),
    )
  let weights = each(given.tokens, () => noise.prior(world))
  steps.forEach(({ from, to, fresh = 0 }, step) => {
    const last = greedy && step === steps.length - 1
    const next = weights.map(() => 0)
    canvases.forEach((canvas, before) => {
      if (weights[before] === 0) return
      const kernels = canvas.map((noisy, i) => {
        const prediction = Float64Array.from([...row(canvas, i), 0])
        const back = { noisy, prediction, from, to, fresh: last ? 0 : fresh }
        const q = superposed(noise, back, world)
        const best = q.indexOf(Math.max(...q))
        return last ? q.map((_, id) => Number(id === best)) : q
      })
      each(canvas, (i) => kernels[i]).forEach((p, after) => {
        next[after] += weights[before] * p
      })
    })
    weights = next
  })
  return allTexts(world.vocabSize - 1, length).map(
    (text) => weights[text.reduce((sum, id) => sum * world.vocabSize + id, 0)],
  )
}

/** Equal steps from 1 to 0. */
export const equalSteps = (count: number): Step[] =>
  Array.from({ length: count }, (_, step) => ({
    from: 1 - step / count,
    to: 1 - (step + 1) / count,
  }))
