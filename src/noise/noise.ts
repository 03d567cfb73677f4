// What a noise process is: how text is corrupted, what comes back when it is undone, and what a prediction costs.
// Every process is one file with these members and one row in `noises`; trainer, sampler and laws know no more of it.
// Most noise is on words: a position holds a word, or the mask. Noise may also be on embeddings: then each position holds
// a vector, and its word is somewhere near.
// The bound is written once, in graph ops: training runs it in float32, the laws run the same graph in float64.
// Nothing here knows a network: logits come in, nats per row go out.
import type { Tensor } from '../graph/index.ts'
import type { Pieces } from './masked-in-pieces.ts'
import type { Schedule } from './schedule.ts'

/** What a process is told about the language it corrupts. */
export interface World {
  /** all ids, special ones included; distributions have this length */
  vocabSize: number
  maskId: number
  /** ids that can stand in a text, ascending, the mask not among them */
  words: Int32Array
  schedule: Schedule
}

/** The rows whose prediction is paid for, R of them from any number of texts. */
export interface Terms {
  /** [R, V]; ids that never stand in a text must already be at -1e9 or below (the SUBS rule of arXiv 2406.07524 for
   * the mask id): the network's head does that */
  logits: Tensor
  /** [R] of int32: the true tokens */
  targets: Tensor
  /** [R] of int32: what stands there in the noisy text */
  noisy: Tensor
  /** [R] of float in (0, 1]: the time of the row's text */
  time: Tensor
  /** under noise on embeddings */
  vectors?: NoisyVectors
}

export interface NoisyVectors {
  /** [R, D]: what stands there in the noisy text */
  seen: Tensor
  /** [V, D]: the vector of every word, of length 1 */
  words: Tensor
}

/** One noisy look at a text, from which its bound is estimated. */
export interface Look {
  noisy: Int32Array
  /** positions that are paid for, ascending */
  rows: Int32Array
  /** [rows.length] what is to be predicted there; what the clean text has at these positions without */
  targets?: Int32Array
  /** what the text costs besides, however it is predicted; 0 without */
  nats?: number
  /** the noise time that `cost` is told, in (0, 1] */
  time: number
  /** what the summed cost of the rows counts for */
  worth: number
  /** [rows.length] what each counts for in that sum; 1 without */
  weights?: Float64Array
  /** [rows.length] in (0, 1), under noise on embeddings: each gives the noise of its row */
  draws?: Float64Array
  /** the share of the text that is fog, where every row is a word in the fog */
  masked?: number
}

export interface Pricing extends Omit<World, 'vocabSize'> {
  /** largest weight of a row while training. Measuring leaves it out: a capped bound is no bound. */
  cap?: number
}

/** Noise on words as the largest coordinate of Gaussian noise on their corners, z = ratio·onehot(x) + ε. */
export interface Relaxed {
  /** the same process; its uniform numbers are the seeds of ε, see `normals` */
  readonly noise: WordNoise
  /** the ratio at which so much survives, of so many words */
  ratio(survival: number, words: number): number
  /** What a network is shown in place of the word that is largest, [R, V]: softmax(z·sharpness).
   * @param targets [R]  @param epsilon [R, V]  @param ratio [R]  @param sharpness [R] */
  weights(
    targets: Tensor,
    epsilon: Tensor,
    ratio: Tensor,
    sharpness: Tensor,
    pricing: Pick<Pricing, 'words'>,
  ): Tensor
}

/** What words that vanish each at a pace of its own have learnt. */
export interface Paces {
  /** [V], as graphs name it */
  readonly parameter: Tensor
  /** ∂ log q(x_t | x) / ∂ pace of one position */
  score(token: number, fog: boolean, t: number, schedule: Schedule): number
}

/** One way to corrupt text. Time runs from 0, clean, to 1, all noise. */
export type Noise = WordNoise | VectorNoise

