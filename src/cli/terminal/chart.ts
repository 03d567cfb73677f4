// Curves in a terminal: dots of braille, two across and four down in each character, with the ends of both axes.
import type { Palette, Rgb } from './colour.ts'

export interface Curve {
  name: string
  points: readonly (readonly [x: number, y: number])[]
}

export interface ChartOptions {
  /** characters, axes included */
  columns: number
  rows: number
  palette: Palette
  /** how an end of the axis is written */
  x(value: number): string
  y(value: number): string
}

/** told apart on black and on white */
const colours: readonly Rgb[] = [
  [70, 160, 112],
  [196, 146, 56],
  [120, 130, 220],
  [205, 92, 130],
  [80, 160, 190],
  [150, 150, 150],
]

/** Bits of a braille character by place: [row][column]. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
]

/** Lines of text; a curve of one point is a dot, curves without points are only named. */
export function chart(curves: readonly Curve[], options: ChartOptions): string[] {
  const { palette, rows } = options
  const paint = (i: number, text: string) =>
    palette.paint(text, { colour: colours[i % colours.length] })
  const points = curves.flatMap(({ points }) => points)
  const names = curves.map(({ name }, i) => paint(i, `● ${name}`)).join('   ')
  if (points.length === 0) return [names]
  const [x0, x1] = ends(points.map(([x]) => x))
  const [y0, y1] = ends(points.map(([, y]) => y))
  const labels = [options.y(y1), options.y(y0)]
  const margin = Math.max(...labels.map(({ length }) => length))
  const width = Math.max(8, options.columns - margin - 2)
  const cells = Array.from({ length: rows }, () => new Uint8Array(width))
  const owner = Array.from({ length: rows }, () => new Uint8Array(width))
  const place = (x: number, y: number): [number, number] => [
    Math.round(((x - x0) / (x1 - x0 || 1)) * (2 * width - 1)),
    Math.round(((y1 - y) / (y1 - y0 || 1)) * (4 * rows - 1)),
  ]
  curves.forEach(({ points }, i) => {
    const dots = points.map(([x, y]) => place(x, y))
    dots.forEach((dot, at) => {
      for (const [column, row] of line(dots[at - 1] ?? dot, dot)) {
        cells[row >> 2][column >> 1] |= bits[row & 3][column & 1]
        owner[row >> 2][column >> 1] = i
      }
    })
  })
  const drawn = cells.map((row, r) => {
    const label = r === 0 ? labels[0] : r === rows - 1 ? labels[1] : ''
    const dots = Array.from(row, (cell, c) =>
      cell === 0 ? ' ' : paint(owner[r][c], String.fromCharCode(0x2800 + cell)),
    )
    return `${label.padStart(margin)} ┤${dots.join('')}`.trimEnd()
  })
  const [left, right] = [options.x(x0), options.x(x1)]
  const gap = ' '.repeat(Math.max(1, width - left.length - right.length))
  const below = `${' '.repeat(margin + 2)}${left}${gap}${right}`
  return [...drawn, below, `${' '.repeat(margin + 2)}${names}`]
}

function ends(values: readonly number[]): [number, number] {
  let [least, most] = [values[0], values[0]]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return [least, most]
}

/** Dots from one to another, both included. */
function* line(from: readonly number[], to: readonly number[]): Generator<[number, number]> {
  const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))
  for (let i = 0; i <= steps; i++) {
    const at = (axis: 0 | 1) => Math.round(from[axis] + ((to[axis] - from[axis]) * i) / steps)
    yield [at(0), at(1)]
  }
}
