export {
  type Loopback,
  type ServeOptions,
  type Serving,
  serve,
} from './server.node.ts'
export type { Served } from './service.ts'
