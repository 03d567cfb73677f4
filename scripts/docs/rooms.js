// docs/pictures/rooms.svg: the rooms of src/ and who imports whom, drawn from the imports themselves. A room stands
// one row below the lowest room it imports; an arrow that follows from two others is left out.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What each room holds, in a few words.
 * @type {Record<string, string>} */
const contents = {
  error: 'one class, one table',
  random: 'counted randomness',
  store: 'files and time',
  graph: 'tensors, gradients, ONNX',
  runtime: 'runs graphs',
  nn: 'the Transformer',
  noise: 'how text is corrupted',
  text: 'tokenizers, corpora',
  tales: 'a language with a truth',
  model: 'in memory and on disk',
  denoise: 'how text comes back',
  control: 'what text must satisfy',
  measure: 'likelihood, figures',
  train: 'the loop, checkpoints',
  api: 'what users call',
  'index.ts': 'the public names',
  serve: 'the page, HTTP',
  cli: 'commands',
}

const box = { width: 168, height: 46 }
const gap = { across: 24, down: 56 }
const margin = 24

/** Which rooms each room imports.
 * @param {string} source the folder src/
 * @returns {Map<string, Set<string>>} */
export function roomImports(source) {
  const imports = new Map()
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !/\/(testing|fixtures)\//.test(file))
    .sort()
  for (const file of files) {
    const room = file.split('/')[0]
    const known = imports.get(room) ?? new Set()
    imports.set(room, known)
    for (const [, path] of readFileSync(join(source, file), 'utf8').matchAll(
      / from '(\.[^']+)'/g,
    )) {
      const target = join(dirname(file), path).replaceAll('\\', '/').split('/')[0]
      if (target !== room) known.add(target)
    }
  }
  return imports
}

/** @param {Map<string, Set<string>>} imports free of circles
 * @returns {string} SVG */
export function roomsPicture(imports) {
  const rows = inRows(imports)
  const places = placed(rows)
  const width = Math.max(...rows.map((row) => rowWidth(row.length))) + 2 * margin
  const height = rows.length * (box.height + gap.down) - gap.down + 2 * margin
  const arrows = direct(imports).map(([from, to]) => arrow(places, from, to, width))
  const boxes = [...places].map(([room, place]) => drawBox(room, place, width))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">
<title>The rooms of src/ and what they import</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#8791a1"/></marker></defs>
<rect width="${width}" height="${height}" rx="12" fill="#f7f8fa"/>
${arrows.join('\n')}
${boxes.join('\n')}
</svg>
`
}

/** Rooms by the length of the longest path of imports below them, top first.
 * @param {Map<string, Set<string>>} imports
 * @returns {string[][]} */
function inRows(imports) {
  /** @type {(room: string) => number} */
  const depth = (room) =>
    Math.max(0, ...[...(imports.get(room) ?? [])].map((target) => depth(target) + 1))
  const order = Object.keys(contents)
  /** @type {string[][]} */
  const rows = []
  for (const room of [...imports.keys()].sort((a, b) => order.indexOf(a) - order.indexOf(b))) {
    const row = depth(room)
    rows[row] = [...(rows[row] ?? []), room]
  }
  return rows
}

/** Imports that follow from no chain of others.
 * @param {Map<string, Set<string>>} imports
 * @returns {[string, string][]} */
function direct(imports) {
  /** @type {(from: string, to: string) => boolean} */
  const reaches = (from, to) =>
    [...(imports.get(from) ?? [])].some((room) => room === to || reaches(room, to))
  return [...imports].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to) => /** @type {[string, string]} */ ([from, to])),
  )
}

/** @param {number} count */
const rowWidth = (count) => count * (box.width + gap.across) - gap.across

/** Upper left corners, each row centred on x = 0.
 * @param {string[][]} rows
 * @returns {Map<string, { x: number, y: number }>} */
function placed(rows) {
  return new Map(
    rows.flatMap((row, down) =>
      row.map((room, across) => [
        room,
        {
          x: across * (box.width + gap.across) - rowWidth(row.length) / 2,
          y: margin + down * (box.height + gap.down),
        },
      ]),
    ),
  )
}

/** From the top of the importing room to the bottom of the imported one.
 * @param {Map<string, { x: number, y: number }>} places
 * @param {string} from
 * @param {string} to
 * @param {number} width of the picture */
function arrow(places, from, to, width) {
  const start = /** @type {{ x: number, y: number }} */ (places.get(from))
  const end = /** @type {{ x: number, y: number }} */ (places.get(to))
  const middle = (/** @type {number} */ x) => x + box.width / 2 + width / 2
  const [x0, y0, x1, y1] = [middle(start.x), start.y, middle(end.x), end.y + box.height]
  const bend = Math.min(gap.down, (y0 - y1) / 2)
  return `<path d="M${x0} ${y0}C${x0} ${y0 - bend} ${x1} ${y1 + bend} ${x1} ${y1 + 2}" fill="none" stroke="#b4bcc8" stroke-width="1.4" marker-end="url(#tip)"/>`
}

/** @param {string} room
 * @param {{ x: number, y: number }} place
 * @param {number} width of the picture */
function drawBox(room, { x, y }, width) {
  const left = x + width / 2
  const centre = left + box.width / 2
  return `<g><rect x="${left}" y="${y}" width="${box.width}" height="${box.height}" rx="8" fill="#fff" stroke="#5b6bd5" stroke-width="1.2"/><text x="${centre}" y="${y + 19}" text-anchor="middle" font-size="14" font-weight="600" fill="#1c2340">${room}</text><text x="${centre}" y="${y + 36}" text-anchor="middle" font-size="11" fill="#59627a">${contents[room] ?? ''}</text></g>`
}
