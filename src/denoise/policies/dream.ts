// Dream's samplers: time falls from 1 to eps, each step settles its share of the fog, and where is told by a certainty of
// the row after temperature, top-k and top-p: these change certainties even where the best token is taken anyway.
import { probabilities, ranked } from '../certainty.ts'
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
    takes: ['steps', 'eps', 'orderTemperature'],
    defaults: { temperature: 1 },
    steps: (fog, settings) => settings.steps ?? fog,
    wants: (state) => (settled(state) === 0 ? new Int32Array() : state.fog),
    choose(predictions, state) {
      const scores = predictions.map((prediction) => score(prediction, state, certainty))
      return ranked(predictions, scores)
        .slice(0, settled(state))
        .map(({ position, token }) => ({ position, token }))
    },
  }
}

const settled = ({ fog, step, steps, settings: { eps = 1e-3 } }: PolicyState): number =>
  transfers(fog.length, step, steps, eps)

/** With an order temperature positions are drawn by softmax(certainty / temperature), without replacement: the largest
 * of certainty / temperature with Gumbel noise. */
function score(
  { logits, token, position }: Prediction,
  { step, settings, random }: PolicyState,
  certainty: Certainty,
): number {
  const sure = certainty(filtered(logits, settings), token)
  if (settings.orderTemperature === 0) return sure
  const gumbel = -Math.log(-Math.log(random.uniform(step, position, 'position')))
  return sure / settings.orderTemperature + gumbel
}

/** [V] probabilities after temperature, then top-p (what crosses it is dropped, the first token is not), then top-k. */
function filtered(logits: Float32Array, { temperature, topP, topK }: Sampling): Float64Array {
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
  if (topK > 0 && topK < row.length) {
    const least = [...row].sort((a, b) => b - a)[topK - 1]
    row = probabilities(
      scaled,
      [...row.keys()].filter((id) => row[id] < least),
    )
  }
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
