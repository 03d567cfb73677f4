// The one error class. A message says what is wrong, which value, and what to do, in one sentence.
import { codes, type ErrorCode } from './codes.ts'

export class UnfogError extends Error {
  readonly code: ErrorCode
  /** The option, flag, field or file at fault, as the user wrote it. */
  readonly param?: string
  /** What to do next, when the message itself has no room for it. */
  readonly hint?: string

  constructor(
    code: ErrorCode,
    message: string,
    options: { param?: string; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UnfogError'
    this.code = code
    this.param = options.param
    this.hint = options.hint
  }

  get exit(): 1 | 2 {
    return codes[this.code].exit
  }

  get http(): number {
    return codes[this.code].http
  }
}
