import { expect, test } from 'vitest'
import { seeded } from '../random/index.ts'
import { flat, layoutOf } from '../runtime/index.ts'
import { gradientSpread } from './gradient-spread.ts'
import type { Phase } from './phases.ts'

const phase: Phase = { name: 'denoising', until: 1, causal: false }

/** A trainer whose gradients come from a rule. */
function ruled(shapes: Record<string, number[]>, rule: (step: number, i: number) => number) {
  const gradients = flat(layoutOf(shapes))
  const loss = { data: new Float32Array(1), dims: [] }
  return {
    gradients,
    loss,
    async measure(step: number) {
      let i = 0
      for (const { data } of Object.values(gradients.tensors))
        for (let at = 0; at < data.length; at++) data[at] = rule(step, i++)
      loss.data[0] = 10 * rule(step, 0)
      return 1
    },
  }
}

test('of four gradients by hand', async () => {
  const steps = [
    [1, 0],
    [3, 0],
    [1, 2],
    [3, 2],
  ]
  const trainer = ruled({ a: [2], b: [1] }, (step, i) => steps[step][i] ?? 99)
  const found = await gradientSpread(trainer, phase, ['a'], 4)
  // means 2 and 1; each entry differs from its mean by 1, four times, over three degrees of freedom
  expect(found.variance).toBeCloseTo(8 / 3, 12)
  expect(found.signal).toBeCloseTo(5 - 8 / 12, 12)
  expect(found.loss).toEqual({ mean: 20, variance: 400 / 3 })
})

test('tells the length of the mean gradient from what chance adds to it, and is blind to the scale', async () => {
  const random = seeded(1)
  const size = 400
  const noisy = (scale: number) =>
    ruled({ a: [size] }, (step, i) => scale * (0.1 + 4 * (random.uniform(step, i, 'data') - 0.5)))
  const [one, ten] = await Promise.all(
    [1, 10].map((scale) => gradientSpread(noisy(scale), phase, ['a'], 50)),
  )
  // 400 uniforms of width 4: variance 16/12 each; 400 · .1² of signal, in which chance would add 533/50
  expect(one.variance).toBeGreaterThan(520)
  expect(one.variance).toBeLessThan(547)
  expect(Math.abs(one.signal - 4)).toBeLessThan(3)
  expect(ten.variance / ten.signal).toBeCloseTo(one.variance / one.signal, 3)
})
