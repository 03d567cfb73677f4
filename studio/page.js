// The page: what is asked, by hand or by link, goes to the server; the frames that come back go to the player, and from
// there into the fog. Everything that is said of a text is read from its frames.
import { ask, fetchJSON } from './asking.js'
import { Fog } from './fog.js'
import { Player } from './player.js'
import { Settings } from './settings.js'
import { Twin } from './twin.js'
import { Why } from './why.js'

const $ = (id) => document.getElementById(id)
const settings = new Settings($('form'))
const fog = new Fog($('text'))
const player = new Player({ show, changed })
const why = new Why($('text'), $('why'), {
  seen: () => player.seen,
  goTo: (step) => player.seek(player.seen.findIndex((frame) => frame.step === step)),
})
const twin = new Twin($('beside'))

/** letters of a token, until the model says it */
let charactersPerToken = 4
/** how many words are named that were close */
const candidates = 5
/** stops the text that is being written; undefined when none is */
let writing
/** what the text that is seen was asked with */
let asked

// ---- asking

async function write() {
  stop()
  complain()
  const query = settings.query()
  asked = query
  history.replaceState(null, '', `#${link()}`)
  const stopper = new AbortController()
  writing = stopper
  changed()
  if (twin.on) twin.write(query, charactersPerToken)
  try {
    for await (const { event, data } of ask('generate', withCandidates(query), stopper.signal))
      hear[event](data)
  } catch (error) {
    if (!stopper.signal.aborted) complain(error)
  } finally {
    if (writing === stopper) writing = undefined
    changed()
  }
}

/** All that was asked, and whether the twin was. */
const link = () => new URLSearchParams([...asked, ...(twin.on ? [['twin', 'on']] : [])])

const withCandidates = (query) => new URLSearchParams([...query, ['candidates', candidates]])

/** What to do with each kind of event. */
const hear = {
  frame(frame) {
    if (frame.step === 0) begin(frame)
    player.add(frame)
  },
  queued({ ahead }) {
    $('status').textContent = `waiting for ${plural(ahead, 'other text')}`
  },
}

function begin(frame) {
  why.close()
  fog.begin({ ignorance: Math.max(1, ...frame.entropy), width: charactersPerToken })
  player.begin(frame.steps ?? frame.tokens.length)
  $('spoken').textContent = ''
  $('controls').hidden = false
  document.body.classList.add('told')
  // arrow keys look back from here, and a phone's keyboard makes room
  $('scrub').focus({ preventScroll: true })
}

function stop() {
  writing?.abort()
  twin.stop()
  player.pause()
}

/** @param {Error} [error] none takes back what was said */
function complain(error) {
  $('trouble').textContent = error?.message ?? ''
  settings.blame(error?.param)
}

// ---- showing

function show(frame, forward) {
  fog.show(frame, forward)
  why.refresh()
  showTwin(frame, forward)
  const { fogginess, says } = figuresOf(frame)
  document.documentElement.style.setProperty('--fog', fogginess.toFixed(3))
  $('status').textContent = says.join(' · ')
  $('scrub').setAttribute('aria-valuetext', says.join(', '))
  showVerdict(frame)
  if (frame.done === 'complete') $('spoken').textContent = frame.text
}

function showTwin({ forwards, done }, forward) {
  if (!twin.on) return
  twin.show(forwards)
  if (forward && done) twin.typeOn(player.interval)
}

/** What a frame says in numbers: how much of its own text is in the fog, and how far it has come at what cost. */
function figuresOf({ step, steps, forwards, state, confidence, seed }) {
  const own = confidence.filter((_, at) => state[at] !== 0)
  const unknown = state.filter((one) => one === 1).length
  const certainty = own.reduce((sum, one) => sum + one, 0) / Math.max(1, own.length)
  return {
    fogginess: unknown / Math.max(1, own.length),
    says: [
      `step ${step}${steps ? ` of ${steps}` : ''}`,
      plural(forwards, 'forward'),
      `certainty ${Math.round(100 * certainty)} %`,
      `seed ${seed}`,
    ],
  }
}

/** What the checker says of a finished tale, and, if it can be read at all, whether it is as it was asked to be. */
function showVerdict({ check, disobeyed = [] }) {
  const says = []
  if (check) says.push(check.ok ? 'the checker accepts this tale' : check.errors.join('; '))
  if (disobeyed.length > 0 && check?.ok !== false)
    says.push(`not as asked: ${disobeyed.join(', ')}`)
  $('verdict').textContent = says.join(' · ')
  $('verdict').classList.toggle('accepted', check?.ok === true && disobeyed.length === 0)
}

const plural = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`

/** Are frames still to come, from the server or to be seen? */
const active = () => writing !== undefined || player.playing

function changed() {
  $('scrub').max = Math.max(0, player.count - 1)
  $('scrub').value = Math.max(0, player.at)
  $('write').textContent = active() ? 'Stop' : 'Write'
  $('play').classList.toggle('playing', player.playing)
  $('play').setAttribute('aria-label', player.playing ? 'Pause' : 'Play')
}

// ---- hands and keys

const press = (id, action) => $(id).addEventListener('click', action)

$('form').addEventListener('submit', (event) => {
  event.preventDefault()
  if (event.submitter === $('write') && active()) stop()
  else write()
})
settings.beginning.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  write()
})
$('scrub').addEventListener('input', () => player.seek($('scrub').valueAsNumber))
press('play', () => (player.playing ? player.pause() : player.play()))
press('dice', () => settings.rollSeed())
press('again', () => {
  if (settings.field('seed').value !== '') settings.rollSeed()
  write()
})
press('twin', () => {
  setTwin(!twin.on)
  if (!twin.on || !asked) return
  twin.write(asked, charactersPerToken)
  if (player.frame) showTwin(player.frame, true)
  history.replaceState(null, '', `#${link()}`)
})
press('copy', () => putAside('copy', player.frame.text))
press('share', () => putAside('share', location.href))

function setTwin(on) {
  twin.on = on
  $('twin').setAttribute('aria-pressed', String(on))
  document.body.classList.toggle('with-twin', on)
}

async function putAside(id, text) {
  const { textContent } = $(id)
  await navigator.clipboard.writeText(text)
  $(id).textContent = 'Copied'
  setTimeout(() => {
    $(id).textContent = textContent
  }, 1500)
}

/** Where to go from the frame that is seen, by key. */
const steps = {
  ArrowLeft: () => player.at - 1,
  ArrowRight: () => player.at + 1,
  Home: () => 0,
  End: () => player.count - 1,
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    if (active()) stop()
    else settings.beginning.focus()
    return
  }
  const inField = event.target.matches('input:not(#scrub), textarea, select')
  if (inField || !(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  player.seek(steps[event.key]())
})
addEventListener('hashchange', fillFromLink)

function fillFromLink() {
  const query = new URLSearchParams(location.hash.slice(1))
  if (query.size > 0) settings.fill(query)
  setTwin(query.has('twin') && !$('twin').hidden)
}

// ---- the beginning

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

fog.wait(36)
try {
  const model = await fetchJSON('model')
  charactersPerToken = model.charactersPerToken
  settings.offer(model)
  $('model').textContent = `${model.name}, ${compact.format(model.parameters)} parameters`
  settings.beginning.placeholder = model.examples[0] ?? ''
  if (model.twin) {
    $('twin').hidden = false
    $('twin').title = `the same beginning, written from left to right by ${model.twin}`
    $('twin-name').textContent = model.twin
  }
} catch (error) {
  complain(error)
}
fillFromLink()
settings.beginning.focus({ preventScroll: true })
