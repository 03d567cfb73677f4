// The kinds of options a command can have. A kind reads the words of the command line into a value or refuses them in
// one sentence; its rows are where help, the reference and the types of a command's values come from.
import { UnfogError } from '../error/index.ts'
import { parseCount } from './count.ts'
import { parseDuration } from './duration.ts'

export interface Option<T = unknown> {
  /** what the value is called in help; a switch has none */
  readonly value?: string
  /** may the value be left out? It then reads as '' */
  readonly bare?: boolean
  /** a switch that turns off: `--no-…` */
  readonly negated?: boolean
  readonly about: string
  /** @param flag as the user writes it  @throws UnfogError `usage` */
  read(raw: string, flag: string): T
}

/** biome-ignore lint/suspicious/noExplicitAny: each row has its own value type */
export type Options = Readonly<Record<string, Option<any>>>

/** What a command's `run` is given. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T | undefined : never
}

/** `topP` → `--top-p` */
export const flagOf = (name: string, option?: Option): string =>
  `--${option?.negated ? 'no-' : ''}${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`

export const misuse = (flag: string, message: string): UnfogError =>
  new UnfogError('usage', message, { param: flag.replace(/^--/, '') })

export const text = (value: string, about: string): Option<string> => ({
  value,
  about,
  read: (raw) => raw,
})

/** A text that may be left out: `--check` alone reads as ''. */
export const maybeText = (value: string, about: string): Option<string> => ({
  ...text(value, about),
  bare: true,
})

export const toggle = (about: string): Option<boolean> => ({ about, read: () => true })

/** On unless `--no-…` is given. */
export const unless = (about: string): Option<boolean> => ({
  about,
  negated: true,
  read: () => false,
})

/** One of the names of a table.
 * @param otherwise what is taken when nothing is said */
export const oneOf = <const T extends string>(
  names: readonly T[],
  about: string,
  { value = 'name', otherwise }: { value?: string; otherwise?: string } = {},
): Option<T> => ({
  value,
  about: `${about}: ${names.join(', ')}${otherwise ? `; default ${otherwise}` : ''}`,
  read(raw, flag) {
    const found = names.find((name) => name === raw)
    if (found) return found
    throw misuse(flag, `there is no ${flag} ${raw || "''"}: choose one of ${names.join(', ')}`)
  },
})

/** A range as the tables of src/denoise write it. */
export interface Range {
  within(value: number): boolean
  says: string
}

export const numeric = (range: Range, about: string, value = 'n'): Option<number> => ({
  value,
  about,
  read(raw, flag) {
    // Number() reads '' and '0x10', which nobody means
    const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(raw) ? Number(raw) : Number.NaN
    if (range.within(number)) return number
    throw misuse(flag, `${flag} ${raw || "''"} is not ${range.says}`)
  },
})

export const wholeFrom = (least: number, most = Number.MAX_SAFE_INTEGER): Range => ({
  within: (value) => Number.isSafeInteger(value) && value >= least && value <= most,
  says:
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`,
})

/** Seconds, written as people do: 90, 90s, 3m, 1h30m. */
export const duration = (about: string): Option<number> => ({
  value: 'time',
  about,
  read(raw, flag) {
    const seconds = parseDuration(raw)
    if (seconds !== undefined && seconds > 0) return seconds
    throw misuse(flag, `${flag} ${raw || "''"} is not a time such as 90, 3m or 1h30m`)
  },
})

/** A whole number, written as people do: 500, 500k, 2M. */
export const count = (about: string): Option<number> => ({
  value: 'n',
  about,
  read(raw, flag) {
    const number = parseCount(raw)
    if (number !== undefined && number > 0) return number
    throw misuse(flag, `${flag} ${raw || "''"} is not a count such as 5000, 500k or 2M`)
  },
})

/** Numbers above 0 with commas between: 3,1. */
export const weights = (about: string): Option<number[]> => ({
  value: 'list',
  about,
  read(raw, flag) {
    const numbers = raw
      .split(',')
      .map((part) => (/^\s*(\d+\.?\d*|\.\d+)\s*$/.test(part) ? Number(part) : 0))
    if (numbers.every((number) => number > 0)) return numbers
    throw misuse(flag, `${flag} ${raw || "''"} is not a list of numbers above 0 such as 3,1`)
  },
})

/** A whole number above 0, or several with commas between: 8, or 8,4,16. */
export const lengths = (about: string): Option<number | number[]> => ({
  value: 'list',
  about,
  read(raw, flag) {
    const numbers = raw.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : 0))
    const whole = numbers.every((number) => number > 0 && Number.isSafeInteger(number))
    if (whole && new Set(numbers).size === numbers.length)
      return numbers.length > 1 ? numbers : numbers[0]
    throw misuse(
      flag,
      `${flag} ${raw || "''"} is not a whole number of at least 1, or different ones such as 8,4,16`,
    )
  },
})

/** Two numbers, the smaller first. @param says what each must be, and the two of them */
const span = (about: string, { within, says }: Range): Option<readonly [number, number]> => ({
  value: 'x-y',
  about,
  read(raw, flag) {
    const [from, to, ...more] = raw
      .split('-')
      .map((part) => (/^(\d+\.?\d*|\.\d+)$/.test(part) ? Number(part) : Number.NaN))
    if (from < to && within(from) && within(to) && more.length === 0) return [from, to]
    throw misuse(flag, `${flag} ${raw || "''"} is not ${says}`)
  },
})

/** Two shares from 0 to 1: 0.3-0.8. */
export const shares = (about: string): Option<readonly [number, number]> =>
  span(about, {
    within: (value) => value <= 1,
    says: 'two shares from 0 to 1, the smaller first, such as 0.3-0.8',
  })

/** Two numbers above 0: 0.05-20. */
export const levels = (about: string): Option<readonly [number, number]> =>
  span(about, {
    within: (value) => value > 0,
    says: 'two numbers above 0, the smaller first, such as 0.05-20',
  })

/** A loss: 2.3, or 2.3nats. */
export const nats = (about: string): Option<number> => ({
  value: 'nats',
  about,
  read(raw, flag) {
    const number = /^(\d+\.?\d*|\.\d+)( ?nats)?$/.test(raw) ? Number.parseFloat(raw) : Number.NaN
    if (number > 0) return number
    throw misuse(flag, `${flag} ${raw || "''"} is not a loss such as 2.3 or 2.3nats`)
  },
})
