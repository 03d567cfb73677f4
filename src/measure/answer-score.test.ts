import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parityJson } from '../../test/support/parity.ts'
import { releasedNetwork } from '../../test/support/released.ts'
import { answerScore } from './index.ts'

interface Trace {
  params: { mc_num: number; batch_size: number; cfg_scale: number }
  prompt: number[]
  answer: number[]
  k_draws: number[]
  permutations: number[][]
  log_likelihood_float64: number
}

let network: Awaited<ReturnType<typeof releasedNetwork>>
beforeAll(async () => {
  network = await releasedNetwork('llada')
})
afterAll(() => network.dispose())

describe('the score of an answer', () => {
  const { cases } = parityJson<{ cases: Trace[] }>('samplers/llada_log_likelihood.json')
  for (const { params, prompt, answer, k_draws, permutations, log_likelihood_float64 } of cases) {
    test(`is LLaDA's with guidance ${params.cfg_scale}, its draws replayed`, async () => {
      const nats = await answerScore(network, prompt, answer, {
        samples: params.mc_num,
        batch: params.batch_size,
        guidance: params.cfg_scale,
        random: {
          uniform: (step, position, purpose) =>
            purpose === 'time'
              ? (k_draws[step] - 0.5) / answer.length
              : (permutations[step][position] + 0.5) / answer.length,
        },
      })
      // sums of some dozens of float32 losses
      expect(nats).toBeCloseTo(-log_likelihood_float64, 3)
    })
  }

  test('of one token is its loss with everything hidden, whatever is drawn', async () => {
    const [logits] = await network.logits([
      { tokens: Int32Array.of(1, 2, network.maskId), rows: Int32Array.of(2) },
    ])
    const exact = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[7]
    for (const seed of [1, 2]) {
      expect(await answerScore(network, [1, 2], [7], { samples: 4, seed })).toBeCloseTo(exact, 5)
    }
  })

  test('of nothing, or of no whole batches, is refused', async () => {
    await expect(answerScore(network, [1], [])).rejects.toMatchObject({ code: 'bad_input' })
    await expect(answerScore(network, [1], [2], { samples: 10, batch: 4 })).rejects.toMatchObject({
      code: 'usage',
    })
  })
})
