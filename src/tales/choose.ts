// How a teller chooses. Every choice is made through one `Choose`, which adds up -log p, so that a tale knows its
// own probability; replayed along every path it lists all tales of a (shrunk) world with their probabilities.
import { categorical } from '../random/index.ts'

/** A source of choices. `nats` is -log of the probability of all choices so far. */
export interface Choose {
  readonly nats: number
  /** one option, all equally likely */
  one<T>(options: readonly T[]): T
  /** one option, drawn in proportion to its weight */
  weighted<T>(options: readonly (readonly [T, number])[]): T
  /** true with probability p */
  chance(p: number): boolean
}

/** Choices driven by a function from weights to the index taken. */
function choosing(take: (weights: readonly number[]) => number): Choose {
  let nats = 0
  const draw = (weights: readonly number[]): number => {
    const possible = weights.filter((weight) => weight > 0)
    if (possible.length === 1) return weights.findIndex((weight) => weight > 0)
    const index = take(weights)
    nats -= Math.log(weights[index] / possible.reduce((sum, weight) => sum + weight, 0))
    return index
  }
  return {
    get nats() {
      return nats
    },
    one: (options) => options[draw(options.map(() => 1))],
    weighted: (options) => options[draw(options.map(([, weight]) => weight))][0],
    chance: (p) => draw([p, 1 - p]) === 0,
  }
}

/** Choices drawn from a stream of uniforms. */
export function drawn(next: () => number): Choose {
  return choosing((weights) => categorical(weights, next()))
}

/** Every outcome of `run`, once per path through its choices, with the nats of that path. */
export function* everyOutcome<T>(
  run: (choose: Choose) => T,
): Generator<{ value: T; nats: number }> {
  let path: { index: number; weights: readonly number[] }[] = []
  while (true) {
    let depth = 0
    const choose = choosing((weights) => {
      if (depth === path.length) {
        path.push({ index: weights.findIndex((weight) => weight > 0), weights })
      }
      return path[depth++].index
    })
    const value = run(choose)
    yield { value, nats: choose.nats }
    // the next path in order: advance the deepest choice that still has another possible option
    path = path.slice(0, depth)
    while (path.length > 0) {
      const last = path[path.length - 1]
      const following = last.weights.findIndex((weight, i) => i > last.index && weight > 0)
      if (following >= 0) {
        last.index = following
        break
      }
      path.pop()
    }
    if (path.length === 0) return
  }
}
