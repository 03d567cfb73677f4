// A table of routes as a hono application: who asks is checked, then what is asked, then the route answers.
import { Hono } from 'hono'
import { UnfogError } from '../error/index.ts'
import { failureResponse } from './failure.ts'
import { safeHeaders } from './headers.ts'
import { readQuery } from './query.ts'
import { checkSender } from './sender.ts'
import type { Routes } from './service.ts'

export function makeApp<S>(routes: Routes<S>, service: S): Hono {
  const notThere = (method: string, path: string): UnfogError =>
    new UnfogError(
      'not_found',
      `there is no ${method} ${path}: this server answers GET for ${Object.keys(routes).join(', ')}`,
    )
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(safeHeaders)) context.header(name, value)
  })
  app.use(async ({ req }, next) => {
    checkSender(
      req.raw.headers,
      Object.hasOwn(routes, req.path) && routes[req.path].linked === true,
    )
    // hono would let a route run for HEAD and drop its answer unread
    if (req.method !== 'GET') throw notThere(req.method, req.path)
    await next()
  })
  for (const [path, { parameters, handle }] of Object.entries(routes)) {
    app.get(path, ({ req }) => {
      const given = readQuery(new URL(req.url).searchParams, parameters)
      return handle(given, service, req.raw.signal)
    })
  }
  app.notFound(({ req }) => failureResponse(notThere(req.method, req.path)))
  app.onError(failureResponse)
  return app
}
