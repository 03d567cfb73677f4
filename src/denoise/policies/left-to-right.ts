// Autoregression as a policy: the leftmost word in the fog is written next. On a causal model this is ancestral
// sampling of its exact distribution; a model that sees both sides can be read in this order too.
import type { Policy } from '../policy.ts'

export const leftToRight: Policy = {
  name: 'left-to-right',
  about: 'one word a step from left to right, as autoregressive models write',
  source: 'the chain rule',
  causal: true,
  summaries: true,
  draws: true,
  takes: [],
  defaults: { temperature: 1 },
  steps: (fog) => fog,
  wants: ({ fog }) => fog.slice(0, 1),
  choose: ([{ position, token }]) => [{ position, token }],
}
