// What a step does with gradients: clipping, then AdamW (arXiv 1711.05101) or, for the matrices of the blocks, Muon;
// and the running average of weights. Passes over flat buffers that lie in one memory.
import { UnfogError } from '../error/index.ts'
import type { Device, Layout } from '../runtime/index.ts'
import { sizeOf } from '../runtime/index.ts'
import { type Kernel, optimiserKernel, type Segment } from './optimiser-kernel.ts'
import { Orthogonaliser } from './orthogonal.ts'

export const optimisers = ['muon', 'adamw'] as const

export interface OptimiserOptions {
  /** of the matrices of the blocks; tables, the head and vectors always learn by AdamW */
  optimiser: (typeof optimisers)[number]
  beta1: number
  beta2: number
  epsilon: number
  /** of Muon: what it keeps of the gradients before */
  momentum: number
  /** of matrices; vectors (norms, gains, biases) are not decayed */
  weightDecay: number
  /** longest gradient, as a Euclidean norm over all parameters */
  clip: number
  /** share of the running average that a step keeps, reached gradually */
  average: number
}

/** All state of a run: flat buffers of the layout's size. */
export interface Buffers {
  parameters: Float32Array
  /** AdamW's first moment; Muon's momentum */
  first: Float32Array
  second: Float32Array
  /** running average of the parameters: what is saved and measured */
  average: Float32Array
  /** the average as it was when it was best on held-out text */
  best: Float32Array
}

/** those that every step changes */
const moving = ['parameters', 'first', 'second', 'average'] as const
export const bufferNames = [...moving, 'best'] as const

/** bytes of a page of WebAssembly's memory, and the most pages there may be */
const page = 65_536
const mostPages = 65_535

/** Size of a step of Muon, as the root mean square of its entries: that of AdamW's steps, so that both learn at one
 * rate (Liu et al., arXiv 2502.16982). */
const stepSize = 0.2

const inFours = (length: number): number => Math.ceil(length / 4) * 4
/** A matrix between hidden states; tables of words learn row by row, which is AdamW's case. */
const isHidden = (name: string, shape: readonly number[]): boolean =>
  shape.length === 2 && name.startsWith('block.')

/** Matrices of one shape, which are made orthogonal together. */
interface Stack {
  names: string[]
  dims: readonly number[]
}

/** Most matrices of a stack: a run of a small graph costs as much as its products, and a stack costs memory. */
const mostStacked = 8

/** Only matrices that fill whole vectors share a stack: a kernel writes and reads four floats at a time. */
function stacksOf({ shapes }: Layout): Stack[] {
  const stacks: Stack[] = []
  for (const [name, dims] of Object.entries(shapes)) {
    if (!isHidden(name, dims)) continue
    const most = sizeOf(dims) % 4 === 0 ? mostStacked : 1
    const open = stacks.find(
      (stack) => stack.names.length < most && stack.dims.join() === dims.join(),
    )
    if (open) open.names.push(name)
    else stacks.push({ names: [name], dims })
  }
  return stacks
}

/** Floats of a stack as it lies in memory. */
const stackSize = ({ names, dims }: Stack): number => inFours(names.length * sizeOf(dims))

/** Floats of the most that is made orthogonal at a time. */
export const largestStack = (layout: Layout): number =>
  stacksOf(layout).reduce((most, stack) => Math.max(most, stackSize(stack)), 0)

/** What a step does to one tensor. */
interface Step {
  /** 0 for the first */
  step: number
  rate: number
  /** factor on gradients */
  clipped: number
  /** what decay leaves of a parameter */
  shrink: number
  /** what the running average keeps */
  keep: number
}

