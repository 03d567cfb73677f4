// The form: what is asked of the server, to and from a query. The names of its fields are the parameters of /generate,
// so a refusal that names one finds its field.

const gap = /(^|[^\\])\[\d+\]/
/** fields that say how long a text is, which a text with gaps does by itself */
const lengths = ['length', 'words']

export class Settings {
  #form
  #policies = []

  constructor(form) {
    this.#form = form
    form.addEventListener('input', () => this.#refresh())
  }

  get beginning() {
    return this.field('beginning')
  }

  field(name) {
    return this.#form.elements.namedItem(name)
  }

  /** Offers what the model can do. */
  offer({ labels, policies, policy, causal, charactersPerToken, examples }) {
    const find = (id) => this.#form.querySelector(`#${id}`)
    this.#policies = policies
    this.field('policy').replaceChildren(
      ...policies.map(({ name, about }) => option(name, name === policy, about)),
    )
    find('fields').prepend(...labels.map(labelField))
    find('gaps').hidden = causal
    find('unit').textContent = charactersPerToken > 1.5 ? 'words' : 'letters'
    find('examples').replaceChildren(...examples.map((text) => this.#example(text)))
    this.#refresh()
  }

  /** Everything that was said; a seed is drawn where none is given. */
  query() {
    const query = new URLSearchParams()
    const text = this.beginning.value
    const withGaps = gap.test(text)
    if (text.trim() !== '') query.set(withGaps ? 'infill' : 'prompt', text)
    for (const { name, value } of this.#said()) query.set(name, value.trim())
    if (!query.has('seed')) query.set('seed', freshSeed())
    return query
  }

  /** Fills in what a link says. */
  fill(query) {
    this.beginning.value = query.get('infill') ?? query.get('prompt') ?? ''
    for (const { name } of this.#options()) {
      const field = this.field(name)
      field.value = query.get(name) ?? usual(field)
    }
    this.#refresh()
  }

  rollSeed() {
    this.field('seed').value = freshSeed()
    this.#refresh()
  }

  /** Marks the field that a refusal names; without a name, none.
   * @param {string} [name] */
  blame(name) {
    for (const element of this.#form.elements) element.removeAttribute('aria-invalid')
    const wrong = ['prompt', 'infill'].includes(name) ? this.beginning : name && this.field(name)
    if (!wrong) return
    wrong.setAttribute('aria-invalid', 'true')
    if (wrong !== this.beginning) this.#form.querySelector('details').open = true
    wrong.focus()
  }

  /** fields other than the beginning */
  #options() {
    return [...this.#form.elements].filter(({ name }) => name && name !== 'beginning')
  }

  /** of them, those that say something: other than what goes without saying, and of use now */
  #said() {
    return this.#options().filter((field) => !field.disabled && field.value.trim() !== usual(field))
  }

  #example(text) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = text
    button.addEventListener('click', () => {
      this.beginning.value = text
      this.#refresh()
      this.beginning.focus()
    })
    return button
  }

  /** What follows from what was typed: fields that mean nothing now, and the summary of the settings. */
  #refresh() {
    const policy = this.#policies.find(({ name }) => name === this.field('policy').value)
    const withGaps = gap.test(this.beginning.value)
    this.field('steps').disabled = policy !== undefined && !policy.takes.includes('steps')
    for (const name of lengths) {
      const field = this.field(name)
      if (field) field.disabled = withGaps
    }
    const warmth = this.field('temperature').value
    this.#form.querySelector('#warmth').textContent = Number(warmth).toFixed(2)
    const says = this.#said().map(({ name, value }) => `${name} ${value}`)
    this.#form.querySelector('#summary').textContent = says.join(' · ')
  }
}

/** What a field says when nobody has touched it. */
const usual = (field) =>
  field.options
    ? [...field.options].find(({ defaultSelected }) => defaultSelected)?.value
    : field.defaultValue

const freshSeed = () => 1 + (crypto.getRandomValues(new Uint32Array(1))[0] % 999_999)

/** @param {boolean} chosen is it so unless somebody chooses another? */
function option(value, chosen = false, about = '') {
  const made = document.createElement('option')
  made.value = value
  made.textContent = value || 'any'
  made.title = about
  made.defaultSelected = chosen
  return made
}

/** A label of the model as a choice among its values. */
function labelField({ name, values }) {
  const label = document.createElement('label')
  const select = document.createElement('select')
  select.name = name
  select.append(option('', true), ...values.map((value) => option(value)))
  label.append(`${name[0].toUpperCase()}${name.slice(1)} `, select)
  return label
}
