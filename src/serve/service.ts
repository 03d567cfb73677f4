// What a route works with: the model, the places at it, and the end of the server. A route sees no HTTP but its own
// parameters, and answers with a Response.
import type { z } from 'zod'
import type { Model } from '../index.ts'
import type { Places } from './places.ts'

/** All that serving needs of a model. */
export type Served = Pick<
  Model,
  'config' | 'tokenizer' | 'parameters' | 'context' | 'generate' | 'obeys'
>

export interface Service {
  readonly model: Served
  readonly places: Places
}

/** One address, answering GET: one file, and one row of the table `routes`. */
export interface Route<P = unknown> {
  /** one line */
  readonly about: string
  /** from the strings of the query; a parameter that is not in it is refused by name */
  readonly parameters: z.ZodType<P>
  /** May a link on somebody else's page lead here? */
  readonly linked?: boolean
  /** @param signal aborted when nobody waits for the answer any more
   * @throws UnfogError */
  handle(given: P, service: Service, signal: AbortSignal): Response | Promise<Response>
}

/** Ties the type of `handle` to the parameters; for the table, routes are all of one type. */
export const route = <P>(row: Route<P>): Route => row as Route
