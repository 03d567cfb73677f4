// A model that knows one tale by heart, and the surer the more of it stands: for tests of what is done with frames. It
// counts what it is asked.
import {
  type Ask,
  Batcher,
  type BatchLimits,
  type Denoiser,
  denoise,
  makeCanvas,
  makePlan,
  type PlanOptions,
} from '../../src/denoise/index.ts'
import type { Served } from '../../src/serve/index.ts'
import { labelValues, tell } from '../../src/tales/index.ts'
import { trainTokenizer } from '../../src/text/index.ts'
import { hashed } from './denoisers.ts'

export interface TellingOptions {
  /** which tale of the small world; with temperature 0 it is told to the letter */
  tale?: number
  /** milliseconds that a forward takes */
  delay?: number
  batch?: Partial<BatchLimits>
  /** writes from left to right */
  causal?: boolean
}

export interface TellingModel extends Served {
  /** the tale that it knows */
  readonly tale: string
  /** forwards begun so far */
  readonly forwards: number
}

const world = 'small'

export async function tellingModel({
  tale: seed = 5,
  delay = 0,
  batch,
  causal = false,
}: TellingOptions = {}): Promise<TellingModel> {
  const tokenizer = await trainTokenizer('words', told(), {
    vocabSize: 512,
    labels: (['style', 'words', 'who', 'what'] as const).map((name) => ({
      name,
      values: labelValues(world)[name],
    })),
  })
  const tale = tell(world, seed).text
  const ids = tokenizer.encode(tale)
  let forwards = 0
  const denoiser: Denoiser = {
    vocabSize: tokenizer.size,
    maskId: tokenizer.special.mask,
    banned: [...tokenizer.banned, tokenizer.special.eos],
    context: 128,
    causal,
    async logits(asks) {
      forwards++
      await new Promise((resolve) => setTimeout(resolve, delay))
      return asks.map((ask) => opinion(ask, ids, tokenizer.special.mask, tokenizer.size))
    },
  }
  const batcher = new Batcher(denoiser, batch)
  const lengths = Array.from({ length: ids.length + 1 }, (_, length) =>
    length === ids.length ? 1 : 0,
  )
  return {
    tale,
    get forwards() {
      return forwards
    },
    config: {
      unfog: 1,
      name: causal ? 'by-heart-ar' : 'by-heart',
      architecture: { attention: causal ? 'causal' : 'full' } as Served['config']['architecture'],
      shift: false,
      noise: { process: 'masked', schedule: 'linear' },
      text: { documents: 'line', exactLength: true, labels: [], world },
      weights: { dtype: 'f32' },
    },
    tokenizer,
    parameters: ids.length,
    context: denoiser.context,
    get load() {
      return batcher.load
    },
    obeys: () => [],
    async *generate({ signal, style: _s, words: _w, who: _o, what: _a, ...options } = {}) {
      const plan = makePlan(options as PlanOptions, denoiser)
      const canvas = makeCanvas(plan, denoiser, tokenizer, lengths)
      yield* denoise(batcher, canvas, plan, { signal, decode: tokenizer.decode })
    },
  }
}

function* told(): Generator<string> {
  for (let seed = 0; seed < 400; seed++) yield `${tell(world, seed).text}\n`
}

/** Logits of the asked rows: the tale's own word, the more probable the less fog there is around. */
function opinion({ tokens, rows }: Ask, ids: Int32Array, mask: number, size: number): Float32Array {
  const logits = new Float32Array(rows.length * size)
  for (const [i, position] of rows.entries()) {
    const near = tokens.subarray(Math.max(0, position - 6), position + 7)
    const fog = near.filter((id) => id === mask).length / near.length
    const sure = 4.5 * (1 - fog) + 3.5 * hashed(position)
    logits[i * size + ids[position % ids.length]] = Math.log(size) + sure - 1.5
  }
  return logits
}
