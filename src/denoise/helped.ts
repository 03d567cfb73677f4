// Several networks as one: questions go to the network that writes, and those that are meant for a helper to the helper.
// All have the same ids. A drafter sees both sides and guesses many words at once (see the policy `speculative`); a reader
// sees what is to the left and says how likely each word of a finished text is there (see `proofread`).
import type { Ask, Denoiser, Helper, Logits } from './denoiser.ts'

export function helped(
  network: Denoiser,
  helpers: Partial<Record<Helper, Pick<Denoiser, 'context' | 'logits'>>>,
): Denoiser {
  return {
    ...network,
    ...Object.fromEntries(
      Object.entries(helpers).map(([name, { context }]) => [name, { context }]),
    ),
    async logits(asks) {
      const answers = new Map<Ask, Logits>()
      for (const to of new Set(asks.map((one) => one.to))) {
        const own = asks.filter((one) => one.to === to)
        const said = await (to ? helpers[to]! : network).logits(own)
        for (const [i, one] of own.entries()) answers.set(one, said[i])
      }
      return asks.map((one) => answers.get(one)!)
    },
  }
}
