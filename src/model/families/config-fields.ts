// Reads a released config.json field by field. Such a file may come from anywhere: whatever is used is checked, and a
// setting that our Transformer cannot follow is refused by name instead of giving other numbers. Sizes are bounded by
// the check of the config they end up in.
import { UnfogError } from '../../error/index.ts'

export class ConfigFields {
  readonly #json: Readonly<Record<string, unknown>>
  readonly #where: string

  /** @param where what a refusal calls the file */
  constructor(json: Readonly<Record<string, unknown>>, where: string) {
    this.#json = json
    this.#where = where
  }

  /** A size or count. @param fallback for a file that leaves it out or says null */
  count(name: string, fallback?: number): number {
    return this.#read(name, 'a whole number of at least 1', (v) => isWhole(v) && v >= 1, fallback)
  }

  number(name: string, fallback?: number): number {
    return this.#read(
      name,
      'a number above 0',
      (v) => Number.isFinite(v) && Number(v) > 0,
      fallback,
    )
  }

  flag(name: string, fallback?: boolean): boolean {
    return this.#read(name, 'true or false', (v) => typeof v === 'boolean', fallback)
  }

  /** A token id below `size`. */
  id(name: string, size: number): number {
    return this.#read(name, `a token id below ${size}`, (v) => isWhole(v) && v >= 0 && v < size)
  }

  /** A token id, or the first of a list; undefined for a file that names none. */
  optionalId(name: string, size: number): number | undefined {
    const value = this.#json[name]
    if (value == null) return undefined
    const first = Array.isArray(value) ? value[0] : value
    if (isWhole(first) && first >= 0 && first < size) return first
    throw this.#wrong(name, `a token id below ${size}`)
  }

  /** An object inside, or this one where there is none. */
  part(name: string): ConfigFields {
    const value = this.#json[name]
    if (value == null) return this
    if (typeof value !== 'object' || Array.isArray(value)) throw this.#wrong(name, 'an object')
    return new ConfigFields(value as Record<string, unknown>, `${this.#where}: ${name}`)
  }

  /** Refuses a setting other than these. A field that is absent or null stands for the first. */
  only(name: string, ...values: readonly unknown[]): void {
    const value = this.#json[name]
    if (value == null || values.includes(value)) return
    throw this.#wrong(name, values.map((known) => JSON.stringify(known)).join(' or '))
  }

  #read<T>(name: string, rule: string, holds: (value: unknown) => boolean, fallback?: T): T {
    const value = this.#json[name] ?? fallback
    if (holds(value)) return value as T
    throw this.#wrong(name, rule)
  }

  #wrong(name: string, rule: string): UnfogError {
    const value = this.#json[name]
    const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, 60)}`
    return new UnfogError(
      'bad_model',
      `${this.#where}: ${name} ${found}, but for this family it must be ${rule}`,
      { param: name },
    )
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
