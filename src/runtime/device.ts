// Where graphs run. A device makes sessions; a session takes and gives typed arrays. What a model is, nothing here
// knows.
import type { EmittedGraph } from '../graph/index.ts'

export type HostData = Float32Array | Float64Array | Int32Array | Uint8Array

/** A tensor in the host's memory. Data of an input is read at every run, so it may be changed in place between
 * runs; data of a preallocated output is overwritten. */
export interface HostTensor {
  data: HostData
  dims: readonly number[]
}

export interface SessionOptions {
  /** processor threads; the device's default when absent */
  threads?: number
  /** collect the time of every node, see `Session.profile` */
  profile?: boolean
}

/** Time by kind of node, most expensive first. */
export interface ProfileRow {
  op: string
  calls: number
  milliseconds: number
}

export interface Session {
  readonly inputs: EmittedGraph['inputs']
  readonly outputs: EmittedGraph['outputs']
  /** Runs the graph.
   * @param preallocated outputs to be written in place; the others are made anew
   * @throws UnfogError `bad_shape` when an input is missing or does not fit */
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    preallocated?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>
  /** Ends profiling. Only for a session made with `profile`. */
  profile(): Promise<ProfileRow[]>
  dispose(): Promise<void>
}

export interface Device {
  readonly name: string
  /** most threads worth using */
  readonly threads: number
  session(graph: EmittedGraph, options?: SessionOptions): Promise<Session>
}
