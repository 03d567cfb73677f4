// Any failure as JSON, and the status that the table of error codes gives it.
import { codes, type ErrorKind, UnfogError } from '../error/index.ts'

/** The body of every answer that is an error. */
export interface FailureJSON {
  error: { code: string; message: string; param?: string }
}

const known = (error: unknown): UnfogError =>
  error instanceof UnfogError
    ? error
    : new UnfogError(
        'internal',
        `something went wrong inside: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )

export function failureJSON(error: unknown): FailureJSON {
  const { code, message, param } = known(error)
  return { error: { code, message, param } }
}

export function failureResponse(error: unknown): Response {
  const { code, http } = known(error)
  const { retryAfter }: ErrorKind = codes[code]
  return Response.json(failureJSON(error), {
    status: http,
    headers: retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) },
  })
}
