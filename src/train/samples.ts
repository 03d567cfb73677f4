// samples.jsonl: what a run wrote from time to time, always with the same seed, so that one sees the same fog clear up
// better and better. A run that goes on from a checkpoint, or goes back, writes some of them again: the later counts.
import { readText, type Store } from '../store/index.ts'

export const samplesFile = 'samples.jsonl'

export interface Sample {
  /** of training text that the network had seen */
  tokens: number
  text: string
}

export const appendSample = (store: Store, sample: Sample): Promise<void> =>
  store.append(samplesFile, new TextEncoder().encode(`${JSON.stringify(sample)}\n`))

/** @param until tokens of the last report: what lies behind it was taken back
 * @returns by tokens, ascending. A line that is not whole is left out: the file is for looking at */
export async function readSamples(store: Store, until: number): Promise<Sample[]> {
  if (!(await store.stat(samplesFile))) return []
  const found = new Map<number, Sample>()
  for (const line of (await readText(store, samplesFile)).split('\n')) {
    const sample = sampleIn(line)
    if (sample && sample.tokens <= until) found.set(sample.tokens, sample)
  }
  return [...found.values()].sort((a, b) => a.tokens - b.tokens)
}

function sampleIn(line: string): Sample | undefined {
  try {
    const { tokens, text } = JSON.parse(line)
    return Number.isFinite(tokens) && typeof text === 'string' ? { tokens, text } : undefined
  } catch {
    return undefined
  }
}
