// Several data sets as one. Each batch comes from one of them, and of the tokens in all batches each gives the part that
// its weight says. Which set a step takes from is a closed form of the step's number, so that a run that was killed goes
// on with the batches it would have had.
import type { Batches, BatchOptions, Part } from './batches.ts'
import type { Dataset } from './dataset.ts'
import { type LengthHistogram, lengthHistogram } from './lengths.ts'

export interface MixedDataset {
  dataset: Dataset
  /** its part of what is seen, relative to the others' */
  weight: number
}

/** All of one form. A single one is itself.
 * @param context longest canvas, labels not counted */
export function mixDatasets(sources: readonly MixedDataset[], context: number): Dataset {
  const [{ dataset: first }] = sources
  if (sources.length === 1) return first
  const parts = (side: 'train' | 'heldOut') =>
    sources.map(({ dataset, weight }) => ({ part: dataset[side], weight }))
  return {
    form: first.form,
    summary: sources.map(({ dataset }) => dataset.summary).join(' '),
    hash: sources.map(({ dataset, weight }) => `${dataset.hash}*${weight}`).join('+'),
    train: mixParts(parts('train'), context),
    heldOut: mixParts(parts('heldOut'), context),
  }
}

interface MixedPart {
  part: Part
  weight: number
}

function mixParts(sources: readonly MixedPart[], context: number): Part {
  const total = (of: (part: Part) => number) => sources.reduce((sum, { part }) => sum + of(part), 0)
  const longest = Math.max(...sources.map(({ part }) => part.longest ?? 0))
  return {
    documents: total(({ documents }) => documents),
    tokens: total(({ tokens }) => tokens),
    characters: total(({ characters }) => characters),
    lengths: mixLengths(sources, context),
    longest: longest || undefined,
    training(options): Batches {
      const batches = sources.map(({ part }) => part.training(options))
      // a set whose batches are larger gives fewer of them
      const rates = sources.map(({ weight }, i) => weight / batches[i].meanTokens)
      const turn = turns(rates)
      return {
        steps: batches.reduce((sum, { steps }) => sum + steps, 0),
        meanTokens:
          sources.reduce((sum, { weight }) => sum + weight, 0) /
          rates.reduce((sum, rate) => sum + rate, 0),
        batch(step) {
          const { source, index } = turn(step)
          return batches[source].batch(index)
        },
      }
    },
    evaluation(options: BatchOptions): Batches {
      const batches = sources.map(({ part }) => part.evaluation(options))
      const steps = batches.reduce((sum, { steps }) => sum + steps, 0)
      return {
        steps,
        meanTokens: total(({ tokens }) => tokens) / steps,
        batch(step) {
          let at = step
          const source = batches.findIndex(({ steps }) => {
            if (at < steps) return true
            at -= steps
            return false
          })
          return batches[source].batch(at)
        },
      }
    },
  }
}

/** Takes turns, as evenly as can be: of any number of steps in a row each source has its part, give or take one for
 * every other source.
 * @param rates relative, above 0
 * @returns whose turn a step is, and how many it had before */
export function turns(rates: readonly number[]): (step: number) => {
  source: number
  index: number
} {
  const rest = rates.map((_, source) => rates.slice(source).reduce((sum, rate) => sum + rate, 0))
  return (step) => {
    let index = step
    for (let source = 0; source < rates.length - 1; source++) {
      const part = rates[source] / rest[source]
      const before = Math.floor(index * part)
      if (Math.floor((index + 1) * part) > before) return { source, index: before }
      index -= before
    }
    return { source: rates.length - 1, index }
  }
}

/** How long the texts are that are seen: those of a set count as often as they come. */
function mixLengths(sources: readonly MixedPart[], context: number): LengthHistogram | undefined {
  const weights = sources.reduce((sum, { weight }) => sum + weight, 0)
  const tokens = sources.reduce((sum, { part }) => sum + part.tokens, 0)
  const counts = new Map<number, number>()
  for (const { part, weight } of sources) {
    if (!part.lengths) return undefined
    const often = (weight / weights) * (tokens / part.tokens)
    for (const [length, count] of part.lengths.counts) {
      counts.set(length, (counts.get(length) ?? 0) + count * often)
    }
  }
  return lengthHistogram(
    [...counts].map(([length, count]) => [length, Math.max(1, Math.round(count))] as const),
    context,
  )
}
