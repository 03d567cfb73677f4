// Steps of vectors, number by number: fixtures/diffusion_lm.json holds what Diffusion-LM's code gives (float64). It scales
// its vectors by √ᾱ; ours are not scaled, z = x_t/√ᾱ and σ² = (1-ᾱ)/ᾱ.
import { describe, expect, it } from 'vitest'
import recorded from '../noise/fixtures/diffusion_lm.json' with { type: 'json' }
import { noises, type Schedule, schedules } from '../noise/index.ts'
import { normals } from '../random/index.ts'
import type { Move } from './medium.ts'
import { vectorMedium } from './vectors.ts'

const noise = noises.gaussian.between!([1e-9, 1e9])
if (!noise.vectors) throw new Error('gaussian noise is on vectors')
const { vectors } = noise
const width = 4
const uniform = 0.37

/** A step of the position whose word lies at `word`, from `z`. */
function step(
  schedule: Schedule,
  word: readonly number[],
  z: readonly number[],
  move: Pick<Move, 'from' | 'to' | 'how' | 'eta'>,
): number[] {
  const words = Float32Array.from([...word, 0, 0, 0, 0])
  const medium = vectorMedium(
    { schedule, words: Int32Array.of(0) },
    noise as Extract<typeof noise, { vectors: object }>,
    { words, vocabSize: 2, maskId: 1 },
    1,
    { vectors: Float32Array.from(z), slopes: new Float32Array(width) },
  )
  const prediction = Float64Array.of(1, 0)
  const known = {
    position: 0,
    token: 0,
    prediction,
    fresh: 0,
    draw: () => 0,
    uniform: () => uniform,
  }
  return [...medium.earlier({ ...known, ...move }).vector!]
}

describe.each(['sqrt', 'cosine'] as const)('the %s schedule of Diffusion-LM', (name) => {
  const { alphas_cumprod: alphas } = recorded.schedules[name]
  const { q_sample, posterior_mean, posterior_variance } = recorded.q_sample[name]
  const at = (t: number) => alphas[Math.round(t * recorded.T) - 1]
  const schedule: Schedule = {
    ...schedules.linear,
    survival: at,
    noise: (t) => 1 - at(t),
  }
  const close = (a: number, b: number) => {
    // float32 vectors
    expect(Math.abs(a - b)).toBeLessThan(2e-6 * Math.max(1, Math.abs(b)))
  }

  it('has the noise, the posterior mean and its variance that were recorded', () => {
    recorded.t_index.forEach((index, b) => {
      const [from, to] = [(index + 1) / recorded.T, index / recorded.T]
      const [now, before] = [Math.sqrt(at(from)), Math.sqrt(at(to))]
      recorded.x_start[b].forEach((word, i) => {
        const sigma = vectors.sigma(from, schedule)
        const z = word.map((x, d) => x + sigma * recorded.noise[b][i][d])
        z.forEach((x, d) => {
          close(now * x, q_sample[b][i][d])
        })
        const moved = step(schedule, word, z, { from, to, how: 'drawn' })
        const fresh = Math.sqrt(posterior_variance[b]) / before
        const epsilon = normals(uniform, width)
        moved.forEach((x, d) => {
          close(before * (x - fresh * epsilon[d]), posterior_mean[b][i][d])
        })
        // with η 1 the flow is that posterior too, where there is one word
        const ddpm = step(schedule, word, z, { from, to, how: 'flowing', eta: 1 })
        ddpm.forEach((x, d) => {
          close(x, moved[d])
        })
        // and without it Euler's rule
        const [high, low] = [from, to].map((t) => vectors.sigma(t, schedule))
        const euler = step(schedule, word, z, { from, to, how: 'flowing' })
        euler.forEach((x, d) => {
          close(x, z[d] + ((low - high) * (z[d] - word[d])) / high)
        })
      })
    })
  })
})