/** What every process has. */
interface AnyNoise {
  readonly name: string
  readonly about: string
  readonly source: string
  /** true: each position is predicted from what is to its left, false: from the whole noisy text */
  readonly causal: boolean
  /** true: what is not the mask is never wrong, so that a text can be written by revealing position after position.
   * Otherwise any word may be wrong at any time, and only a policy that draws words again can write */
  readonly settles: boolean
  /** can a word become the mask? */
  readonly hides: boolean
  /** The same process with another share of words that others replace, in (0, 1), where it has such a share. */
  replacing?(share: number): Noise
  /** The same process between two levels of noise σ, 0 < low < high, where it is on embeddings. */
  between?(sigma: SigmaRange): Noise
  /** The same process before a network that is also shown what it last predicted, where that can be shown. */
  recalling?(): Noise
  /** The same process on words that are still soft, where it has such a form. */
  readonly relaxed?: Relaxed
  /** The same process on the pieces of words, where words can be cut up. */
  inPieces?(pieces: Pieces): WordNoise
  /** The same process with a pace for every word, [V], which is learnt, where words can have one. */
  learning?(paces: ArrayLike<number>): Noise
  /** A noisy text x_t of a clean one.
   * @param uniform one number in (0, 1) per position; 1 keeps a position as it is, for prompts and pinned words
   * @throws UnfogError `bad_time` when t is outside (0, 1] */
  corrupt(
    clean: Int32Array,
    t: number,
    world: Omit<World, 'vocabSize'>,
    uniform: (position: number) => number,
  ): Int32Array
  /** Positions whose prediction costs something, ascending. */
  rows(noisy: Int32Array, maskId: number): Int32Array
  /** What training minimises, nats per row, [R]. For each noisy text it is least where `bound` is least; what it
   * weighs more or less than the bound does is for learning alone, and `cap` limits it. */
  loss(terms: Terms, pricing: Pricing): Tensor
  /** What training may minimise in place of `loss`, where words are points: the squared distance to the mean of what is
   * predicted, and what the least noise leaves open, [R] */
  squaredError?(terms: Terms, pricing: Pricing): Tensor
  /** A look at a text: over all looks the mean of `worth` times the summed `cost` of the rows is the bound, which no
   * schedule changes.
   * @param u in (0, 1), how noisy: looks whose u are spread evenly differ less on average
   * @param next uniform numbers in (0, 1) */
  look(
    clean: Int32Array,
    u: number,
    next: () => number,
    world: Pick<World, 'maskId' | 'words'>,
  ): Look
  /** Nats per row of a look, [R]. */
  cost(terms: Terms, pricing: Pricing): Tensor
}

/** Noise on words: a Markov chain of each position on its own. */
export interface WordNoise extends AnyNoise {
  readonly vectors?: undefined
  /** There where every word vanishes at a pace of its own. What a look costs then depends on its time, so that neither
   * blocks nor policies that go by the share of a text that is left can take it for even noise */
  readonly paces?: Paces
  /** There where words vanish piece by piece. A position may then be half known, which is neither fog nor a word */
  readonly pieces?: Pieces & { partly(id: number): boolean }
  /** q(x_t | x_s = token) of one position, [V]; from the clean text with s = 0. */
  forward(token: number, s: number, t: number, world: World): Float64Array
  /** The distribution of one position at t = 1, [V]: where generation starts. */
  prior(world: World): Float64Array
  /** q(x_s | x_t = noisy, x_0 ~ prediction) of one position, s ≤ t, [V]: Bayes' rule with the prediction as what is
   * known beforehand. A noisy token that could not stand there stays.
   * @param prediction [V] probabilities of the clean token as all *other* positions tell it (leave-one-out), since
   * what stands at the position itself comes in through Bayes' rule. At a mask, which says nothing, that is what any
   * denoiser gives; elsewhere one that was trained with plain cross-entropy has to be converted (`Mixed`). Ids that
   * never stand in a text have 0 */
  posterior(
    noisy: number,
    prediction: Float64Array,
    s: number,
    t: number,
    world: World,
  ): Float64Array
  /** Nats per row, [R], of a prediction as in `posterior`. Their sum over the rows of a text, averaged over t uniform
   * in (0, 1] and over x_t, is an upper bound of -log p(text). */
  bound(terms: Terms, pricing: Pricing): Tensor
  /** What training may minimise in place of `loss`, where it can: the divergence of the two ways back, [R], of a
   * prediction as rates (score-entropy.ts). No less than the bound, and least where that is */
  scoreEntropy?(terms: Terms, pricing: Pricing): Tensor
}

/** Standard deviations of the least and the most noise on a vector of length 1. */
export type SigmaRange = readonly [low: number, high: number]

/** Noise on embeddings: z = E[x] + σ·ε, ε standard normal, E[x] of length 1. In the corrupted text the mask stands where
 * a vector does. */
export interface VectorNoise extends AnyNoise {
  readonly paces?: undefined
  readonly pieces?: undefined
  readonly scoreEntropy?: undefined
  readonly vectors: {
    /** of the noise at time t in [0, 1] */
    sigma(t: number, schedule: Pick<Schedule, 'survival' | 'noise'>): number
    readonly range: SigmaRange
    /** numbers that a network is shown of a vector of width D */
    shownWidth(width: number): number
    /** Vectors of rows as noise leaves them, [R, D].
     * @param clean [R, D]  @param epsilon [R, D] standard normal */
    noisy(clean: Tensor, epsilon: Tensor, time: Tensor, pricing: Pricing): Tensor
    /** What a network is shown of vectors: they scaled to one size, how noisy they are, and what was predicted
     * where a network recalls that. [R, shownWidth]
     * @param seen [R, D]  @param recalled [R, D] `mean` of an earlier time; zeros where there was none */
    shown(seen: Tensor, time: Tensor, pricing: Pricing, recalled?: Tensor): Tensor
    /** is a network shown what it last predicted (self-conditioning, arXiv 2208.04202)? */
    readonly recalls: boolean
    /** The mean of all words as they are predicted, [R, D]. */
    mean(terms: Terms, pricing: Pricing): Tensor
  }
}
