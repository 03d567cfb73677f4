// A session of onnxruntime, whichever of its packages runs it: onnxruntime-node or onnxruntime-web.
import type * as ort from 'onnxruntime-common'
import { UnfogError } from '../error/index.ts'
import type { ElementType, EmittedGraph } from '../graph/index.ts'
import { admit } from './admit.ts'
import type { Device, HostData, HostTensor, ProfileRow, Session } from './device.ts'

/** What both packages offer. */
export interface Runtime {
  readonly InferenceSession: ort.InferenceSessionFactory
  readonly Tensor: ort.TensorConstructor
}

/** How one provider of one package differs from others. */
export interface RuntimeTraits extends Pick<Device, 'name' | 'decomposed' | 'batchInvariant'> {
  /** does it take tensors without entries? */
  empty: boolean
  /** are preallocated outputs written where they lie? Else results are copied there */
  inPlace: boolean
}

export class RuntimeSession implements Session {
  readonly inputs: EmittedGraph['inputs']
  readonly outputs: EmittedGraph['outputs']
  protected readonly session: ort.InferenceSession
  private readonly runtime: Runtime
  private readonly traits: RuntimeTraits
  private readonly known = new WeakMap<HostData, ort.Tensor>()
  private disposed = false

  constructor(
    runtime: Runtime,
    session: ort.InferenceSession,
    graph: EmittedGraph,
    traits: RuntimeTraits,
  ) {
    this.runtime = runtime
    this.session = session
    this.inputs = graph.inputs
    this.outputs = graph.outputs
    this.traits = traits
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    preallocated: Readonly<Record<string, HostTensor>> = {},
    wanted?: readonly string[],
  ): Promise<Record<string, HostTensor>> {
    if (this.disposed) throw new UnfogError('internal', 'this session was disposed of')
    admit(this, inputs, preallocated)
    this.refuseEmpty(inputs)
    const feeds: Record<string, ort.Tensor> = {}
    for (const { name, type } of this.inputs) feeds[name] = this.tensor(inputs[name], type)
    const fetches: Record<string, ort.Tensor | null> = {}
    const outputs = this.outputs.filter(({ name }) => wanted?.includes(name) ?? true)
    for (const { name, type } of outputs) {
      const given = this.traits.inPlace ? preallocated[name] : undefined
      fetches[name] = given ? this.tensor(given, type) : null
    }
    const results = await this.session.run(feeds, fetches)
    return Object.fromEntries(
      outputs.map(({ name }) => {
        const given = preallocated[name]
        const { data, dims } = results[name] as { data: HostData; dims: readonly number[] }
        if (given && !this.traits.inPlace) given.data.set(data)
        // of an output written in place onnxruntime-node returns a copy; the caller's own array is the result
        return [name, given ?? { data, dims }]
      }),
    )
  }

  async profile(): Promise<ProfileRow[]> {
    throw new UnfogError('internal', 'this session was made without profiling')
  }

  async dispose(): Promise<void> {
    if (this.disposed) return
    this.disposed = true
    await this.session.release()
  }

  private refuseEmpty(inputs: Readonly<Record<string, HostTensor>>): void {
    const { name: device, empty } = this.traits
    const found = empty ? undefined : this.inputs.find(({ name }) => inputs[name].data.length === 0)
    if (!found) return
    throw new UnfogError(
      'unsupported',
      `device ${device} takes no empty tensor, and input ${found.name} is one: skip this run`,
    )
  }

  /** onnxruntime's view of an array, made once for as long as its shape stays. */
  private tensor({ data, dims }: HostTensor, type: ElementType): ort.Tensor {
    const same = this.known.get(data)
    if (same && same.dims.length === dims.length && same.dims.every((dim, i) => dim === dims[i]))
      return same
    const tensor = new this.runtime.Tensor(type as 'float32', data as never, dims)
    this.known.set(data, tensor)
    return tensor
  }
}
