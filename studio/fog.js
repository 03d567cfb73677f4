// A frame as something to look at. A position in the fog is a smudge, the darker and tighter the surer the model is of
// what will stand there; a word is blurred by the uncertainty with which it was written, until the text is finished.
// Words and smudges glide to their new places when others take more or less room.

/** values of a frame's `state` */
const given = 0
const fog = 1

const glide = { id: 'glide', duration: 300, easing: 'cubic-bezier(.2, .7, .2, 1)' }
const settle = { id: 'settle', duration: 1300, easing: 'cubic-bezier(.2, .7, .2, 1)' }
/** how a word looks when it has just been written; it goes from there to how it is */
const unsettled = {
  opacity: 0,
  filter: 'blur(10px)',
  color: 'var(--glow)',
  textShadow: '0 0 .5em var(--glow), 0 0 1.2em var(--glow)',
}
const stillness = matchMedia('(prefers-reduced-motion: reduce)')

export class Fog {
  #element
  /** nodes by what they show: a smudge, a word, the space before it, a piece of a word */
  #nodes = new Map()
  #scale = { ignorance: 1, width: 1 }

  /** @param {HTMLElement} element where the text is to stand */
  constructor(element) {
    this.#element = element
  }

  /** Forgets the last text.
   * @param {{ ignorance: number, width: number }} scale nats of knowing nothing; letters of a token on average */
  begin(scale) {
    this.#scale = scale
    this.#nodes.clear()
    this.#element.replaceChildren()
    this.#element.classList.remove('waiting')
  }

  /** The fog before there is a text. @param {number} length how much of it */
  wait(length) {
    this.begin({ ignorance: 1, width: 4 })
    const all = (value) => Array.from({ length }, () => value)
    this.show({ pieces: all(null), state: all(fog), entropy: all(1) }, false)
    this.#element.classList.add('waiting')
  }

  /** @param frame with `pieces`  @param {boolean} forward is it the one after the last that was shown? */
  show(frame, forward) {
    const between = this.#scale.width > 1.5 ? ' ' : ''
    const wanted = unitsOf(frame, between).flatMap((unit) => this.#nodesOf(unit, frame, forward))
    const moving = forward && !stillness.matches
    const before = moving && placesIn(this.#element)
    arrange(this.#element, wanted)
    for (const [key, node] of this.#nodes) {
      if (!this.#element.contains(node)) this.#nodes.delete(key)
    }
    this.#element.classList.toggle('clear', frame.done === 'complete')
    if (moving) glideFrom(before, this.#element)
  }

  /** The nodes of a unit: the space before it, and itself. */
  #nodesOf({ kind, lead, positions }, frame, forward) {
    const [at] = positions
    const key = keyIn(frame, at)
    const unit = this.#node(`${kind} ${key}`, () => spanOf(kind))
    if (kind === 'smudge') this.#smudge(unit, at, frame)
    else
      arrange(
        unit,
        positions.map((position) => this.#piece(position, frame, forward)),
      )
    if (!lead) return [unit]
    const space = this.#node(`space ${key}`, () => new Text())
    if (space.data !== lead) space.data = lead
    return [space, unit]
  }

  #smudge(unit, at, frame) {
    const { width } = this.#scale
    // words are of different lengths, letters hardly
    const uneven = width > 1.5 ? 0.45 + 1.1 * hashed(at) : 1
    unit.style.setProperty('--width', `${(0.42 * width * uneven).toFixed(2)}em`)
    unit.style.setProperty('--doubt', this.#doubt(frame, at))
  }

  #piece(at, frame, forward) {
    const piece = this.#node(`piece ${keyIn(frame, at)} ${frame.tokens[at]}`, () => spanOf('piece'))
    const text = frame.pieces[at].trimStart()
    if (piece.textContent !== text) piece.textContent = text
    if (frame.state[at] !== given) {
      if (forward && frame.changed.includes(at)) comeOut(piece)
      piece.style.setProperty('--doubt', this.#doubt(frame, at))
      // own words can be asked about
      piece.role = 'button'
      piece.dataset.at = at
    }
    return piece
  }

  /** 0 to 1: how uncertain, against knowing nothing. */
  #doubt({ entropy }, at) {
    return Math.min(1, entropy[at] / this.#scale.ignorance).toFixed(3)
  }

  #node(key, make) {
    const node = this.#nodes.get(key) ?? make()
    this.#nodes.set(key, node)
    return node
  }
}

function comeOut(piece) {
  piece.animate([stillness.matches ? { opacity: 0 } : unsettled, {}], settle)
}

/** Words, whose pieces stay together on a line, and smudges.
 * @param {string} between what stands before a smudge
 * @returns {{ kind: 'word' | 'smudge', lead: string, positions: number[] }[]} */
function unitsOf({ pieces, state }, between) {
  const units = []
  for (const [at, piece] of pieces.entries()) {
    if (state[at] === fog) {
      units.push({ kind: 'smudge', lead: at === 0 ? '' : between, positions: [at] })
      continue
    }
    const [lead] = piece.match(/^\s*/)
    if (at > 0 && state[at - 1] !== fog && lead === '') units.at(-1).positions.push(at)
    else units.push({ kind: 'word', lead, positions: [at] })
  }
  return units
}

function spanOf(kind) {
  const span = document.createElement('span')
  span.className = kind
  return span
}

/** Makes the children of a node those that are wanted, and leaves alone what is in place: a node that is taken out and
 * put back begins its transitions anew. */
function arrange(parent, wanted) {
  const kept = new Set(wanted)
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove()
  let next = parent.firstChild
  for (const node of wanted) {
    if (node === next) next = next.nextSibling
    else parent.insertBefore(node, next)
  }
}

const placesIn = (element) =>
  new Map([...element.children].map((unit) => [unit, unit.getBoundingClientRect()]))

/** From where they were to where they are: along the line, or, on another line, by coming into sight. */
function glideFrom(before, element) {
  for (const unit of element.children) {
    for (const animation of unit.getAnimations()) if (animation.id === 'glide') animation.cancel()
  }
  for (const [unit, to] of placesIn(element)) {
    const from = before.get(unit)
    if (!from) continue
    const aside = from.left - to.left
    const otherLine = Math.abs(from.top - to.top) > 2
    if (!otherLine && Math.abs(aside) < 0.5) continue
    const start = otherLine ? { opacity: 0.15 } : { transform: `translateX(${aside}px)` }
    unit.animate([start, {}], glide)
  }
}

/** What a position keeps wherever it stands: a canvas may grow and shrink. */
const keyIn = ({ keys }, at) => keys?.[at] ?? at

/** A number in [0, 1) that depends on `at` alone. */
const hashed = (at) => (((at + 1) * 2654435761) % 4294967296) / 4294967296
