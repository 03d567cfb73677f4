import { describe, expect, test } from 'vitest'
import { watcher } from './concerns.ts'
import type { Metric } from './metrics.ts'

const metric = (tokens: number, heldOut: number | undefined, loss: number, phase = 'denoising') =>
  ({
    step: tokens,
    tokens,
    seconds: 1,
    loss,
    rate: 1,
    gradient: 1,
    tokensPerSecond: 1,
    phase,
    heldOut,
  }) satisfies Metric

/** What is said over a run of ten reports. */
function saidOf(heldOut: (number | undefined)[], losses: number[], unigram = 3, phase?: string) {
  const watch = watcher(unigram)
  return heldOut.flatMap((value, i) =>
    watch(
      metric((i + 1) * 1000, value, losses[i] ?? losses[losses.length - 1], phase),
      (i + 1) / heldOut.length,
    ),
  )
}
const falling = [2.9, 2.5, 2.2, 2, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3]

describe('a run that learns', () => {
  test('is no concern, nor is one that wavers', () => {
    expect(saidOf(falling, falling)).toEqual([])
    expect(saidOf([2.5, 2.2, 2.21, 2.2, 2.19, 2.2, 2.1, 2.11, 2.12, 2.1], falling)).toEqual([])
  })
})

describe('a text that is learnt by heart', () => {
  const rising = [2.5, 2.2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8]

  test('is said once, with what is kept and how to stop', () => {
    const said = saidOf(rising, falling)
    expect(said.length).toBe(1)
    expect(said[0]).toMatch(
      /risen from 2.100 to 2.400 nats a token since 3000 tokens.*weights of 3000 tokens are kept.*--patience 3/,
    )
  })

  test('is not when training itself gets worse, or the phase is another', () => {
    expect(saidOf(rising, [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9])).toEqual([])
    const watch = watcher(3)
    const phases = ['left to right', 'left to right', 'denoising', 'denoising', 'denoising']
    const said = phases.flatMap((phase, i) => watch(metric(i, 1 + i, 2 - i / 10, phase), 0.1))
    expect(said).toEqual([])
  })
})

describe('a loss that knows only how frequent tokens are', () => {
  test('is said after a quarter of the run', () => {
    const stuck = Array(10).fill(2.98)
    const said = saidOf(stuck, [3])
    expect(said.length).toBe(1)
    expect(said[0]).toContain('no better than the frequencies of single tokens (3.000)')
    expect(saidOf(stuck, [3], 4)).toEqual([])
  })

  test('is no concern while nothing was measured', () => {
    expect(saidOf(Array(10).fill(undefined), [3])).toEqual([])
  })
})
