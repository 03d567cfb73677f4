// The entropy-bounded sampler: words that are written together are drawn as if each stood alone, and the divergence of
// that from their joint distribution is the sum of their entropies less the entropy of all, which is no less than the
// largest of them. So every step writes words, the surest first, while that sum less the largest is within a bound. By
// rising entropy no other words are as many; the paper also tries other orders, of which RND1 has released one.
import { probabilities, ranked } from '../certainty.ts'
import type { Policy, Prediction } from '../policy.ts'
import { parallel } from './threshold.ts'

/** A row of the network, as the rule sees it. */
interface Look {
  /** larger is surer */
  readonly certainty: number
  /** nats */
  readonly entropy: number
}

/** The rows that may be written together, the surest first: one at least. @param bound in nats */
export function dependingLittle(looks: readonly Look[], bound = 0.1): number[] {
  const order = ranked(
    [...looks.keys()],
    looks.map(({ certainty }) => certainty),
  )
  let sum = 0
  let most = 0
  const beyond = order.findIndex((i) => {
    sum += looks[i].entropy
    most = Math.max(most, looks[i].entropy)
    return sum - most > bound
  })
  return order.slice(0, beyond < 0 ? order.length : beyond)
}

function bounded(
  row: Pick<Policy, 'name' | 'about' | 'source'>,
  lookAt: (prediction: Prediction) => Look,
): Policy {
  return {
    ...parallel,
    ...row,
    takes: ['entropyBound', 'blockLength'],
    choose: (predictions, { settings }) =>
      dependingLittle(predictions.map(lookAt), settings.entropyBound).map((i) => {
        const { position, token } = predictions[i]
        return { position, token }
      }),
  }
}

export const entropyBound = bounded(
  {
    name: 'entropy-bound',
    about: 'as many words a step as depend little on each other, by --entropy-bound (default 0.1)',
    source: 'Ben-Hamu et al., arXiv 2505.24857 (EB-sampler)',
  },
  ({ entropy }) => ({ certainty: -entropy, entropy }),
)

/** What RND1 counts as certain and as entropy is of the whole vocabulary, the mask included. */
export const entropyBoundTop = bounded(
  {
    name: 'entropy-bound-top',
    about: "RND1's sampler: as entropy-bound, but the most probable words first",
    source: 'Ben-Hamu et al., arXiv 2505.24857; github.com/RadicalNumerics/RND1 eb_gamma',
  },
  ({ logits, token }) => {
    const row = probabilities(logits)
    const entropy = row.reduce((nats, p) => (p > 0 ? nats - p * Math.log(p) : nats), 0)
    return { certainty: row[token], entropy }
  },
)
