// In which order policies write, as a picture: a field for each, its positions from left to right and its steps downward.
// A position is coloured from the step on at which it was written, blue early and orange late; pale is what was given,
// blank is fog. A word that went back into the fog ends its colour, one that was written over begins another.
import { type Frame, states } from '../denoise/index.ts'
import { escaped, svg } from './svg.ts'

export interface Order {
  readonly name: string
  /** what stands beside the name */
  readonly about: string
  /** of one text, from the canvas on */
  readonly frames: readonly Frame[]
}

const [across, down] = [252, 120]
const [gap, head, edge] = [18, 22, 14]
const fieldsInRow = 3
/** colours are told apart in so many steps of time */
const shades = 16

const given = '#d8c7b1'
const shade = (share: number): string => {
  const step = Math.round(share * (shades - 1)) / (shades - 1)
  return `hsl(${Math.round(215 - 190 * step)} 45% 50%)`
}

/** @returns an SVG */
export function ordersPicture(orders: readonly Order[]): string {
  const fields = orders.map(({ name, about, frames }, i) => {
    const x = edge + (i % fieldsInRow) * (across + gap)
    const y = edge + Math.floor(i / fieldsInRow) * (head + down + gap) + head
    return `<text x="${x}" y="${y - 8}" fill="#23262d" font-weight="bold">${escaped(name)}</text><text x="${x + across}" y="${y - 8}" fill="#9a958a" font-size="10" text-anchor="end">${escaped(about)}</text><g transform="translate(${x} ${y})"><rect width="${across}" height="${down}" fill="#eceae3"/>${field(frames)}</g>`
  })
  const legend = `<text x="${edge}" y="${edge}" fill="#9a958a" font-size="10">positions from left to right, steps downward</text>`
  const width = 2 * edge + fieldsInRow * across + (fieldsInRow - 1) * gap
  const height = 2 * edge + Math.ceil(orders.length / fieldsInRow) * (head + down + gap)
  return svg(width, height, `${legend}<g transform="translate(0 8)">${fields.join('')}</g>`)
}

/** Runs of steps at which one word stands, a path for each colour. */
function field(frames: readonly Frame[]): string {
  const last = frames[frames.length - 1]
  const steps = last.step + 1
  const length = Math.max(...frames.map(({ tokens }) => tokens.length))
  const paths = new Map<string, string>()
  for (let position = 0; position < length; position++) {
    for (const { from, to, fill } of runs(frames, position)) {
      const number = (value: number) => String(Number(value.toFixed(1)))
      const [x, y] = [(position * across) / length, (from * down) / steps]
      const [width, height] = [across / length, ((to - from) * down) / steps]
      const box = `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h-${number(width)}z`
      paths.set(fill, (paths.get(fill) ?? '') + box)
    }
  }
  return [...paths].map(([fill, d]) => `<path fill="${fill}" d="${d}"/>`).join('')
}

/** When a word stands at a position, as steps: from … to - 1. */
function* runs(
  frames: readonly Frame[],
  position: number,
): Generator<{ from: number; to: number; fill: string }> {
  const last = frames[frames.length - 1].step
  let run: { from: number; fill: string } | undefined
  for (const { step, state, changed } of frames) {
    // what lies behind the end of a text is dropped with its last step
    const stands = position < state.length && state[position] !== states.fog
    if (run && (!stands || changed.includes(position))) {
      yield { ...run, to: step }
      run = undefined
    }
    if (stands && !run) {
      const fill = state[position] === states.given ? given : shade(last > 0 ? step / last : 0)
      run = { from: step, fill }
    }
  }
  if (run) yield { ...run, to: last + 1 }
}
