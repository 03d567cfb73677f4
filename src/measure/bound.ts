// The likelihood bound of a diffusion model, sampled by noisy looks at its texts (`Noise.look`).
// In a round every window is looked at K times, its noise once in each K-th of all levels; within such a K-th the
// windows share out the places among them. So one round sees all noise levels evenly, whether it has one text or a
// thousand.
import { memberSeed, permutation, seeded, stream } from '../random/index.ts'
import type { Clock } from '../store/index.ts'
import { type BatchOptions, summedLosses } from './batches.ts'
import { type Estimate, enoughRounds, Rounds } from './estimate.ts'
import type { ScoreItem, Scorer, Window } from './scorer.ts'

export interface BoundOptions extends BatchOptions {
  seed: number
  /** largest error, as a part of the value */
  precision: number
  seconds: number
  clock: Clock
  /** nats known beside the sampled ones: part of the value of which `precision` is a part */
  known: number
  onProgress?(estimate: Estimate, samples: number): void
}

export interface Bound extends Estimate {
  /** texts that went through the network */
  samples: number
  stopped: 'precision' | 'time'
  /** [windows] nats and their variance; NaN where time was too short to tell */
  windows: { nats: Float64Array; variance: Float64Array }
}

/** Samples in a round, at least, where there are few windows. */
const roundSize = 16
/** Windows whose spread alone gives a dependable error. */
const enoughWindows = 16
/** Tokens after which time is looked at. */
const portionTokens = 1 << 16

/** Measures in rounds until the error is small enough or the next round would not fit into the time. Two rounds are
 * always measured, or one estimate each of at least 16 windows: less has no error to tell. */
export async function sampleBound(
  scorer: Scorer,
  windows: readonly Window[],
  options: BoundOptions,
): Promise<Bound> {
  const { clock, precision, seconds, known } = options
  const start = clock.now()
  const spent = () => (clock.now() - start) / 1000
  const perWindow = Math.min(roundSize, Math.ceil(roundSize / windows.length))
  const rounds = new Rounds(windows.map(({ tokens }) => tokens.length))
  const portions = portionsOf(windows, perWindow, options.seed)

  for (let round = 0; ; round++) {
    const places = placesOf(windows.length, perWindow, round, options.seed)
    const nats = new Float64Array(windows.length).fill(Number.NaN)
    const measured: number[] = []
    for (const [done, portion] of portions.entries()) {
      const items = portion.flatMap((w) => samplesOf(windows[w], places[w], scorer))
      const sums = await summedLosses(scorer, items, options)
      portion.forEach((w, i) => {
        nats[w] = meanPrice(sums.subarray(i * perWindow, (i + 1) * perWindow), items, i * perWindow)
      })
      measured.push(...portion)
      const part = (done + 1) / portions.length
      const second = spent() * (2 / part) <= seconds
      const more = part < 1 && spent() * ((done + 2) / (done + 1)) <= seconds
      if (round === 0 && measured.length >= enoughWindows && !second && !more) {
        return {
          ...rounds.fromSome(measured, nats),
          samples: measured.length * perWindow,
          stopped: 'time',
          windows: { nats, variance: nats.map(() => Number.NaN) },
        }
      }
    }
    rounds.add(nats)
    if (round === 0) continue
    const estimate = rounds.estimate()
    const samples = (round + 1) * windows.length * perWindow
    options.onProgress?.(estimate, samples)
    const precise =
      estimate.degrees >= enoughRounds - 1 && estimate.stderr <= precision * (estimate.nats + known)
    const late = spent() * ((round + 2) / (round + 1)) > seconds
    if (precise || late) {
      return {
        ...estimate,
        samples,
        stopped: precise ? 'precision' : 'time',
        windows: rounds.perWindow(),
      }
    }
  }
}

/** For every window of a round, its samples' places in (0, 1) and the numbers their masks are drawn with. */
interface Place {
  at: number[]
  next: (() => number)[]
}

function placesOf(windows: number, perWindow: number, round: number, seed: number): Place[] {
  const places = Array.from({ length: windows }, (): Place => ({ at: [], next: [] }))
  for (let k = 0; k < perWindow; k++) {
    const step = round * perWindow + k
    const shares = permutation(windows, stream(seeded(seed), 'position', step))
    places.forEach(({ at, next }, w) => {
      const random = seeded(memberSeed(seed, w))
      at.push((k + (shares[w] + random.uniform(step, 0, 'length')) / windows) / perWindow)
      next.push(stream(random, 'mask', step))
    })
  }
  return places
}

interface Sample extends ScoreItem {
  worth: number
  /** see `Look.nats` */
  nats?: number
}

const samplesOf = ({ tokens, labels }: Window, { at, next }: Place, scorer: Scorer): Sample[] =>
  at.map((u, k) => {
    const { noisy, ...look } = scorer.look(tokens, u, next[k])
    const targets = look.targets ?? look.rows.map((row) => tokens[row])
    return { ...look, tokens: noisy, targets, labels }
  })

const meanPrice = (sums: Float64Array, items: readonly Sample[], first: number): number =>
  sums.reduce((mean, value, k) => {
    const { worth, nats = 0 } = items[first + k]
    return mean + (worth * value + nats) / sums.length
  }, 0)

/** The windows in random order, in portions of a size after which time is looked at. */
function portionsOf(windows: readonly Window[], perWindow: number, seed: number): number[][] {
  const order = permutation(windows.length, stream(seeded(seed), 'data'))
  const portions: number[][] = []
  let tokens = Number.POSITIVE_INFINITY
  for (const w of order) {
    const more = windows[w].tokens.length * perWindow
    if (tokens + more > portionTokens) {
      portions.push([])
      tokens = 0
    }
    tokens += more
    portions[portions.length - 1].push(w)
  }
  return portions
}
