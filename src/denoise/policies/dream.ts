// Dream's samplers: time falls from 1 to eps, each step settles its share of the fog, and where is told by a certainty of
// the row after temperature, top-k and top-p: these change certainties even where the best token is taken anyway.
import { blockFog, blockOf, mostBlocks } from '../blocks.ts'
import { gumbel, probabilities, ranked } from '../certainty.ts'
import type { Policy, PolicyState, Prediction } from '../policy.ts'
import type { Sampling } from '../sample.ts'
import { transfers } from '../times.ts'

/** how sure a row is: larger is surer */
type Certainty = (row: Float64Array, token: number) => number

const source = 'Ye et al., arXiv 2508.15487; huggingface.co/Dream-org generation_utils.py'

function dreamPolicy(name: string, about: string, certainty: Certainty): Policy {
  return {
    name,
    about: `Dream's sampler: ${about}`,
    source,
    causal: false,
    takes: ['steps', 'eps', 'orderTemperature', 'blockLength'],
    defaults: { temperature: 1 },
    steps(fog, settings) {
      const blocks = mostBlocks(fog, settings)
      return blocks * Math.max(1, Math.floor((settings.steps ?? fog) / blocks))
    },
    wants(state) {
      const { fog, opening } = turnOf(state)
      if (opening) return fog.subarray(0, 1)
      return settled(state) === 0 ? new Int32Array() : fog
    },
    choose(predictions, state) {
      const scores = predictions.map((prediction) => score(prediction, state, certainty))
      return ranked(predictions, scores)
        .slice(0, settled(state))
        .map(({ position, token }) => ({ position, token }))
    },
  }
}

/** What a step is of: the whole text, or a block with steps of its own. The first word of a block is written first,
 * alone, as Fast-dLLM does it: Dream's rows predict the position behind them, so that word is predicted by a row before
 * the block, which a cache computes only when the block begins. */
function turnOf(view: PolicyState): Pick<PolicyState, 'fog' | 'step' | 'steps'> & {
  opening: boolean
} {
  if (view.settings.blockLength === undefined) return { ...view, opening: false }
  const { index, count } = blockOf(view)
  const steps = Math.floor(view.steps / count)
  const step = view.step - index * steps
  return { fog: blockFog(view), step, steps, opening: step === 0 && steps > 1 }
}

function settled(view: PolicyState): number {
  const { fog, step, steps, opening } = turnOf(view)
  // a block that is done before its time: the next one waits for its own
  if (step < 0) return 0
  return opening ? 1 : transfers(fog.length, step, steps, view.settings.eps ?? 1e-3)
}

/** With an order temperature positions are drawn by softmax(certainty / temperature), without replacement: the largest
 * of certainty / temperature with Gumbel noise. */
function score(
  { logits, token, position }: Prediction,
  state: PolicyState,
  certainty: Certainty,
): number {
  const { settings } = state
  const sure = certainty(filtered(logits, settings), token)
  if (settings.orderTemperature === 0) return sure
  return sure / settings.orderTemperature + gumbel(position, state)
}

/** [V] probabilities after temperature, then top-p (what crosses it is dropped, the first token is not), then top-k, then
 * min-p, which is not Dream's. */
function filtered(
  logits: Float32Array,
  { temperature, topP, topK, minP = 0 }: Sampling,
): Float64Array {
  const scaled = temperature === 0 ? logits : logits.map((logit) => logit / temperature)
  let row = probabilities(scaled)
  if (topP < 1) {
    const order = ranked([...row.keys()], [...row])
    let before = 0
    const gone = order.filter((id) => {
      const crosses = before > topP
      before += row[id]
      return crosses
    })
    row = probabilities(scaled, gone)
  }
  const among = (least: number): Float64Array =>
    probabilities(
      scaled,
      [...row.keys()].filter((id) => row[id] < least),
    )
  if (topK > 0 && topK < row.length) row = among([...row].sort((a, b) => b - a)[topK - 1])
  if (minP > 0) row = among(minP * Math.max(...row))
  return row
}

export const maskgitPlus = dreamPolicy(
  'maskgit-plus',
  'the most probable draws first',
  (row, token) => row[token],
)

export const topkMargin = dreamPolicy(
  'topk-margin',
  'where the best word is furthest ahead of the second',
  (row) => {
    const [first, second = 0] = [...row].sort((a, b) => b - a)
    return first - second
  },
)

export const entropy = dreamPolicy('entropy', 'where the prediction has least entropy', (row) =>
  row.reduce((sum, p) => sum + p * Math.log(p + 1e-10), 0),
)
