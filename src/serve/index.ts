export {
  type Address,
  type Loopback,
  type ServeOptions,
  type Serving,
  serve,
  serveRuns,
} from './server.node.ts'
export type { Served } from './service.ts'
