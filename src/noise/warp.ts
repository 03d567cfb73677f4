// Time warping of noise on embeddings (CDCD, arXiv 2211.15089): what a word costs rises with the noise on it, here fast and
// there hardly at all. A piecewise linear F of log σ is fitted to that while a network learns; levels of noise are then
// drawn, and stepped through in writing, so that F rises evenly.
import { UnfogError } from '../error/index.ts'
import type { SigmaRange } from './noise.ts'
import type { Schedule } from './schedule.ts'

/** The fitted values as a tensor of a model, [warpPieces]: logarithms of the slopes of F. */
export const warpName = 'noise.warp'
export const warpPieces = 32

export interface Warp {
  /** log σ up to which F has risen by the share u of its whole rise */
  levelAt(u: number): number
  /** F at log σ; 0 at the least noise */
  heightAt(level: number): number
  /** Adds ∂/∂values of the mean of ½(F(level) - nats)². @param into [warpPieces] */
  addGradient(
    into: Float32Array | Float64Array,
    levels: ArrayLike<number>,
    nats: ArrayLike<number>,
  ): void
}

/** @param values read at every use, so that training may change them in place; all alike without */
export function warpOf(values: ArrayLike<number>, range: SigmaRange): Warp {
  const [from, to] = range.map(Math.log)
  const width = (to - from) / warpPieces
  const rises = (): number[] =>
    Array.from({ length: warpPieces }, (_, i) => Math.exp(values[i] ?? 0) * width)
  /** how much of a piece lies below a level */
  const below = (level: number, i: number): number =>
    Math.min(1, Math.max(0, (level - from) / width - i))
  const heightOf = (level: number, rises: readonly number[]): number =>
    rises.reduce((height, rise, i) => height + rise * below(level, i), 0)
  return {
    heightAt: (level) => heightOf(level, rises()),
    levelAt(u) {
      const all = rises()
      let left = u * heightOf(to, all)
      for (const [i, rise] of all.entries()) {
        if (left <= rise) return from + width * (i + left / rise)
        left -= rise
      }
      return to
    },
    addGradient(into, levels, nats) {
      const all = rises()
      for (let r = 0; r < levels.length; r++) {
        const off = (heightOf(levels[r], all) - nats[r]) / levels.length
        all.forEach((rise, i) => {
          into[i] += off * rise * below(levels[r], i)
        })
      }
    },
  }
}

/** log σ at a time of the linear schedule, and back. */
export const levelOf = (time: number): number => Math.log(time / (1 - time)) / 2
export const linearTimeOf = (level: number): number => 1 / (1 + Math.exp(-2 * level))

/** Equal steps of its time are equal rises of F. */
export function warpedSchedule(values: ArrayLike<number>, range: SigmaRange): Schedule {
  const warp = warpOf(values, range)
  const noise = (t: number): number => linearTimeOf(warp.levelAt(t))
  return {
    name: 'warped',
    about: 'levels of noise as evenly spread as what words cost there',
    noise,
    survival: (t) => 1 / (1 + Math.exp(2 * warp.levelAt(t))),
    derivative(t) {
      const h = 1e-6
      const [before, after] = [Math.max(0, t - h), Math.min(1, t + h)]
      return (noise(before) - noise(after)) / (after - before)
    },
    linearTime: noise,
    curve() {
      throw new UnfogError('internal', 'graphs are told the linear time of a warped schedule')
    },
  }
}
