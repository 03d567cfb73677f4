// The loss at words that a tale's facts fix (who, holder, place at the end). The mean loss hides a skill that is not
// being learnt at all; this does not. All answers of one kind are masked, the rest of the tale is shown.
import type { Network } from '../model/network.ts'
import { answers, tell, type WorldName } from '../tales/index.ts'
import type { Tokenizer } from '../text/index.ts'

interface Probe {
  kind: string
  tokens: Int32Array
  rows: Int32Array
  targets: Int32Array
}

/** Positions of the tokens that overlap the characters [start, end). */
function positionsOf(tokenizer: Tokenizer, ids: Int32Array, start: number, end: number): number[] {
  const positions: number[] = []
  let at = 0
  ids.forEach((id, i) => {
    const next = at + tokenizer.characters[id]
    if (at < end && next > start) positions.push(i)
    at = next
  })
  return positions
}

function probesOf(world: WorldName, tokenizer: Tokenizer, seed: number): Probe[] {
  const tale = tell(world, seed)
  const ids = tokenizer.encode(tale.text)
  const byKind = new Map<string, number[]>()
  for (const { kind, start, end } of answers(tale)) {
    byKind.set(kind, [...(byKind.get(kind) ?? []), ...positionsOf(tokenizer, ids, start, end)])
  }
  return [...byKind].map(([kind, positions]) => {
    const rows = Int32Array.from(new Set(positions)).sort()
    const tokens = ids.slice()
    for (const row of rows) tokens[row] = tokenizer.special.mask
    return { kind, tokens, rows, targets: rows.map((row) => ids[row]) }
  })
}

/** @returns a function that measures nats per token of an answer, by kind, on the same tales every time */
export function answerMeter(
  world: WorldName,
  tokenizer: Tokenizer,
  { tales, seed }: { tales: number; seed: number },
): (network: Network) => Promise<Record<string, number>> {
  const probes = Array.from({ length: tales }, (_, i) =>
    probesOf(world, tokenizer, seed + i),
  ).flat()
  return async (network) => {
    const sums: Record<string, [nats: number, tokens: number]> = {}
    // a network that has learnt from few tales may be too short for some
    const fitting = probes.filter(({ tokens }) => tokens.length <= network.context)
    for (let from = 0; from < fitting.length; from += 16) {
      const part = fitting.slice(from, from + 16)
      // a network that reads from left to right must see the answers before it in clear text
      const queries = network.causal
        ? part.map((probe) => ({ ...probe, tokens: restored(probe) }))
        : part
      for (const [i, losses] of (await network.losses(queries)).entries()) {
        const [nats, tokens] = sums[part[i].kind] ?? [0, 0]
        const total = losses.reduce((sum, loss) => sum + loss, nats)
        sums[part[i].kind] = [total, tokens + losses.length]
      }
    }
    return Object.fromEntries(
      Object.entries(sums).map(([kind, [nats, tokens]]) => [kind, nats / tokens]),
    )
  }
}

function restored({ tokens, rows, targets }: Probe): Int32Array {
  const clear = tokens.slice()
  rows.forEach((row, i) => {
    clear[row] = targets[i]
  })
  return clear
}
