// What of a question need not be computed again at the next: the table of caches, and what one text keeps by one of
// them. A cache is exact where what stands to the left never sees what is written later; elsewhere it is approximate:
// keys and values stay as they were when the current block began, or when a position was last computed.
import { type Block, blockOf } from './blocks.ts'
import type { Reuse } from './denoiser.ts'
import { states } from './frame.ts'
import type { PolicyState } from './policy.ts'

export interface Cache {
  readonly name: string
  /** one line for help and docs */
  readonly about: string
  /** where it comes from */
  readonly source: string
  /** are answers those that would be given without it? */
  readonly exact: boolean
  /** Which networks it is for: any, or those that see nothing behind a word or a block, or those that see both sides */
  readonly networks: 'any' | 'forward' | 'full'
  /** what one text keeps; nothing without */
  readonly keep?: () => Keeper
}

/** Says of every question of one text what it shares with those before. */
export type Keeper = (tokens: Int32Array, view: PolicyState) => Reuse

/** @param fresh what is computed anew of a text whose block has its first fog of the start at `first` */
const blockwise =
  (fresh: (block: Block) => Reuse['fresh']): Cache['keep'] =>
  () => {
    let of = new Int32Array()
    let index: number | undefined
    return (tokens, view) => {
      const block = blockOf(view)
      if (block.index !== index) {
        index = block.index
        of = begun(tokens, block, view)
      }
      return { of, fresh: fresh(block) }
    }
  }

/** The canvas as it was when its block began, which a text taken up again in the middle of one needs too. */
const begun = (tokens: Int32Array, { first, end }: Block, { state, maskId }: PolicyState) =>
  tokens.map((id, position) =>
    position >= first && position < end && state[position] !== states.given ? maskId : id,
  )

/** In how many questions everything is computed once. */
const everything = 8

/** Fog is computed at every step, and a word once more after it was written: its keys and values then are its own. */
const delayed: Cache['keep'] = () => {
  let of: Int32Array = new Int32Array()
  let shown: Int32Array | undefined
  let questions = 0
  return (tokens, { maskId }) => {
    const last = shown?.length === tokens.length ? shown : undefined
    shown = tokens.slice()
    if (questions++ % everything === 0 || !last) {
      of = shown
      return { of, fresh: { at: new Int32Array() } }
    }
    const changes = [...tokens.keys()].filter(
      (position) => tokens[position] === maskId || tokens[position] !== last[position],
    )
    return { of, fresh: { at: Int32Array.from(changes) } }
  }
}

const fastDllm = 'Wu et al., arXiv 2505.22618 (Fast-dLLM)'

export const caches = {
  none: {
    name: 'none',
    about: 'everything is computed at every step',
    source: 'the network itself',
    exact: true,
    networks: 'any',
  },
  exact: {
    name: 'exact',
    about: 'what stands before a change is kept; the default where nothing behind is seen',
    source:
      'Vaswani et al., arXiv 1706.03762: causal attention; in blocks Arriola et al., 2503.09573',
    exact: true,
    networks: 'forward',
    keep: () => {
      const of = new Int32Array()
      return () => ({ of })
    },
  },
  prefix: {
    name: 'prefix',
    about: 'what stands before the block is kept from its beginning on',
    source: fastDllm,
    exact: false,
    networks: 'full',
    keep: blockwise(({ first }) => ({ from: first })),
  },
  dual: {
    name: 'dual',
    about: 'what stands before and behind the block is kept from its beginning on',
    source: fastDllm,
    exact: false,
    networks: 'full',
    keep: blockwise(({ first, end }) => ({ from: first, to: end })),
  },
  delayed: {
    name: 'delayed',
    about: 'a word is kept once it has been read; all is computed at every eighth step',
    source: 'Ma et al., arXiv 2505.15781 (dKV-Cache)',
    exact: false,
    networks: 'full',
    keep: delayed,
  },
} satisfies Record<string, Cache>

export type CacheName = keyof typeof caches
