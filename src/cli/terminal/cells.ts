// A frame as cells: one per token, with what it shows and how sure the model is. Tokens that only together make a
// character (the bytes of é) share a cell.
import { type Frame, states } from '../../denoise/index.ts'
import type { Tokenizer } from '../../text/index.ts'
import { harmless } from './width.ts'

export interface Cell {
  kind: 'given' | 'fog' | 'settled'
  /** '' for fog, whose look is drawn later */
  text: string
  /** position of its first token */
  position: number
  /** probability from 0 to 1 */
  certainty: number
  /** written by this very step */
  fresh: boolean
}

const kinds = Object.fromEntries(Object.entries(states).map(([name, value]) => [value, name]))

/** The cells of a frame, up to the end of the text. */
export function cellsOf(frame: Frame, tokenizer: Pick<Tokenizer, 'decode' | 'special'>): Cell[] {
  const cells: Cell[] = []
  const fresh = new Set(frame.changed)
  let pending: number[] = []
  for (let position = 0; position < frame.tokens.length; position++) {
    const kind = kinds[frame.state[position]] as Cell['kind']
    const id = frame.tokens[position]
    if (kind === 'settled' && id === tokenizer.special.eos) break
    const cell = {
      kind,
      text: '',
      position,
      certainty: frame.confidence[position],
      fresh: fresh.has(position),
    }
    if (kind === 'fog') {
      pending = []
      cells.push(cell)
      continue
    }
    const joined = tokenizer.decode([...pending, id])
    const before = cells[cells.length - 1]
    if (pending.length > 0 && before) before.text = harmless(joined)
    else cells.push({ ...cell, text: harmless(joined) })
    pending = joined.endsWith('\ufffd') ? [...pending, id] : []
  }
  return cells
}
