// What a step brings from where the network runs: a few numbers a row, or whole rows of logits. This is the one place
// that says when whole rows are needed: with guidance, whose two answers are joined first; by policies that read more of
// a row than its summary; and where a token is drawn among all, unless the network draws it: for policies that want one
// of every row, without top-p and min-p, by this house's own numbers. The text is the same either way.
import type { Logits, Summarise, Summary } from './denoiser.ts'
import type { Plan } from './plan.ts'
import { type Row, readRow, rowOf } from './sample.ts'

/** @param uniforms one for each row, where tokens are drawn by inverting them
 * @returns undefined where nothing can be said of one answer alone */
export function demandOf(
  { guidance, policy, temperature, topK, topP, minP, candidates }: Plan,
  uniforms: (() => readonly number[]) | undefined,
): Omit<Summarise, 'banned'> | undefined {
  if (guidance > 0) return undefined
  const amongAll = temperature > 0 && topK === 0
  const draws = amongAll && topP === 1 && !minP && policy.draws === true && uniforms !== undefined
  if (policy.summaries !== true || (amongAll && !draws)) return { most: 1, logits: true }
  const most = Math.max(1, topK, candidates)
  return { most, logits: false, draw: draws ? { temperature, uniforms: uniforms() } : undefined }
}

/** What is known of a row. */
export interface Known {
  readonly row: Row
  /** Σ e^d over the banned ids, see `Summary` */
  readonly banned?: number
  /** the token that was drawn already */
  readonly drawn?: number
  /** [V]; where only a summary came, what it does not name counts as impossible: enough to draw among what it names */
  logits(): Float32Array
}

/** @param index of the row  @param banned [V], 1 where the id must not be written
 * @param heard what is known of the position besides, see `Medium.heard`
 * @throws UnfogError `bad_model` when the numbers are not finite */
export function knownOf(
  answer: Logits,
  index: number,
  banned: Uint8Array,
  heard?: (logits: Float32Array) => Float32Array,
): Known {
  const size = banned.length
  const summary = answer.summaries?.[index]
  if (summary && answer.length === 0) {
    const { banned, drawn } = summary
    const row = summarised(summary)
    return { row, banned, drawn: drawn?.id, logits: () => namedLogits(summary, size) }
  }
  const said = answer.subarray(index * size, (index + 1) * size)
  const logits = heard ? heard(said) : said
  if (!summary) return { row: readRow(logits, banned), logits: () => logits }
  return { row: summarised(summary), banned: summary.banned, logits: () => logits }
}

const summarised = ({ ids, values, rest, weighted }: Summary): Row =>
  rowOf({ best: ids[0], most: values[0], rest, weighted })

function namedLogits({ ids, values, drawn }: Summary, vocabSize: number): Float32Array {
  const logits = new Float32Array(vocabSize).fill(Number.NEGATIVE_INFINITY)
  for (let rank = 0; rank < ids.length; rank++) logits[ids[rank]] = values[rank]
  if (drawn) logits[drawn.id] = drawn.logit
  return logits
}
