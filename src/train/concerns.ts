// What can go wrong without an error: rows of a table, each looking at the reports so far. A concern is said once.
import type { Metric } from './metrics.ts'

/** What a concern may look at. */
export interface Watched {
  /** the reports of the present phase in which held-out text was measured */
  measured: readonly Metric[]
  /** share of the run that is done, in [0, 1] */
  progress: number
  /** nats per token of a model that knows how often each token occurs, and nothing else */
  unigram: number
}

type Concern = (watched: Watched) => string | undefined

const heldOut = ({ heldOut }: Metric): number => heldOut as number

/** how many measurements in a row make a trend */
const trend = 3

const overfitting: Concern = ({ measured }) => {
  const best = measured.reduce((a, b) => (heldOut(b) < heldOut(a) ? b : a), measured[0])
  const since = measured.slice(measured.indexOf(best) + 1)
  const rising = since.every(
    (metric, i) => heldOut(metric) > (i === 0 ? 1.01 * heldOut(best) : heldOut(since[i - 1])),
  )
  const learnt = since.length > 0 && since[since.length - 1].loss < best.loss
  if (since.length < trend || !rising || !learnt) return undefined
  return `the loss on held-out text has risen from ${heldOut(best).toFixed(3)} to ${heldOut(since[since.length - 1]).toFixed(3)} nats a token since ${best.tokens} tokens, while that of training still falls: the text is being learnt by heart. The weights of ${best.tokens} tokens are kept unless later ones are better; --patience ${trend} stops such a run by itself, and more text or a smaller --params goes further`
}

const plateau: Concern = ({ measured, progress, unigram }) => {
  const last = measured.slice(-trend)
  if (last.length < trend || progress < 0.25) return undefined
  if (last.some((metric) => heldOut(metric) < 0.97 * unigram)) return undefined
  return `the loss on held-out text stays at ${heldOut(last[trend - 1]).toFixed(3)} nats a token, no better than the frequencies of single tokens (${unigram.toFixed(3)}): more --tokens usually break this, or a longer --warm-start, or another --rate`
}

/** Every concern by name. */
export const concerns = { overfitting, plateau } satisfies Record<string, Concern>

/** Watches one run.
 * @returns sentences that are new with this report */
export function watcher(unigram: number): (metric: Metric, progress: number) => string[] {
  const said = new Set<string>()
  let measured: Metric[] = []
  return (metric, progress) => {
    if (metric.heldOut === undefined) return []
    // another phase, another loss
    measured = [...measured.filter(({ phase }) => phase === metric.phase), metric]
    return Object.entries<Concern>(concerns).flatMap(([name, concern]) => {
      const sentence = said.has(name) ? undefined : concern({ measured, progress, unigram })
      if (sentence) said.add(name)
      return sentence ? [sentence] : []
    })
  }
}
