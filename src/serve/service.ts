// What a route works with: the model, or training runs. A route sees no HTTP but its own
// parameters, and answers with a Response.
import type { z } from 'zod'
import type { Model, RunHistory } from '../index.ts'

/** All that serving needs of a model. */
export type Served = Pick<
  Model,
  'config' | 'tokenizer' | 'parameters' | 'context' | 'generate' | 'obeys' | 'load'
>

export interface Service {
  readonly model: Served
  /** types the same beginnings beside it, from left to right */
  readonly twin?: Served
}

/** What the page of training runs asks. */
export interface RunsService {
  /** all of them, as they are now */
  runs(): Promise<readonly RunHistory[]>
}

/** One address, answering GET: one file, and one row of a table of routes.
 * @typeParam S the service it needs */
export interface Route<S = Service, P = unknown> {
  /** one line */
  readonly about: string
  /** from the strings of the query; a parameter that is not in it is refused by name */
  readonly parameters: z.ZodType<P>
  /** May a link on somebody else's page lead here? */
  readonly linked?: boolean
  /** @param signal aborted when nobody waits for the answer any more
   * @throws UnfogError */
  handle(given: P, service: S, signal: AbortSignal): Response | Promise<Response>
}

/** Ties the type of `handle` to the parameters; in a table, routes of one service are all of one type. */
export type Routes<S = Service> = Readonly<Record<string, Route<S>>>

export const route = <S, P>(row: Route<S, P>): Route<S> => row as Route<S>
