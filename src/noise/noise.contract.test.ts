// What every noise on words must be, whatever it does: probabilities, one step as good as two, and a way back that is
// Bayes' rule. By enumeration, in float64.
import { describe, expect, it } from 'vitest'
import { backFromBayes, steps, twoStepsFromOne } from './fixtures/kernel-laws.ts'
import { cases, ids, maskId, tokens } from './fixtures/word-noises.ts'

const sum = (q: Float64Array) => q.reduce((a, b) => a + b, 0)

describe.each(cases)('$name', ({ noise, world }) => {
  it('makes distributions', () => {
    for (const [s, t] of steps) {
      for (const id of ids) {
        expect(sum(noise.forward(id, s, t, world))).toBeCloseTo(1, 14)
        const prediction = id === maskId ? Float64Array.of(0.2, 0.3, 0.5, 0) : sure(id)
        expect(sum(noise.posterior(id, prediction, s, t, world))).toBeCloseTo(1, 14)
      }
    }
  })

  it('starts from what is left of any token at t = 1', () => {
    for (const token of tokens) {
      expect(noise.forward(token, 0, 1, world)).toEqual(noise.prior(world))
    }
  })

  it('takes two steps as it takes one', () => {
    expect(twoStepsFromOne(noise, world)).toBeLessThan(1e-14)
  })

  it("goes back by Bayes' rule", () => {
    expect(backFromBayes(noise, world)).toBeLessThan(1e-13)
  })

  it('says truly whether what is not the mask can be wrong', () => {
    const changes = steps.some(([s, t]) =>
      tokens.some((noisy) =>
        tokens.some(
          (before) =>
            before !== noisy &&
            noise.posterior(noisy, Float64Array.of(0.2, 0.3, 0.5, 0), s, t, world)[before] > 0,
        ),
      ),
    )
    expect(changes).toBe(!noise.settles)
  })

  it('says truly whether a word can become the mask', () => {
    const hidden = steps.some(([, t]) => noise.forward(0, 0, t, world)[maskId] > 0)
    expect(hidden).toBe(noise.hides)
  })

  it('refuses times outside (0, 1] by their value', () => {
    const clean = Int32Array.from(tokens)
    for (const t of [0, -0.1, 1.5, Number.NaN]) {
      expect(() => noise.corrupt(clean, t, world, () => 0.5)).toThrow(`noise time ${t} is outside`)
    }
    expect(() => noise.forward(0, 0.8, 0.1, world)).toThrow('0.8 to 0.1')
    expect(() => noise.posterior(0, sure(0), 0.8, 0.1, world)).toThrow('0.8 to 0.1')
  })

  it('leaves the clean text alone', () => {
    const clean = Int32Array.from(tokens)
    noise.corrupt(clean, 1, world, () => 0.5)
    expect(Array.from(clean)).toEqual(tokens)
  })
})

describe.each(cases.filter(({ noise }) => !noise.causal))('$name', ({ noise, world }) => {
  it('keeps a position whose uniform number is 1', () => {
    const clean = Int32Array.from(tokens)
    expect(noise.corrupt(clean, 1, world, () => 1)).toEqual(clean)
  })

  it('corrupts a position as often as its forward distribution says', () => {
    const draws = 10_000
    for (const t of [0.1, 0.5, 1]) {
      const text = noise.corrupt(new Int32Array(draws).fill(1), t, world, (i) => (i + 0.5) / draws)
      const q = noise.forward(1, 0, t, world)
      ids.forEach((id) => {
        const share = text.filter((token) => token === id).length / draws
        // evenly spread uniforms miss an interval by at most one draw, and a token can own two: kept, and drawn anew
        expect(Math.abs(share - q[id])).toBeLessThanOrEqual(2 / draws + 1e-12)
      })
    }
  })
})

function sure(id: number): Float64Array {
  const q = new Float64Array(4)
  q[id] = 1
  return q
}
