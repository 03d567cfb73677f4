// The processor, through onnxruntime-node.
import { readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { UnfogError } from '../error/index.ts'
import type { EmittedGraph } from '../graph/index.ts'
import { admit, typeOf } from './admit.ts'
import type { Device, HostData, HostTensor, ProfileRow, Session, SessionOptions } from './device.ts'

/** onnxruntime's view of an array, made once for as long as its shape stays. */
function toOrt({ data, dims }: HostTensor, known: WeakMap<HostData, ort.Tensor>): ort.Tensor {
  const same = known.get(data)
  if (same && same.dims.length === dims.length && same.dims.every((dim, i) => dim === dims[i]))
    return same
  const tensor = new ort.Tensor(typeOf(data), data as never, dims)
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
  private disposed = false

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
    if (this.disposed) throw new UnfogError('internal', 'this session was disposed of')
    admit(this, inputs, preallocated)
    const feeds: Record<string, ort.Tensor> = {}
    for (const { name } of this.inputs) feeds[name] = toOrt(inputs[name], this.known)
    const fetches: Record<string, ort.Tensor | null> = {}
    for (const { name } of this.outputs) {
      const given = preallocated[name]
      fetches[name] = given ? toOrt(given, this.known) : null
    }
    const results = await this.session.run(feeds, fetches)
    return Object.fromEntries(
      this.outputs.map(({ name }) => [
        name,
        // of an output written in place onnxruntime-node returns a copy; the caller's own array is the result
        preallocated[name] ?? { data: results[name].data as HostData, dims: results[name].dims },
      ]),
    )
  }

  async profile(): Promise<ProfileRow[]> {
    if (!this.tracePrefix)
      throw new UnfogError('internal', 'this session was made without profiling')
    this.session.endProfiling()
    const path = await this.trace()
    if (!path) throw new UnfogError('internal', 'the profile of this session was already taken')
    const rows = summarise(await readFile(path, 'utf8'))
    await rm(path)
    return rows
  }

  async dispose(): Promise<void> {
    if (this.disposed) return
    this.disposed = true
    await this.session.release()
    const path = await this.trace()
    if (path) await rm(path)
  }

  /** The file onnxruntime has written its trace to: it puts the time behind the prefix. */
  private async trace(): Promise<string | undefined> {
    const { tracePrefix } = this
    if (!tracePrefix) return undefined
    const files = await readdir(dirname(tracePrefix))
    const name = files.find((file) => file.startsWith(`${basename(tracePrefix)}_`))
    return name && join(dirname(tracePrefix), name)
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
