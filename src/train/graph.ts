// The graphs of training: what a batch costs, and the gradient of that cost in one flat buffer. Pure: the same graph
// is emitted in Node and in a browser.
import {
  type EmitOptions,
  type EmittedGraph,
  emit,
  gradients,
  input,
  logsumexp,
  max,
  mul,
  named,
  reshape,
  sub,
  sum,
  type Tensor,
} from '../graph/index.ts'
import { undone } from '../model/undone.ts'
import type { Transformer } from '../nn/index.ts'
import type { Noise, Pricing } from '../noise/index.ts'
import { objectiveOf } from './objective.ts'
import { type Recipe, without } from './recipe.ts'

/** Canvases [B, L], and of the rows [R] that are paid for what `undone` does not ask.
 * `importance` is what a row's nats count in the loss: its weight, divided by the number of tokens of the batch. */
const batchInputs = (paired: boolean, uneven: boolean) => ({
  ids: input('ids', 'int32', paired ? ['B', 2, 'L'] : ['B', 'L']),
  visible: uneven ? input('visible', 'bool', ['B', 'L']) : undefined,
  importance: input('importance', 'float', ['R']),
})

export const gradientName = (parameter: string): string => `grad.${parameter}`

/** Loss and gradients.
 * @param paired do clean texts lie beside the noisy ones, [B, 2, L]? So a network that sees blocks learns
 * @param uneven are texts of different lengths, so that `visible`, [B, L], says what is padding?
 * @param recipe what it learns by, where that is not what the batch costs
 * @param relaxed are words shown softly?
 * @param doubting is it asked how sure every row is?
 * @param recompute are the activations of a block computed again for its gradients, instead of kept?
 * @param watched what each row costs, where times are warped by it
 * @param decomposed of the device that will run it
 * @returns outputs: `loss`, the weighted sum; `grad.<parameter>` for every parameter. Where words learn paces, `nats` too,
 * [R]: what each row adds to the bound, without the cap that is for learning words alone, and paces follow that. Where asked,
 * `doubt`, [R]: -log of the probability of the surest word, and `watched`, [R]. */
export function trainingGraph(
  network: Transformer,
  noise: Noise,
  pricing: Pricing,
  {
    decomposed,
    paired = false,
    uneven = false,
    recipe = without,
    relaxed,
    doubting = false,
    watched,
    recompute = false,
  }: Pick<EmitOptions, 'decomposed'> & {
    paired?: boolean
    uneven?: boolean
    recipe?: Pick<Recipe, 'weighting' | 'focal'>
    relaxed?: Parameters<typeof undone>[5]
    doubting?: boolean
    watched?: Noise['loss']
    recompute?: boolean
  } = {},
): EmittedGraph {
  const { ids, visible, importance } = batchInputs(paired, uneven)
  const terms = undone(network, noise, pricing, ids, visible, relaxed)
  const priced = named('loss', () => mul(noise.loss(terms, pricing), importance))
  const loss = named('loss', () => sum(priced))
  const surprise = () => noise.cost(terms, pricing)
  const { objective, held } = named('objective', () =>
    objectiveOf({ loss, priced, surprise, importance }, recipe),
  )
  const outputs: Record<string, Tensor> = { loss }
  const slopes = gradients(objective, network.parameters, { held, recompute })
  // the last parameters first: what a block needs for its gradients is then done with before those of the block before it
  for (const [i, { name }] of [...network.parameters.entries()].reverse())
    outputs[gradientName(name)] = slopes[i]
  if (doubting) {
    const { logits } = terms
    outputs.doubt = named('doubt', () =>
      reshape(sub(logsumexp(logits), max(logits, { axes: [-1], keep: true })), [logits.shape[0]]),
    )
  }
  if (watched) outputs.watched = named('watched', () => watched(terms, pricing))
  if (noise.paces) {
    const { parameter } = noise.paces
    const nats = named('nats', () =>
      mul(noise.bound(terms, { ...pricing, cap: undefined }), importance),
    )
    outputs.nats = nats
    outputs[gradientName(parameter.name)] = gradients(sum(nats), [parameter])[0]
  }
  return emit(outputs, { decomposed })
}
