// The server: listens on this machine only, and when it closes, everything it was writing stops.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { UnfogError } from '../error/index.ts'
import { makeApp } from './app.ts'
import { routes, runsRoutes } from './routes/index.ts'
import type { Routes, RunsService, Served } from './service.ts'

export interface Address {
  /** 0 takes any that is free */
  port?: number
  host?: Loopback
}

export interface ServeOptions extends Address {
  /** how many texts it writes together, and how many may wait, was said when it was loaded (`LoadOptions.batch`) */
  model: Served
  /** a model that writes from left to right, to be seen typing beside it; open while the server is */
  twin?: Served
}

/** The addresses that only this machine reaches. */
export type Loopback = '127.0.0.1' | '::1' | 'localhost'

export interface Serving {
  /** where the page is: http://127.0.0.1:7860 */
  url: string
  port: number
  /** Stops listening and writing. The model stays open. */
  close(): Promise<void>
}

const defaultPort = 7860
const loopbacks: readonly string[] = ['127.0.0.1', '::1', 'localhost'] satisfies Loopback[]

/** Serves the page and the model's frames.
 * @throws UnfogError `busy` when the port is taken, `usage` for a port or host that cannot be */
export const serve = ({ model, twin, ...address }: ServeOptions): Promise<Serving> =>
  serveRoutes(routes, { model, twin }, address)

/** Serves the page that shows training runs, live.
 * @throws UnfogError as `serve` */
export const serveRuns = ({ runs, ...address }: RunsService & Address): Promise<Serving> =>
  serveRoutes(runsRoutes, { runs }, address)

async function serveRoutes<S>(
  table: Routes<S>,
  service: S,
  { port = defaultPort, host = '127.0.0.1' }: Address,
): Promise<Serving> {
  checkAddress(port, host)
  const app = makeApp(table, service)
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server
  await listen(server, port, host)
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () => close(server),
  }
}

function checkAddress(port: number, host: string): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UnfogError('usage', `--port ${port} is not a whole number from 0 to 65535`, {
      param: 'port',
    })
  }
  if (!loopbacks.includes(host)) {
    throw new UnfogError(
      'usage',
      `--host ${host} is open to other machines, and the page is for this one: use 127.0.0.1`,
      { param: 'host' },
    )
  }
}

/** What the operating system says when it gives no port, in our words. */
const refusals: Readonly<Record<string, (port: number) => UnfogError>> = {
  EADDRINUSE: (port) =>
    new UnfogError(
      'busy',
      `port ${port} is in use: choose another with --port, or stop what uses it`,
      { param: 'port' },
    ),
  EACCES: (port) =>
    new UnfogError(
      'io',
      `port ${port} is not for ordinary users: choose one from 1024 with --port`,
      {
        param: 'port',
      },
    ),
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const refusal = refusals[error.code ?? '']?.(port)
      reject(
        refusal ??
          new UnfogError('io', `no server at ${host} port ${port}: ${error.message}`, {
            cause: error,
          }),
      )
    })
    server.listen(port, host, () => resolve())
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // an open stream would keep the server; cutting it aborts the text
    server.closeAllConnections()
  })
}
