// Where graphs run. A device makes sessions; a session takes and gives typed arrays. What a model is, nothing here
// knows.
import { UnfogError } from '../error/index.ts'
import type { EmittedGraph } from '../graph/index.ts'

export type HostData = Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array

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
  /** false: memory is not laid out ahead for inputs of shapes that were met before, which takes as much memory again as
   * a graph needs and helps only where shapes come back; in Node */
  planned?: boolean
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
   * @param wanted names of the outputs that are brought back; all without
   * @throws UnfogError `bad_shape` when an input is missing or does not fit */
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    preallocated?: Readonly<Record<string, HostTensor>>,
    wanted?: readonly string[],
  ): Promise<Record<string, HostTensor>>
  /** Ends profiling. Only for a session made with `profile`. */
  profile(): Promise<ProfileRow[]>
  dispose(): Promise<void>
}

export interface Device {
  readonly name: string
  /** most threads worth using */
  readonly threads: number
  /** ops whose fused form has no kernel here: to be emitted by their meaning (`EmitOptions.decomposed`) */
  readonly decomposed?: readonly string[]
  /** In which batches a canvas's numbers are the same bits as alone: in any; among canvases of its length, where none
   * is padded; in none for sure. The last bits may differ elsewhere. */
  readonly batchInvariant: 'any' | 'equal lengths' | 'none'
  session(graph: EmittedGraph, options?: SessionOptions): Promise<Session>
}

export interface DeviceOptions {
  /** processor threads for every session; all of them when absent */
  threads?: number
}

/** A row of a table of devices: called, it gives the device. */
export interface DeviceKind<Options extends DeviceOptions = DeviceOptions> {
  (options?: Options): Device
  /** what it is, for help */
  readonly summary: string
  /** Why it cannot run here, and what to do, in a sentence; undefined when it can. */
  absent(): Promise<string | undefined>
}

export const deviceKind = <Options extends DeviceOptions>(
  about: Pick<DeviceKind, 'summary' | 'absent'>,
  open: (options?: Options) => Device,
): DeviceKind<Options> => Object.assign((options?: Options) => open(options), about)

/** A device by its name in a table.
 * @throws UnfogError `usage` for a name that is none, `unsupported` for a device that cannot run here */
export async function openDevice<Options extends DeviceOptions>(
  table: Readonly<Record<string, DeviceKind<Options>>>,
  name: string,
  options?: Options,
): Promise<Device> {
  if (!Object.hasOwn(table, name)) {
    const names = Object.keys(table).join(', ')
    throw new UnfogError('usage', `there is no device ${name}: choose one of ${names}`, {
      param: 'device',
    })
  }
  const absent = await table[name].absent()
  if (absent) throw new UnfogError('unsupported', absent, { param: 'device' })
  return table[name](options)
}
