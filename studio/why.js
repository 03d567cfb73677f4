// Why this word? Whoever clicks a word, or moves onto it by keys, is told when it was settled, how surely, what else was
// close, and what it had been before: a card beneath the word, filled from the frames seen so far.

/** words less probable than this were not close */
const close = 0.005

export class Why {
  #text
  #card
  #seen
  #goTo
  #at

  /** @param {HTMLElement} text where the words stand  @param {HTMLElement} card beside it, in a box of its own
   * @param {{ seen(): object[], goTo(step: number): void }} frames those seen so far, and how to go back to a step */
  constructor(text, card, { seen, goTo }) {
    this.#text = text
    this.#card = card
    this.#seen = seen
    this.#goTo = goTo
    text.addEventListener('click', ({ target }) => wordAt(target)?.focus({ preventScroll: true }))
    text.addEventListener('focusin', ({ target }) => this.#open(wordAt(target)))
    text.addEventListener('keydown', (event) => this.#key(event))
    document.addEventListener('pointerdown', ({ target }) => {
      if (!text.contains(target) && !card.contains(target)) this.close()
    })
    card.addEventListener('keydown', (event) => this.#key(event))
  }

  /** Another frame is seen: one word can be reached by Tab, and the card says what is known now. */
  refresh() {
    const words = this.#words()
    const chosen = words.find(({ dataset }) => dataset.at === this.#at) ?? words[0]
    for (const word of words) word.tabIndex = word === chosen ? 0 : -1
    if (this.#card.hidden) return
    if (chosen?.dataset.at === this.#at) this.#fill(chosen)
    else this.close()
  }

  close() {
    this.#card.hidden = true
    this.#at = undefined
    this.#text.querySelector('[aria-describedby]')?.removeAttribute('aria-describedby')
  }

  #words() {
    return [...this.#text.querySelectorAll('[data-at]')]
  }

  #open(word) {
    if (!word) return
    this.close()
    this.#at = word.dataset.at
    this.#card.hidden = false
    word.setAttribute('aria-describedby', this.#card.id)
    this.refresh()
    this.#card.scrollIntoView({ block: 'nearest' })
  }

  #key(event) {
    const words = this.#words()
    const at = words.findIndex(({ dataset }) => dataset.at === this.#at)
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: words.length - 1 }[event.key]
    if (event.key === 'Escape' && !this.#card.hidden) this.close()
    else if (to !== undefined && at >= 0) words[Math.min(Math.max(0, to), words.length - 1)].focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  #fill(word) {
    const moments = this.#seen()
      .flatMap(({ moments = [] }) => moments)
      .filter(({ position }) => String(position) === this.#at)
    const settled = moments.pop()
    if (!settled) return this.close()
    this.#card.replaceChildren(
      element('p', 'headline', [
        element('strong', '', [settled.text.trim() || '␣']),
        ` ${percent(settled.confidence)} sure`,
      ]),
      element('p', 'quiet', [this.#step(settled.step), `, paid for by forward ${settled.forward}`]),
      ...alternatives(settled),
      ...moments.map((moment) =>
        element('p', 'quiet', [
          moment.text === null
            ? 'went back into the fog at '
            : `had been “${moment.text.trim()}” from `,
          this.#step(moment.step),
        ]),
      ),
    )
    const { offsetLeft, offsetTop, offsetHeight } = word
    const most = this.#text.clientWidth - this.#card.offsetWidth
    this.#card.style.left = `${Math.max(0, Math.min(offsetLeft, most))}px`
    this.#card.style.top = `${this.#text.offsetTop + offsetTop + offsetHeight + 4}px`
  }

  #step(step) {
    const button = element('button', 'step', [`step ${step}`])
    button.type = 'button'
    button.addEventListener('click', () => this.#goTo(step))
    return button
  }
}

const wordAt = (target) => target.closest?.('[data-at]')

/** The most probable words as bars, the one that was written among them. */
function alternatives({ text, confidence, candidates }) {
  const others = candidates.filter((one) => one.text !== text && one.probability >= close)
  if (others.length === 0) return [element('p', 'quiet', ['nothing else was close'])]
  const all = [{ text, probability: confidence }, ...others]
  const rows = all.map((one, i) => {
    const row = element('li', i === 0 ? 'written' : '', [
      element('span', '', [one.text.trim() || '␣']),
      element('span', 'share', [percent(one.probability)]),
    ])
    row.style.setProperty('--share', one.probability.toFixed(3))
    return row
  })
  return [element('ul', 'bars', rows)]
}

const percent = (share) => (share > 0 && share < close ? '<1 %' : `${Math.round(100 * share)} %`)

function element(name, className, children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}
