// Curves of several runs in one picture, drawn by uPlot: one for each quantity, all with the same cursor.
import uPlot from './uplot.js'

const height = 210

/** The colour of a run in this light, as CSS says it. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** "12.3k": short numbers for axes. */
export const short = (value) =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(value)

/** One picture. */
export class Curve {
  /** its place on the page */
  element = document.createElement('figure')
  #said = document.createElement('output')
  #room = document.createElement('div')
  #title
  #group
  #plot
  #lines = []
  #axis = ''
  #note = ''

  /** @param {string} title
   * @param {string} group pictures of one group follow the pointer in any of them */
  constructor(title, group = 'runs') {
    const caption = document.createElement('figcaption')
    const name = document.createElement('span')
    name.textContent = title
    caption.append(name, this.#said)
    this.element.className = 'curve'
    this.element.append(caption, this.#room)
    this.#title = title
    this.#group = uPlot.sync(group)
    new ResizeObserver(() => {
      const width = this.#room.clientWidth
      if (this.#plot && width > 0) this.#plot.setSize({ width, height })
    }).observe(this.#room)
  }

  /** @param {{ name: string, colour: string, dash?: number[], points: [number, number][] }[]} lines
   * @param {{ name: string, says: (x: number) => string }} axis
   * @param {string} note said beside the title while the pointer is elsewhere */
  draw(lines, axis, note) {
    this.element.hidden = lines.length === 0
    this.#note = note
    this.#said.textContent = note
    const table = uPlot.join(
      lines.map(({ points }) => [points.map(([x]) => x), points.map(([, y]) => y)]),
    )
    const same = lines.length === this.#lines.length && axis.name === this.#axis
    const alike = same && lines.every(({ name }, i) => name === this.#lines[i].name)
    this.#lines = lines
    this.#axis = axis.name
    if (this.#plot && alike) {
      this.#plot.setData(table)
      return
    }
    this.#plot?.destroy()
    this.#plot = lines.length === 0 ? undefined : this.#make(lines, axis, table)
  }

  /** The next drawing begins anew, in the colours of the light that is then. */
  forget() {
    this.#lines = []
  }

  #make(lines, axis, table) {
    const ink = {
      stroke: colour('--quiet'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
    }
    const options = {
      width: this.#room.clientWidth || 400,
      height,
      scales: { x: { time: false } },
      cursor: { sync: { key: this.#group.key }, points: { size: 6 }, drag: { x: true, y: false } },
      legend: { show: false },
      axes: [
        { ...ink, values: (_, marks) => marks.map(axis.says) },
        { ...ink, size: 62, values: (_, marks) => marks.map(valueSays) },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.name,
          stroke: colour(line.colour),
          width: 1.6,
          dash: line.dash,
          spanGaps: true,
          points: { show: line.points.length === 1 },
        })),
      ],
      hooks: { setCursor: [(plot) => this.#tell(plot, axis)] },
    }
    const plot = new uPlot(options, table, this.#room)
    plot.root.setAttribute('role', 'img')
    plot.root.setAttribute('aria-label', `${this.#title}: ${lines.map(lineSays).join('; ')}`)
    return plot
  }

  /** What stands under the pointer. */
  #tell({ cursor, data }, axis) {
    const { idx } = cursor
    if (idx === null || idx === undefined) {
      this.#said.textContent = this.#note
      return
    }
    const values = this.#lines.flatMap(({ name }, i) => {
      const y = data[i + 1]?.[idx]
      return y === null || y === undefined ? [] : [`${name} ${valueSays(y)}`]
    })
    this.#said.textContent = `${axis.says(data[0][idx])}: ${values.slice(0, 3).join(', ')}`
  }
}

const valueSays = (value) =>
  value !== 0 && Math.abs(value) < 0.01
    ? value.toExponential(1)
    : Math.abs(value) >= 1000
      ? short(value)
      : String(Number(value.toPrecision(4)))

const lineSays = ({ name, points }) => {
  const last = points.at(-1)
  return last ? `${name} ends at ${valueSays(last[1])}` : `${name} has none yet`
}
