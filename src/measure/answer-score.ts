// How likely an answer is after a prompt, as LLaDA estimates it (arXiv 2502.09992, appendix; get_log_likelihood.py): hide
// l of the answer's L tokens, pay for them L/l times, and average over l and over which. The l of one batch lie evenly
// apart on the circle 1 … L from a random start, so that every l has its turn; exactly one step of noise for each l.
import { type Denoiser, guide, readRow, unprompted } from '../denoise/index.ts'
import { UnfogError } from '../error/index.ts'
import { below, type Random, seeded } from '../random/index.ts'

export interface AnswerScoreOptions {
  /** ways of hiding that are tried; default 128, the released code's */
  samples?: number
  /** how many of them share a start; default 16 */
  batch?: number
  /** classifier-free guidance, see `PlanOptions.guidance` */
  guidance?: number
  seed?: number
  /** in place of the seed's numbers: to replay recorded ones */
  random?: Random
}

/** @param prompt token ids  @param answer token ids
 * @returns nats: an upper bound of -log p(answer | prompt) in expectation (with guidance only an index of it)
 * @throws UnfogError `bad_input` for an empty answer, `usage` for numbers out of range */
export async function answerScore(
  network: Pick<Denoiser, 'logits' | 'maskId' | 'vocabSize'>,
  prompt: ArrayLike<number>,
  answer: ArrayLike<number>,
  {
    samples = 128,
    batch = Math.min(16, samples),
    guidance = 0,
    seed = 0,
    random,
  }: AnswerScoreOptions = {},
): Promise<number> {
  const length = answer.length
  if (length === 0) throw new UnfogError('bad_input', 'there is no answer to score: give it some')
  if (!(Number.isSafeInteger(samples) && samples > 0 && samples % batch === 0)) {
    const message = `samples ${samples} is not a whole multiple of batch ${batch}: take ${batch * Math.max(1, Math.round(samples / batch))}`
    throw new UnfogError('usage', message, { param: 'samples' })
  }
  const draws = random ?? seeded(seed)
  let nats = 0
  for (let from = 0; from < samples; from += batch) {
    const counts = hiddenCounts(length, batch, draws.uniform(from / batch, 0, 'time'))
    const asks = counts.map((count, i) =>
      hide(network.maskId, prompt, answer, count, draws, from + i),
    )
    const logits = await network.logits(asks)
    const state = Uint8Array.from(asks[0].tokens, (_, i) => (i < prompt.length ? 0 : 1))
    const blind =
      guidance > 0 &&
      (await network.logits(asks.map((ask) => unprompted(ask, state, network.maskId))))
    for (const [i, { rows }] of asks.entries()) {
      const guided = blind ? guide(logits[i], blind[i], guidance) : logits[i]
      nats += (length / counts[i]) * lossOf(guided, rows, answer, prompt.length, network.vocabSize)
    }
  }
  return nats / samples
}

/** How many tokens each member of a batch hides. */
function hiddenCounts(length: number, batch: number, uniform: number): number[] {
  const start = 1 + below(length, uniform)
  return Array.from({ length: batch }, (_, i) => {
    const place = evenRound(start + (i * length) / batch)
    return ((place - 1) % length) + 1
  })
}

/** To the nearest whole number, halves to the even one, as PyTorch rounds. */
function evenRound(x: number): number {
  const down = Math.floor(x)
  if (x - down !== 0.5) return Math.round(x)
  return down % 2 === 0 ? down : down + 1
}

/** Prompt and answer with `count` tokens of the answer hidden: those whose uniforms are smallest. */
function hide(
  maskId: number,
  prompt: ArrayLike<number>,
  answer: ArrayLike<number>,
  count: number,
  random: Random,
  sample: number,
) {
  const luck = Array.from(answer, (_, i) => random.uniform(sample, i, 'mask'))
  const hidden = [...luck.keys()].sort((a, b) => luck[a] - luck[b]).slice(0, count)
  const tokens = Int32Array.from([...Array.from(prompt), ...Array.from(answer)])
  const rows = Int32Array.from(hidden, (i) => prompt.length + i).sort()
  for (const position of rows) tokens[position] = maskId
  return { tokens, rows }
}

function lossOf(
  logits: Float32Array,
  rows: Int32Array,
  answer: ArrayLike<number>,
  start: number,
  vocabSize: number,
): number {
  // the mask's share of probability counts as an error, as it did in training
  const nothing = new Uint8Array(vocabSize)
  return rows.reduce((sum, position, i) => {
    const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize)
    return sum + readRow(row, nothing).logSumExp - row[answer[position - start]]
  }, 0)
}
