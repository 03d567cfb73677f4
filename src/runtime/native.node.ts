// Devices of onnxruntime-node. One is an execution provider; what a provider lacks runs on the processor.
import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { UnfogError } from '../error/index.ts'
import { type EmittedGraph, emit, exp, input } from '../graph/index.ts'
import type { Device, DeviceOptions, ProfileRow, SessionOptions } from './device.ts'
import { type Runtime, RuntimeSession, type RuntimeTraits } from './onnxruntime.ts'

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

/** A session that onnxruntime writes a trace of: it puts the time behind the prefix. */
class TracedSession extends RuntimeSession {
  tracePrefix = ''

  override async profile(): Promise<ProfileRow[]> {
    this.session.endProfiling()
    const path = await this.trace()
    if (!path) throw new UnfogError('internal', 'the profile of this session was already taken')
    const rows = summarise(await readFile(path, 'utf8'))
    await rm(path)
    return rows
  }

  override async dispose(): Promise<void> {
    await super.dispose()
    const path = await this.trace()
    if (path) await rm(path)
  }

  private async trace(): Promise<string | undefined> {
    const { tracePrefix } = this
    const files = await readdir(dirname(tracePrefix))
    const name = files.find((file) => file.startsWith(`${basename(tracePrefix)}_`))
    return name && join(dirname(tracePrefix), name)
  }
}

let traces = 0

/** @param options.name of an execution provider, and of the device */
export function nativeDevice(
  {
    name,
    decomposed,
    batchInvariant = 'any',
    empty = true,
  }: Pick<RuntimeTraits, 'name'> & Partial<RuntimeTraits>,
  { threads = availableParallelism() }: DeviceOptions = {},
): Device {
  const traits = { name, batchInvariant, empty, inPlace: true }
  return {
    name,
    threads,
    decomposed,
    batchInvariant,
    session: async (graph: EmittedGraph, options: SessionOptions = {}) => {
      // loaded with the first session: who only lists devices does not wait for it
      const runtime: Runtime = await import('onnxruntime-node')
      const tracePrefix = options.profile
        ? join(tmpdir(), `unfog-profile-${process.pid}-${traces++}`)
        : undefined
      const session = await runtime.InferenceSession.create(graph.bytes, {
        executionProviders: [name],
        // beyond 'basic', scales are folded into attributes, which ONNX keeps in float32: 1e-8 off an exact law
        graphOptimizationLevel: graph.precision === 'float64' ? 'basic' : 'all',
        intraOpNumThreads: options.threads ?? threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
        enableMemPattern: options.planned ?? true,
        enableProfiling: options.profile ?? false,
        ...(tracePrefix ? { profileFilePrefix: tracePrefix } : {}),
      })
      if (!tracePrefix) return new RuntimeSession(runtime, session, graph, traits)
      return Object.assign(new TracedSession(runtime, session, graph, traits), { tracePrefix })
    },
  }
}

const attempt = `
  const [package, graph, name] = process.argv.slice(1)
  require(package)
    .InferenceSession.create(Buffer.from(graph, 'base64'), { executionProviders: [name] })
    .then(() => process.exit(0), () => process.exit(1))`

const known = new Map<string, Promise<boolean>>()

/** Does a provider run here? Tried once, in a process of its own: where a driver is missing it prints, and may crash. */
export function runsHere(name: string): Promise<boolean> {
  const tried =
    known.get(name) ??
    new Promise<boolean>((resolve) => {
      const runtime = createRequire(import.meta.url).resolve('onnxruntime-node')
      const { bytes } = emit({ y: exp(input('x', 'float', ['B'])) })
      const words = ['-e', attempt, runtime, Buffer.from(bytes).toString('base64'), name]
      execFile(process.execPath, words, { timeout: 60_000 }, (error) => resolve(!error))
    })
  known.set(name, tried)
  return tried
}
