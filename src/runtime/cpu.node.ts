// The processor, through onnxruntime-node.
import { readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { UnfogError } from '../error/index.ts'
import type { EmittedGraph } from '../graph/index.ts'
import type { Device, HostData, HostTensor, ProfileRow, Session, SessionOptions } from './device.ts'

const types = {
  float32: 'float32',
  float64: 'float64',
  int32: 'int32',
  bool: 'bool',
  int64: 'int64',
} as const

function toOrt(
  name: string,
  { data, dims }: HostTensor,
  known: WeakMap<HostData, ort.Tensor>,
): ort.Tensor {
  const same = known.get(data)
  if (same && same.dims.length === dims.length && same.dims.every((dim, i) => dim === dims[i]))
    return same
  const type =
    data instanceof Float32Array
      ? 'float32'
      : data instanceof Float64Array
        ? 'float64'
        : data instanceof Int32Array
          ? 'int32'
          : 'bool'
  const size = dims.reduce((product, dim) => product * dim, 1)
  if (data.length !== size) {
    throw new UnfogError(
      'bad_shape',
      `${name} has ${data.length} values where [${dims}] needs ${size}`,
    )
  }
  const tensor = new ort.Tensor(type, data as never, dims)
  known.set(data, tensor)
  return tensor
}

/** Sums onnxruntime's trace by kind of node. */
function summarise(trace: string): ProfileRow[] {
  const rows = new Map<string, ProfileRow>()
  for (const event of JSON.parse(trace) as {
    cat: string
    name: string
    dur: number
    args?: { op_name?: string }
  }[]) {
    const op = event.args?.op_name
    if (event.cat !== 'Node' || !op || !event.name.endsWith('_kernel_time')) continue
    const row = rows.get(op) ?? { op, calls: 0, milliseconds: 0 }
    row.calls++
    row.milliseconds += event.dur / 1000
    rows.set(op, row)
  }
  return [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds)
}

class CpuSession implements Session {
  readonly inputs: EmittedGraph['inputs']
  readonly outputs: EmittedGraph['outputs']
  private readonly session: ort.InferenceSession
  private readonly tracePrefix?: string
  private readonly known = new WeakMap<HostData, ort.Tensor>()

  constructor(session: ort.InferenceSession, graph: EmittedGraph, tracePrefix?: string) {
    this.session = session
    this.inputs = graph.inputs
    this.outputs = graph.outputs
    this.tracePrefix = tracePrefix
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    preallocated: Readonly<Record<string, HostTensor>> = {},
  ): Promise<Record<string, HostTensor>> {
    const feeds: Record<string, ort.Tensor> = {}
    for (const { name, type } of this.inputs) {
      const given = inputs[name]
      if (!given) throw new UnfogError('bad_shape', `input ${name} is missing`)
      const tensor = toOrt(name, given, this.known)
      if (tensor.type !== types[type]) {
        throw new UnfogError(
          'bad_shape',
          `input ${name} is ${tensor.type} and must be ${types[type]}`,
        )
      }
      feeds[name] = tensor
    }
    const fetches: Record<string, ort.Tensor | null> = {}
    for (const { name } of this.outputs) {
      const given = preallocated[name]
      fetches[name] = given ? toOrt(name, given, this.known) : null
    }
    const results = await this.session.run(feeds, fetches)
    return Object.fromEntries(
      this.outputs.map(({ name }) => [
        name,
        { data: results[name].data as HostData, dims: results[name].dims },
      ]),
    )
  }

  async profile(): Promise<ProfileRow[]> {
    if (!this.tracePrefix)
      throw new UnfogError('internal', 'this session was made without profiling')
    this.session.endProfiling()
    const prefix = this.tracePrefix
    const name = (await readdir(tmpdir())).find((file) => join(tmpdir(), file).startsWith(prefix))
    if (!name) return []
    const path = join(tmpdir(), name)
    const rows = summarise(await readFile(path, 'utf8'))
    await rm(path, { force: true })
    return rows
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }
}

let traces = 0

/** @param options.threads processor threads for every session; all of them when absent */
export function cpu({ threads = availableParallelism() }: { threads?: number } = {}): Device {
  return {
    name: 'cpu',
    threads,
    session: async (graph: EmittedGraph, options: SessionOptions = {}) => {
      const tracePrefix = options.profile
        ? join(tmpdir(), `unfog-profile-${process.pid}-${traces++}`)
        : undefined
      const session = await ort.InferenceSession.create(graph.bytes, {
        executionProviders: ['cpu'],
        // beyond 'basic', scales are folded into attributes, which ONNX keeps in float32: 1e-8 off an exact law
        graphOptimizationLevel: graph.precision === 'float64' ? 'basic' : 'all',
        intraOpNumThreads: options.threads ?? threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
        enableProfiling: options.profile ?? false,
        ...(tracePrefix ? { profileFilePrefix: tracePrefix } : {}),
      })
      return new CpuSession(session, graph, tracePrefix)
    },
  }
}
