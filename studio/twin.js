// The twin: another model writes from the same beginning, word by word from left to right, beside the text. It shows
// what as many forwards have given it as the text has had; when the text is finished, it types on.
import { ask } from './asking.js'
import { Fog } from './fog.js'

/** the value of a frame's `state` where nothing is written yet */
const fog = 1
/** what a model that writes from left to right can be asked for */
const understood = ['prompt', 'style', 'words', 'who', 'what', 'length', 'temperature', 'seed']

export class Twin {
  #section
  #says
  #fog
  #frames = []
  /** how many forwards it may have had */
  #forwards = 0
  #scale
  #writing
  #typing

  /** @param {HTMLElement} section with a `.text` and a `.says`  */
  constructor(section) {
    this.#section = section
    this.#says = section.querySelector('.says')
    this.#fog = new Fog(section.querySelector('.text'))
  }

  /** Is it to be seen? */
  get on() {
    return !this.#section.hidden
  }

  set on(on) {
    this.#section.hidden = !on
    if (!on) this.stop()
  }

  /** Asks for its text.
   * @param {URLSearchParams} query what the text was asked with  @param {number} width letters of a token */
  async write(query, width) {
    this.stop()
    this.#frames = []
    this.#scale = { ignorance: 1, width }
    this.#fog.begin(this.#scale)
    this.#says.textContent = ''
    if (query.has('infill')) {
      this.#says.textContent = 'from left to right no gaps are filled'
      return
    }
    const known = new URLSearchParams([...query].filter(([name]) => understood.includes(name)))
    const stopper = new AbortController()
    this.#writing = stopper
    try {
      for await (const { event, data } of ask('twin', known, stopper.signal)) {
        if (event === 'frame') this.#add(data)
      }
    } catch (error) {
      if (!stopper.signal.aborted) this.#says.textContent = error.message
    }
  }

  /** Shows how far it has come after so many forwards. */
  show(forwards) {
    this.#rest()
    this.#goTo(forwards)
  }

  /** Types on to its end, a word each `interval` milliseconds. */
  typeOn(interval) {
    this.#rest()
    this.#typing = setInterval(() => {
      this.#goTo(this.#forwards + 1)
      if (this.#seen?.done) this.#rest()
    }, interval)
  }

  stop() {
    this.#writing?.abort()
    this.#rest()
  }

  #add(frame) {
    if (this.#frames.length === 0) {
      this.#scale.ignorance = Math.max(1, ...frame.entropy)
      this.#fog.begin(this.#scale)
    }
    this.#frames.push(frame)
    if (frame.forwards <= this.#forwards) this.#goTo(this.#forwards)
  }

  get #seen() {
    return this.#frames.findLast(({ forwards }) => forwards <= this.#forwards)
  }

  #goTo(forwards) {
    const before = this.#seen
    this.#forwards = forwards
    const frame = this.#seen
    if (!frame) return
    this.#fog.show(typed(frame), this.#frames.indexOf(frame) === this.#frames.indexOf(before) + 1)
    const { check, done } = frame
    const verdict = check && (check.ok ? 'the checker accepts it' : check.errors.join('; '))
    const says = [`${frame.forwards} forward${frame.forwards === 1 ? '' : 's'}`, verdict]
    this.#says.textContent = says.filter(Boolean).join(' · ')
    this.#section.classList.toggle('typing', !done)
  }

  #rest() {
    clearInterval(this.#typing)
    this.#typing = undefined
  }
}

/** A frame without what is not there yet. */
function typed(frame) {
  const end = frame.state.indexOf(fog)
  return end < 0 ? frame : { ...frame, pieces: frame.pieces.slice(0, end) }
}
