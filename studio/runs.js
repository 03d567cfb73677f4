// The page of training runs: asks for them every few seconds, lists them, and overlays their curves. The table is the
// legend: a run is shown or hidden by its box.
import { fetchJSON } from './asking.js'
import { Curve, short } from './curves.js'

const $ = (id) => document.getElementById(id)
const patience = 2500
const colours = 8

/** What is drawn, in this order: each a title, and the lines of one run. */
const quantities = [
  { title: 'Held out, nats per character', of: ({ heldOutPerChar }) => heldOutPerChar },
  { title: 'Training loss', of: ({ loss }) => loss },
  { title: 'Words that the facts fix, nats', parts: ({ answers }) => answers },
  { title: 'Gradient norm', of: ({ gradient }) => gradient },
  { title: 'Learning rate', of: ({ rate }) => rate },
  { title: 'Tokens per second', of: ({ tokensPerSecond }) => tokensPerSecond },
]
/** Kinds within one picture: how their lines look, drawn and in words. */
const dashes = [undefined, [8, 4], [2, 3], [8, 3, 2, 3]]
const dashSigns = ['──', '╌╌', '┈┈', '╌┈']

const axes = {
  tokens: { name: 'tokens', of: ({ tokens }) => tokens, says: short },
  seconds: { name: 'seconds', of: ({ seconds }) => seconds, says: duration },
}

/** The last measurement by how much of a text is masked: ten equal parts, each at its middle. */
const shares = { name: 'masked', says: (share) => `${share} %` }

const curves = quantities.map(({ title }) => new Curve(title))
const byMasked = new Curve('Nats of a masked word, by masked share', 'masked')
$('curves').append(...[...curves, byMasked].map(({ element }) => element))

let runs = []
/** what the server said last: where nothing is new, nothing is drawn */
let said = ''
const hidden = new Set()

// ---- asking

async function ask() {
  try {
    const found = await fetchJSON('histories')
    $('trouble').textContent = ''
    const written = JSON.stringify(found)
    if (written === said) return
    said = written
    runs = found
    draw()
  } catch (error) {
    $('trouble').textContent = error.message
  }
}

async function keepAsking() {
  for (;;) {
    if (!document.hidden) await ask()
    await new Promise((resolve) => setTimeout(resolve, patience))
  }
}

// ---- showing

function draw() {
  const going = runs.filter(({ metrics, budget }) => (metrics.at(-1)?.tokens ?? 0) < budget).length
  $('status').textContent = `${plural(runs.length, 'run')}${going ? `, ${going} not finished` : ''}`
  $('runs').tBodies[0].replaceChildren(...runs.map(row))
  const axis = axes[document.querySelector('#axis input:checked').value]
  quantities.forEach((quantity, i) => {
    const lines = runs.flatMap((run, at) =>
      hidden.has(run.name) ? [] : linesOf(run, at, quantity, axis),
    )
    curves[i].draw(lines, axis, quantity.parts ? key(quantity) : '')
  })
  const levels = runs.flatMap((run, at) => (hidden.has(run.name) ? [] : levelsOf(run, at)))
  byMasked.draw(levels, shares, '')
  $('samples').replaceChildren(...runs.flatMap(samplesOf))
}

/** What a masked word costs a run now; none where it was not measured. */
function levelsOf({ name, metrics }, at) {
  const found = metrics.findLast(({ byMasked }) => byMasked)?.byMasked
  if (!found) return []
  const points = found.flatMap((nats, i) =>
    nats === null ? [] : [[(100 * (i + 0.5)) / found.length, nats]],
  )
  return points.length > 0 ? [{ name: last(name), colour: colourOf(at), points }] : []
}

/** What a run wrote from time to time, the newest first. */
function samplesOf({ name, samples }, at) {
  if (hidden.has(name) || samples.length === 0) return []
  const card = document.createElement('article')
  card.style.setProperty('--run', `var(${colourOf(at)})`)
  const title = document.createElement('h2')
  title.textContent = last(name)
  const list = document.createElement('dl')
  for (const { tokens, text } of samples.toReversed()) {
    const [when, what] = [document.createElement('dt'), document.createElement('dd')]
    when.textContent = `${short(tokens)} tokens`
    what.textContent = text.trim()
    list.append(when, what)
  }
  card.append(title, list)
  return [card]
}

/** "── place  ╌╌ who": which line is which kind. */
const key = (quantity) =>
  kindsOf(
    quantity,
    runs.flatMap(({ metrics }) => metrics),
  )
    .map((kind, i) => `${dashSigns[i % dashes.length]} ${kind}`)
    .join('  ')

const kindsOf = ({ parts }, metrics) => [
  ...new Set(metrics.flatMap((metric) => Object.keys(parts(metric) ?? {}))),
]

/** The lines of one run in one picture; none where it has nothing to show. */
function linesOf({ name, metrics }, at, { of, parts }, axis) {
  const line = (suffix, value, dash) => ({
    name: `${last(name)}${suffix}`,
    colour: colourOf(at),
    dash,
    points: metrics.flatMap((metric) => {
      const y = value(metric)
      return y === undefined ? [] : [[axis.of(metric), y]]
    }),
  })
  const lines = parts
    ? kindsOf({ parts }, metrics).map((kind, i) =>
        line(` ${kind}`, (metric) => parts(metric)?.[kind], dashes[i % dashes.length]),
      )
    : [line('', of)]
  return lines.filter(({ points }) => points.length > 0)
}

function row(run, at) {
  const { name, parameters, noise, budget, metrics, heldOut, data } = run
  const now = metrics.at(-1)
  const tokens = now?.tokens ?? 0
  const line = document.createElement('tr')
  line.classList.toggle('hidden', hidden.has(name))
  line.style.setProperty('--run', `var(${colourOf(at)})`)
  const head = document.createElement('th')
  head.scope = 'row'
  head.append(legend(name))
  const cells = [
    short(parameters),
    noise,
    tokens < budget ? `${short(tokens)} of ${short(budget)}` : short(tokens),
    duration(now?.seconds ?? 0),
    now && now.seconds > 0 ? short(tokens / now.seconds) : '',
    heldOut ? `${heldOut.exact ? '=' : '≤'} ${heldOut.natsPerChar.toFixed(3)} nats/char` : '',
    last(data),
  ].map((text) => {
    const cell = document.createElement('td')
    cell.textContent = text
    return cell
  })
  line.append(head, ...cells)
  return line
}

/** Box, colour and name of a run. */
function legend(name) {
  const label = document.createElement('label')
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = !hidden.has(name)
  box.addEventListener('change', () => {
    if (box.checked) hidden.delete(name)
    else hidden.add(name)
    draw()
    // the row was made anew
    const again = [...document.querySelectorAll('#runs tbody input')]
    again[runs.findIndex((run) => run.name === name)]?.focus()
  })
  const swatch = document.createElement('i')
  swatch.className = 'swatch'
  const text = document.createElement('span')
  text.textContent = last(name)
  label.append(box, swatch, text)
  return label
}

const colourOf = (at) => `--run-${at % colours}`
const last = (path) => path.split('/').at(-1)
const plural = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`

function duration(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return seconds >= 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`
}

$('axis').addEventListener('change', draw)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const curve of [...curves, byMasked]) curve.forget()
  draw()
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) ask()
})
keepAsking()
