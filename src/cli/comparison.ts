// One request, written by every policy that can write for a model: what each costs, what it is worth, and the frames of
// its first text, from which the order of its words is drawn.
import { type Frame, type Policy, type PolicyName, policies, states } from '../denoise/index.ts'
import type { GenerateOptions, LoadedModel } from '../index.ts'
import { memberSeed } from '../random/index.ts'
import { check } from '../tales/index.ts'
import type { Waiting } from './io.ts'

/** What a policy made of a request. */
export interface Compared {
  readonly policy: PolicyName
  /** of a text, on the average */
  readonly forwards: number
  /** words that were written, not given, for each forward */
  readonly tokensPerForward: number
  /** milliseconds of a text, on the average: texts of one policy are written together */
  readonly ms: number
  /** share of the texts that are true tales; undefined for a model that writes none */
  readonly accepted?: number
  /** of the first text, from the canvas on */
  readonly frames: readonly Frame[]
}

export interface ComparisonOptions extends Omit<GenerateOptions, 'policy'> {
  seed: number
  /** texts of each policy; member i has the same seed for all of them */
  count: number
}

/** texts that go through the network together */
const batchSize = 16

/** options that only some policies understand; each is told to those that do */
const own = new Set<string>(Object.values(policies).flatMap(({ takes }) => takes))

/** the policies that draft for a verifier */
const drafting = (Object.keys(policies) as PolicyName[]).filter(
  (name) => (policies[name] as Policy).guesses,
)

/** @param request a `verifier` is for the policies that draft for one
 * @param only fewer than all that can write for it
 * @returns a row as soon as its policy has written; fewer than all where `signal` stops it */
export async function* compare(
  model: LoadedModel,
  { count, seed, verifier, ...request }: ComparisonOptions,
  clock: Pick<Waiting, 'now'>,
  only: readonly PolicyName[] = [...model.policies, ...(verifier ? drafting : [])],
): AsyncGenerator<Compared, void, undefined> {
  const ask = (policy: PolicyName, index: number): GenerateOptions => {
    const { takes }: { takes: readonly string[] } = policies[policy]
    const second = drafting.includes(policy) ? { verifier } : {}
    const understood = Object.entries(request).filter(
      ([key]) => !own.has(key) || takes.includes(key),
    )
    return { ...Object.fromEntries(understood), ...second, policy, seed: memberSeed(seed, index) }
  }
  await warm(model, ask(only[0], 0))
  for (const policy of only) {
    const frames: Frame[] = []
    const texts: Frame[] = []
    const start = clock.now()
    for (let from = 0; from < count; from += batchSize) {
      const size = Math.min(batchSize, count - from)
      const batch = Array.from({ length: size }, (_, i) => ask(policy, from + i))
      for await (const { task, frame } of model.generateBatch(batch)) {
        if (frame.done === 'abort') return
        if (from + task === 0) frames.push(frame)
        if (frame.done) texts.push(frame)
      }
    }
    yield { policy, ms: (clock.now() - start) / count, ...worth(model, texts), frames }
  }
}

/** Sessions are made by the first forward, which no policy should pay for. */
async function warm(model: LoadedModel, request: GenerateOptions): Promise<void> {
  for await (const { step } of model.generate(request)) if (step > 0) return
}

function worth(
  { config }: LoadedModel,
  texts: readonly Frame[],
): Pick<Compared, 'forwards' | 'tokensPerForward' | 'accepted'> {
  const sum = (of: (frame: Frame) => number) => texts.reduce((total, frame) => total + of(frame), 0)
  const forwards = sum((frame) => frame.forwards)
  const written = sum(({ state }) => state.filter((one) => one !== states.given).length)
  const { world } = config.text
  return {
    forwards: forwards / texts.length,
    tokensPerForward: forwards > 0 ? written / forwards : 0,
    accepted: world && sum(({ text }) => Number(check(world, text).ok)) / texts.length,
  }
}

/** [L] the step at which each position of the last frame was written, for the last time; 0 where it was given. */
export function settledAt(frames: readonly Frame[]): number[] {
  const at: number[] = new Array(frames[frames.length - 1].tokens.length).fill(0)
  for (const { step, changed } of frames) {
    for (const position of changed) if (position < at.length) at[position] = step
  }
  return at
}
