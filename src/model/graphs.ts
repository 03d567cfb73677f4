// The graphs of a network that is asked: logits of rows, with what is to be said of them, losses, or a part of a canvas.
import { input, type QuantisedForm, type Tensor } from '../graph/index.ts'
import { type Transformer, type TransformerConfig, transformer } from '../nn/index.ts'
import { type Process, schedules } from '../noise/index.ts'
import type { Framing } from './framing.ts'
import { partGraph } from './kept.ts'
import { packingInputs } from './packing.ts'
import { formOf, type WeightData } from './quantise.ts'
import { summaryGraph } from './summary.ts'
import { shownVectors, undone } from './undone.ts'

/** What a graph is asked for; `part`: logits and summary of a part, of which the rest is kept. */
export type Output = 'logits' | 'summary' | 'nats' | 'part'

/** A network as it is asked here, however canvases lie. */
type Asked = Pick<Transformer, 'logits' | 'words'>

/** @param process what the network has learnt to undo
 * @param ruledOut ids without probability where logits are asked for; a loss rules out all that is banned */
export function graphsOf(
  architecture: TransformerConfig,
  { banned, block }: Framing,
  {
    process: { noise, words, schedule },
    maskId,
    ruledOut,
  }: { process: Process; maskId: number; ruledOut: readonly number[] },
): (output: Output) => Record<string, Tensor> {
  const pricing = { maskId, words, schedule: schedule.linearTime ? schedules.linear : schedule }

  /** Looks have times of the linear schedule, whatever the model has learnt from. */
  const cost = (network: Asked, ids: Tensor, visible?: Tensor): Tensor => {
    const looking = { ...pricing, schedule: schedules.linear }
    return noise.cost(undone(network, noise, looking, ids, visible), looking)
  }

  const logitsOf = (network: Asked, ids: Tensor): Tensor => {
    const rows = input('rows', 'int32', ['R'])
    if (!noise.vectors) return network.logits(ids, rows)
    const width = architecture.vectors?.width ?? 0
    const [seen, time] = [input('seen', 'float', ['R', width]), input('time', 'float', ['R'])]
    return network.logits(ids, rows, undefined, shownVectors(noise, seen, time, pricing))
  }

  return (output) => {
    const network = transformer(architecture, output === 'nats' ? banned : ruledOut)
    if (output === 'part') return partGraph(network, architecture)
    if (output === 'nats' && block) {
      const dims = ['B', 2, 'L']
      return { nats: cost(network, input('ids', 'int32', dims), input('visible', 'bool', dims)) }
    }
    const packed: Asked = {
      words: network.words,
      logits: (ids, rows, _, vectors) => network.packedLogits(ids, rows, packingInputs(), vectors),
    }
    const ids = input('ids', 'int32', ['T'])
    if (output === 'nats') return { nats: cost(packed, ids) }
    const logits = logitsOf(packed, ids)
    if (output === 'logits') return { logits }
    return { logits, ...summaryGraph(logits, architecture.vocabSize) }
  }
}

/** Which of the weights are stored as whole numbers, and how. */
export const formsOf = (weights: ReadonlyMap<string, WeightData>): Map<string, QuantisedForm> =>
  new Map(
    [...weights].flatMap(([name, data]): [string, QuantisedForm][] => {
      const form = formOf(data)
      return form ? [[name, form]] : []
    }),
  )
