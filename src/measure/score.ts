// How likely a model finds texts: exactly for an autoregressive model, an upper bound of -log p with its error for
// diffusion. The two are never mixed up: `exact` says which, and what is printed keeps the difference.
import { UnfogError } from '../error/index.ts'
import { type Clock, systemClock } from '../store/index.ts'
import { type BatchOptions, summedLosses } from './batches.ts'
import { type Bound, sampleBound } from './bound.ts'
import { type Estimate, sum } from './estimate.ts'
import { type Scorer, type Window, windowsOf } from './scorer.ts'

export interface ScoredDocument {
  tokens: Int32Array
  /** code points of the text, newlines included: what nats/char divides by */
  characters: number
  labels?: Int32Array
}

export interface ScoreOptions {
  /** default 0 */
  seed?: number
  /** a bound is measured until its error is at most this part of it; default 0.005 */
  precision?: number
  /** or until this time is spent; default 30. An exact score takes the time it takes. */
  seconds?: number
  clock?: Clock
  /** most tokens a call of the scorer; default 8192 */
  batchTokens?: number
  /** -log p(length) in nats of a model that writes texts of an exact length: paid once per text, or per window of a
   * text longer than the context */
  lengthNats?: (length: number) => number
  signal?: AbortSignal
  /** called after every round of a bound */
  onProgress?: (estimate: Estimate, samples: number) => void
}

export interface Score {
  /** -log p of all documents, or an upper bound of it */
  nats: number
  /** standard error of `nats`; 0 when exact */
  stderr: number
  exact: boolean
  tokens: number
  characters: number
  natsPerToken: number
  natsPerChar: number
  bitsPerChar: number
  /** exp(nats per token) */
  perplexity: number
  /** nats and standard error of each document; NaN where time ended before they were known */
  documents: { nats: number; stderr: number }[]
  /** noisy texts that went through the network; for an exact score the texts */
  samples: number
  stopped: 'precision' | 'time' | 'exact'
  /** the error that was asked for, as a part of the value */
  precision: number
  noise: string
  block: number
  /** of the chain whose bound it is; without, of continuous time */
  steps?: number
}

/** The likelihood of documents under a model. The same seed and the same number of samples give the same figures.
 * @throws UnfogError `bad_input` for an empty document or one whose length the model cannot write,
 * `bad_model` when a loss is not a number, `aborted` */
export async function score(
  scorer: Scorer,
  documents: readonly ScoredDocument[],
  options: ScoreOptions = {},
): Promise<Score> {
  const {
    seed = 0,
    precision = 0.005,
    seconds = 30,
    clock = systemClock,
    batchTokens = 8192,
    lengthNats,
    signal,
    onProgress,
  } = options
  expectText(documents)
  const windows = windowsOf(documents, scorer.context)
  const lengths = Float64Array.from(windows, ({ tokens }) => lengthCost(tokens.length, lengthNats))
  const known = sum(lengths)
  // a word that is paid from those before it is paid exactly
  const exact = scorer.block === 1
  const measured = exact
    ? await exactNats(scorer, windows, { batchTokens, signal })
    : await sampleBound(scorer, windows, {
        seed,
        precision,
        seconds,
        clock,
        batchTokens,
        signal,
        onProgress,
        known,
      })
  const nats = measured.nats + known
  const tokens = documents.reduce((all, { tokens }) => all + tokens.length, 0)
  const characters = documents.reduce((all, document) => all + document.characters, 0)
  return {
    nats,
    stderr: measured.stderr,
    exact,
    tokens,
    characters,
    natsPerToken: nats / tokens,
    natsPerChar: nats / characters,
    bitsPerChar: nats / characters / Math.LN2,
    perplexity: Math.exp(nats / tokens),
    documents: perDocument(documents.length, windows, measured.windows, lengths),
    samples: measured.samples,
    stopped: measured.stopped,
    precision,
    noise: scorer.noise,
    block: scorer.block,
    ...(scorer.steps === undefined ? {} : { steps: scorer.steps }),
  }
}

type Measured = Pick<Bound, 'nats' | 'stderr' | 'samples' | 'windows'> & {
  stopped: Score['stopped']
}

/** One forward a window: every row from what is to its left. */
async function exactNats(
  scorer: Scorer,
  windows: readonly Window[],
  options: BatchOptions,
): Promise<Measured> {
  const items = windows.map(({ tokens, labels }) => ({
    // blocks of one word are all fog, however one looks
    tokens: scorer.causal ? tokens : scorer.look(tokens, 0.5, () => 0.5).noisy,
    rows: tokens.map((_, position) => position),
    targets: tokens,
    labels,
  }))
  const nats = await summedLosses(scorer, items, options)
  return {
    nats: sum(nats),
    stderr: 0,
    samples: windows.length,
    stopped: 'exact',
    windows: { nats, variance: new Float64Array(windows.length) },
  }
}

function perDocument(
  count: number,
  windows: readonly Window[],
  { nats, variance }: Bound['windows'],
  lengths: Float64Array,
): Score['documents'] {
  const sums = Array.from({ length: count }, () => ({ nats: 0, variance: 0 }))
  windows.forEach(({ document }, w) => {
    sums[document].nats += nats[w] + lengths[w]
    sums[document].variance += variance[w]
  })
  return sums.map((each) => ({ nats: each.nats, stderr: Math.sqrt(each.variance) }))
}

function lengthCost(length: number, lengthNats?: (length: number) => number): number {
  const nats = lengthNats?.(length) ?? 0
  if (Number.isFinite(nats)) return nats
  throw new UnfogError(
    'bad_input',
    `the model never writes a text of ${length} tokens, so it gives it no probability`,
  )
}

function expectText(documents: readonly ScoredDocument[]): void {
  if (documents.length === 0) throw new UnfogError('bad_input', 'there is no text to score')
  const empty = documents.findIndex(({ tokens }) => tokens.length === 0)
  if (empty >= 0) {
    throw new UnfogError('bad_input', `text ${empty + 1} of ${documents.length} is empty`)
  }
}