/** @throws UnfogError `usage` for more than 4 GiB */
function inOneMemory(layout: Layout, lengths: readonly number[]) {
  const bytes = 4 * lengths.reduce((sum, length) => sum + length, 0)
  const pages = Math.max(1, Math.ceil(bytes / page))
  if (pages > mostPages) {
    throw new UnfogError(
      'usage',
      `${layout.size} parameters and what training keeps of each take more than 4 GiB: use a smaller --params`,
      { param: 'params' },
    )
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  let at = 0
  const arrays = lengths.map((length) => {
    at += length
    return new Float32Array(memory.buffer, 4 * (at - length), length)
  })
  return { memory, arrays }
}

export class Optimiser {
  readonly buffers: Readonly<Buffers>
  readonly gradients: Float32Array
  private readonly layout: Layout
  private readonly kernel: Kernel
  private readonly orthogonaliser: Orthogonaliser
  private readonly stacks: readonly Stack[]
  /** a stack on its way to and from the orthogonaliser */
  private readonly scratch: readonly [from: Float32Array, to: Float32Array]

  /** @throws UnfogError `usage` for more parameters than fit into 4 GiB with all their state */
  constructor(layout: Layout, device: Device) {
    this.stacks = stacksOf(layout)
    const most = largestStack(layout)
    const whole = [...moving, 'gradients'].map(() => layout.size)
    const { memory, arrays } = inOneMemory(layout, [...whole, most, most])
    const [parameters, first, second, average, gradients, from, to] = arrays
    this.buffers = { parameters, first, second, average, best: new Float32Array(layout.size) }
    this.gradients = gradients
    this.scratch = [from, to]
    this.layout = layout
    this.kernel = optimiserKernel(memory)
    this.orthogonaliser = new Orthogonaliser(device)
  }

  /** Euclidean norm of one of the buffers, summed in float64. NaN or infinite when any entry is. */
  norm({ byteOffset, length }: Float32Array): number {
    return Math.sqrt(this.kernel.squares(byteOffset, length))
  }

  /** One step, in place.
   * @param step 0 for the first
   * @param rate learning rate
   * @returns the gradient's norm before clipping */
  async step(
    { step, rate }: { step: number; rate: number },
    options: OptimiserOptions,
  ): Promise<number> {
    const length = this.norm(this.gradients)
    const { clip, weightDecay, average, optimiser } = options
    const stepOf = (dims: readonly number[]): Step => ({
      step,
      rate,
      clipped: length > clip ? clip / length : 1,
      shrink: dims.length > 1 ? 1 - rate * weightDecay : 1,
      keep: Math.min(average, (step + 1) / (step + 10)),
    })
    for (const [name, dims] of Object.entries(this.layout.shapes)) {
      if (optimiser === 'muon' && isHidden(name, dims)) continue
      this.adamw(name, stepOf(dims), options)
    }
    if (optimiser === 'muon')
      for (const stack of this.stacks) await this.muon(stack, stepOf(stack.dims), options)
    return length
  }

  private adamw(name: string, { step, rate, ...own }: Step, options: OptimiserOptions): void {
    const { beta1, beta2, epsilon } = options
    this.kernel.adamw(this.segment(name), {
      ...own,
      ...{ beta1, beta2, epsilon },
      rate: rate / (1 - beta1 ** (step + 1)),
      root: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
    })
  }

  private async muon(
    { names, dims }: Stack,
    own: Step,
    { momentum }: OptimiserOptions,
  ): Promise<void> {
    const size = sizeOf(dims)
    const [from, to] = this.scratch.map((all) => all.subarray(0, names.length * size))
    const at = (buffer: Float32Array, i: number) => buffer.byteOffset + 4 * i * size
    for (const [i, name] of names.entries()) {
      const looking = { clipped: own.clipped, momentum, to: at(from, i) }
      this.kernel.momentum(this.segment(name), looking)
    }
    const shape = [names.length, ...dims]
    await this.orthogonaliser.run({ data: from, dims: shape }, { data: to, dims: shape })
    this.scratch[1].fill(0, to.length, inFours(to.length))
    const rate = own.rate * stepSize * Math.sqrt(Math.max(...dims))
    for (const [i, name] of names.entries())
      this.kernel.descend(this.segment(name), { ...own, rate, along: at(to, i) })
  }

  /** Padding up to four floats is part of it: its gradients are 0, and so it stays 0. */
  private segment(name: string): Segment {
    const { parameters, first, second, average } = this.buffers
    const at = (buffer: Float32Array) => buffer.byteOffset + 4 * this.layout.offsets[name]
    return {
      parameters: at(parameters),
      gradients: at(this.gradients),
      first: at(first),
      second: at(second),
      average: at(average),
      length: inFours(sizeOf(this.layout.shapes[name])),
    }
  }

  async dispose(): Promise<void> {
    await this.orthogonaliser.dispose()
  }
}
