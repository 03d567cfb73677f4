// Two networks as one: questions go to the network that writes, and those that are meant for its drafter to the drafter,
// a network of the same ids that sees both sides and guesses many words at once (see the policy `speculative`).
import type { Ask, Denoiser, Logits } from './denoiser.ts'

export function drafted(network: Denoiser, drafter: Denoiser): Denoiser {
  const ask = ({ logits }: Denoiser, asks: readonly Ask[]): Promise<Logits[]> | Logits[] =>
    asks.length > 0 ? logits(asks) : []
  return {
    ...network,
    drafter: { context: drafter.context },
    async logits(asks) {
      const guesses = await ask(
        drafter,
        asks.filter((one) => one.drafter),
      )
      const answers = await ask(
        network,
        asks.filter((one) => !one.drafter),
      )
      return asks.map((one) => (one.drafter ? guesses : answers).shift()!)
    },
  }
}
